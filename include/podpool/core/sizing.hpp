// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/time.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace podpool::core {

/// What the growth rule looks at.
struct growth_view {
    std::size_t waiters = 0;
    std::size_t opening = 0;  ///< attempts under way that may still answer soon
    std::size_t open = 0;     ///< connections that callers return sooner or later
    std::size_t room = 0;     ///< how many more may be opened
    duration use_time{0};     ///< how long a lease lasts of late; zero: not known
    duration open_time{0};    ///< how long opening takes of late; zero: not known
    duration oldest_wait{0};  ///< how long the first waiter has waited
};

/// How many connections to open for the callers that wait.
///
/// One per waiter at most, less those already opening. While connections are in use, more than one at a
/// time only if the queue would outlast the opening: waiters * use_time / open is when the last waiter is
/// served by what is there. So fifty callers with 2 ms of work don't open fifty connections that take
/// 150 ms each (HikariCP's spike test). A first waiter that has waited as long as an opening takes proves
/// the estimate wrong and lifts the brake.
constexpr std::size_t opens_wanted(const growth_view& view) {
    if (view.waiters <= view.opening || view.room == 0) return 0;
    const std::size_t missing = std::min(view.waiters - view.opening, view.room);
    if (view.open == 0) return missing;
    const auto queue_lasts =
        view.use_time * static_cast<duration::rep>(view.waiters) / static_cast<duration::rep>(view.open);
    const bool queue_outlasts_opening = view.open_time > duration{0} && queue_lasts > view.open_time;
    const bool estimate_failed = view.open_time > duration{0} && view.oldest_wait >= view.open_time;
    if (queue_outlasts_opening || estimate_failed) return missing;
    return view.opening == 0 ? 1 : 0;
}

/// How many connections to open so that the minimum sizes hold.
/// `kept` counts open + opening connections that aren't going away, `spare` the idle + opening ones that
/// no waiter needs.
constexpr std::size_t opens_for_minimum(std::size_t kept, std::size_t spare, std::size_t min_conns,
                                        std::size_t min_idle, std::size_t room) {
    const std::size_t for_size = min_conns > kept ? min_conns - kept : 0;
    const std::size_t for_idle = min_idle > spare ? min_idle - spare : 0;
    return std::min(std::max(for_size, for_idle), room);
}

/// How many renewals may be under way at once: a tenth of the pool, at least one.
constexpr std::size_t renewals_at_once(std::size_t open) { return std::max<std::size_t>(1, open / 10); }

}  // namespace podpool::core
