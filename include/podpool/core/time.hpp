// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>

namespace podpool::core {

using duration = std::chrono::nanoseconds;

/// The time line of the core. It has no now(): whoever drives the machine says what time it is.
struct pool_clock {
    using duration = core::duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<pool_clock, duration>;
    static constexpr bool is_steady = true;
};

using time_point = pool_clock::time_point;

/// Later than everything.
inline constexpr time_point never = time_point::max();

/// `from + after`, or never where that would overflow.
constexpr time_point later(time_point from, duration after) {
    return after >= never - from ? never : from + after;
}

}  // namespace podpool::core
