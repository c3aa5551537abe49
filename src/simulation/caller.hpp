// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/event_queue.hpp"
#include "simulation/spread.hpp"

#include <podpool/core/waiter_queue.hpp>
#include <podpool/errc.hpp>
#include <podpool/histogram.hpp>
#include <podpool/role.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

namespace podpool::simulation {

/// What a simulated caller does with a pool.
struct caller_plan {
    spread hold{std::chrono::milliseconds(1)};  ///< how long it keeps the connection
    role wanted = role::any;                    ///< who wants a primary writes at the end
    std::optional<duration> timeout;            ///< of its acquire; none: the pool's
    std::optional<spread> patience;             ///< cancels its acquire after this long
    /// How long it waits for a server that hangs before it gives the connection up.
    duration statement_timeout = std::chrono::seconds(5);

    caller_plan() = default;
    explicit caller_plan(spread hold_, role wanted_ = role::any) : hold(hold_), wanted(wanted_) {}
};

/// How callers fared.
struct outcomes {
    std::uint64_t asked = 0;
    std::uint64_t served = 0;
    std::uint64_t cancelled = 0;
    std::map<errc, std::uint64_t> refused;
    std::uint64_t server_errors = 0;   ///< statements that the pod failed for a reason of its own
    std::uint64_t lost_in_use = 0;     ///< the pod died or hung while the connection was used
    std::uint64_t got_dead = 0;        ///< handed over already dead, not noticed
    std::uint64_t refused_writes = 0;  ///< on a pod that was a standby by then
    histogram wait;                    ///< of those served, from asking to getting
    histogram refusal;                 ///< of those refused, from asking to the answer
    duration longest_wait{0};

    [[nodiscard]] std::uint64_t failed() const {
        std::uint64_t sum = 0;
        for (const auto& [reason, count] : refused) sum += count;
        return sum;
    }
    [[nodiscard]] std::uint64_t refused_with(errc reason) const {
        const auto found = refused.find(reason);
        return found == refused.end() ? 0 : found->second;
    }
    [[nodiscard]] std::uint64_t answered() const { return served + cancelled + failed(); }
};

/// One caller on its way.
struct caller {
    enum class stage : std::uint8_t { asking, waiting, holding, done };

    caller_plan plan;
    stage now = stage::asking;
    time_point since;
    time_point deadline;
    core::waiter_id waiter;
    core::slot_id slot = core::none;
    time_point held_since;
    bool timed = false;
    event_queue::ticket hold_end;
    event_queue::ticket give_up;
    event_queue::ticket overdue;
    std::function<void()> when_done;
};

}  // namespace podpool::simulation
