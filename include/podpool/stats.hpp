// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/balance_figures.hpp>
#include <podpool/close_reason.hpp>
#include <podpool/endpoint_stats.hpp>
#include <podpool/held_lease.hpp>
#include <podpool/histogram.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace podpool {

/// One consistent snapshot of a pool: taken at one moment by one machine, so the sums add up.
/// The pool's counters only grow, and count endpoints that are forgotten as well; an endpoint's own counters
/// go with it. Everything else is the value at that moment.
struct stats {
    std::string name;
    std::size_t max_conns = 0;
    std::size_t open = 0;  ///< idle + active + draining
    std::size_t opening = 0;
    std::size_t idle = 0;
    std::size_t maintaining = 0;  ///< of the idle ones: being reset or checked
    std::size_t active = 0;
    std::size_t draining = 0;
    std::size_t closing = 0;
    std::size_t waiters = 0;                  ///< callers waiting now
    std::chrono::nanoseconds oldest_wait{0};  ///< age of the oldest waiter; zero: nobody waits
    std::uint64_t acquires = 0;               ///< leases handed out
    std::uint64_t waits = 0;                  ///< of them after waiting
    std::uint64_t timeouts = 0;               ///< callers whose time ran out
    std::uint64_t cancellations = 0;          ///< callers who gave up
    std::uint64_t sheds = 0;                  ///< callers refused after waiting, by pool_overload=codel
    std::uint64_t leaks = 0;                  ///< leases that were out for longer than pool_leak_threshold
    std::uint64_t refusals = 0;               ///< callers refused at once: queue full, rejected, closed
    std::uint64_t renewals = 0;               ///< replacements opened, whatever for
    double renewals_per_second = 0;           ///< over about the last minute
    std::uint64_t opens = 0;                  ///< connections opened
    std::uint64_t open_failures = 0;          ///< attempts that failed
    std::array<std::uint64_t, close_reason_count> closes{};  ///< connections closed, by close_reason
    histogram wait_time;                                     ///< of callers who waited
    histogram use_time;                   ///< of leases: those waited for, and one in sixteen of the others
    histogram open_time;                  ///< of successful attempts
    balance_figures sessions;             ///< open connections over discovered endpoints
    balance_figures leases;               ///< active ones over discovered endpoints
    std::string discovery_source;         ///< what answered last
    std::uint64_t discovery_answers = 0;  ///< good ones
    std::uint64_t discovery_failures = 0;
    std::string discovery_error;                            ///< of the last question; empty: it was answered
    std::optional<std::chrono::nanoseconds> discovery_age;  ///< since the last good answer
    bool closed = false;                                    ///< close() was called
    std::vector<endpoint_stats> endpoints;
    std::vector<held_lease> overdue;  ///< leases out for longer than pool_leak_threshold now
};

}  // namespace podpool
