// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/spread.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::simulation {

/// What callers do with each client's sessions.
enum class load_kind : std::uint8_t {
    idle,    ///< nothing
    steady,  ///< one caller, who works 1 to 20 ms and pauses 0.1 to 2 s
    bursty,  ///< twice as many callers as sessions at once, every 10 to 30 s, for 5 to 50 ms each
};

/// The kind's name as users write it.
constexpr std::string_view to_string(load_kind kind) {
    return kind == load_kind::idle ? "idle" : kind == load_kind::steady ? "steady" : "bursty";
}

/// Pods that come or go at a moment after the start.
struct scale_event {
    duration at{0};
    long change = 0;  ///< pods added; negative: the newest ones go
};

/// What happens in one run: a deployment of clients, its pods, and what changes.
struct plan {
    std::size_t clients = 100;
    std::size_t sessions = 20;  ///< that each client keeps open
    std::size_t pods = 3;
    std::vector<scale_event> scale;  ///< in order of time
    duration length = std::chrono::minutes(80);
    duration lifetime = std::chrono::minutes(30);  ///< of a session, where a model has one
    duration start_over{0};                        ///< clients start within this time
    duration dns_ttl = std::chrono::seconds(5);
    duration dns_cache = std::chrono::seconds(5);  ///< how long a resolver keeps an answer; at most the TTL
    /// How late a client learns of a change by a watch, at most; each one at random.
    duration watch_delay = std::chrono::milliseconds(200);
    duration totals_age{0};             ///< how old a pod's own count of its sessions is
    std::size_t clients_per_node = 10;  ///< of those that share one node's kube-proxy
    load_kind load = load_kind::steady;
    spread connect_time{std::chrono::milliseconds(1), std::chrono::milliseconds(3)};
    /// When balance is looked at, counted from the last scale event, or from the start.
    std::vector<duration> looks{std::chrono::seconds(60), std::chrono::seconds(120)};
    /// Keys and values of pool options, for the models that are podpool.
    std::map<std::string, std::string> pool_options;

    /// Two resolvers that each keep their own answers, as CoreDNS runs by default.
    static constexpr std::size_t resolvers = 2;
    /// How long a pod that has gone from the name and the Service goes on serving.
    static constexpr duration termination_grace = std::chrono::seconds(30);

    /// What looks are counted from.
    [[nodiscard]] duration reference() const { return scale.empty() ? duration{0} : scale.back().at; }
    /// From when on dials, moves and failures are counted: the first scale event; without any, a minute after
    /// the last client has started.
    [[nodiscard]] duration measured_from() const {
        return scale.empty() ? start_over + std::chrono::minutes(1) : scale.front().at;
    }
};

}  // namespace podpool::simulation
