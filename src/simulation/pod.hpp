// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/spread.hpp"

#include <podpool/core/slot.hpp>
#include <podpool/endpoint.hpp>
#include <podpool/failure.hpp>
#include <podpool/role.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace podpool::simulation {

/// How a pod meets a new connection.
enum class pod_mood : std::uint8_t {
    accepts,
    refuses,  ///< connection refused, at once
    hangs,    ///< never answers anything
    rejects,  ///< refuses the login
    standby,  ///< answers, but isn't of the wanted role
};

struct session;

/// A client, or a deployment of them, that sessions belong to.
class session_owner {
public:
    virtual ~session_owner() = default;
    /// The server has ended a session; `why` is what a client that uses it reads.
    virtual void session_lost(const session& lost, failure_kind why) = 0;
};

/// One established session as the world sees it.
struct session {
    std::uint64_t id = 0;
    session_owner* owner = nullptr;
    std::size_t pool = 0;  ///< which of the owner's clients
    core::slot_id slot = core::none;
    time_point opened_at;
    bool alive = true;    ///< the server's side still exists
    bool closed = false;  ///< the client's side is closed
    bool leased = false;
};

/// A simulated database server.
class pod {
public:
    explicit pod(endpoint address) : where(std::move(address)) {}

    endpoint where;
    std::string zone;  ///< as discovery knows it, like the weight
    std::uint32_t weight = 1;
    bool ready = true;         ///< as the API server knows it, like the two that follow
    bool terminating = false;  ///< it is shutting down, and serves until it ends its sessions
    std::string uid;           ///< tells it from another pod at the same address
    pod_mood mood = pod_mood::accepts;
    bool fails_statements = false;  ///< at once, for a reason of its own; logins and checks go well
    role is = role::unknown;        ///< told at login and with each check; a standby refuses writes
    spread connect_time{std::chrono::milliseconds(1), std::chrono::milliseconds(3)};
    spread answer_time{std::chrono::microseconds(300)};  ///< one round trip: a reset, a check
    std::size_t max_connections = 100'000;

    /// Every attempt: when, and by which pool.
    std::vector<std::pair<time_point, std::size_t>> dials;
    /// Sessions on the server by number.
    std::map<std::uint64_t, session*> sessions;
    std::size_t most_sessions = 0;
    std::uint64_t leases = 0;
    bool tells_total = true;  ///< a check reads how many sessions the server has
    duration total_lag{0};    ///< how old what it reads is already
    std::vector<std::pair<time_point, std::size_t>> past_totals;  ///< kept only if they lag

    /// To be called when the number of sessions has changed.
    void note_sessions(time_point now) {
        most_sessions = std::max(most_sessions, sessions.size());
        if (total_lag > duration{0}) past_totals.emplace_back(now, sessions.size());
    }
    /// What a client that asks is told.
    [[nodiscard]] std::size_t told_total(time_point now) const {
        if (total_lag == duration{0}) return sessions.size();
        std::size_t told = 0;
        for (auto seen = past_totals.rbegin(); seen != past_totals.rend(); ++seen) {
            if (seen->first > now - total_lag) continue;
            told = seen->second;
            break;
        }
        return told;
    }

    /// How the pod answers an attempt that reaches it now; none: with a session.
    [[nodiscard]] failure greet() const {
        switch (mood) {
            case pod_mood::refuses:
                return {failure_kind::endpoint_down, "connection refused"};
            case pod_mood::rejects:
                return {failure_kind::rejected, "password authentication failed"};
            case pod_mood::standby:
                return {failure_kind::wrong_role, "in recovery"};
            case pod_mood::accepts:
            case pod_mood::hangs:
                break;
        }
        if (sessions.size() >= max_connections) return {failure_kind::overloaded, "too many clients"};
        return {};
    }
};

}  // namespace podpool::simulation
