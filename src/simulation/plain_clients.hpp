// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/event_queue.hpp"
#include "simulation/placement.hpp"
#include "simulation/pod.hpp"

#include <podpool/core/random.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace podpool::simulation {

class world;
struct plan;

/// How long the sessions of plain clients live.
struct session_life {
    duration longest{0};
    duration jitter{0};  ///< up to this is subtracted, drawn once per session
};

/// Clients without podpool: each keeps its sessions open where a placement put them, and replaces one when
/// its life is over, if it has an end, or when it is lost. Nobody else ever moves a session.
class plain_clients final : public session_owner {
public:
    plain_clients(world& surroundings, const plan& scenario, std::unique_ptr<placement> where,
                  std::optional<session_life> life, std::uint64_t seed);

    /// One client opens its sessions.
    void start(std::size_t client);
    void session_lost(const session& lost, failure_kind why) override;
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

private:
    struct held_session {
        pod* where = nullptr;
        session* established = nullptr;
        event_queue::ticket end;
    };

    void dial(std::size_t number);
    void answered(std::size_t number);
    void expire(std::size_t number);
    void retry(std::size_t number, duration pause);
    [[nodiscard]] std::size_t client_of(std::size_t number) const noexcept { return number / per_client_; }

    world& world_;
    std::size_t per_client_;
    std::unique_ptr<placement> placement_;
    std::optional<session_life> life_;
    core::random rng_;
    std::vector<held_session> sessions_;
    std::uint64_t lost_ = 0;
};

}  // namespace podpool::simulation
