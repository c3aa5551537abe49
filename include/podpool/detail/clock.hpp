// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/time.hpp>

#include <chrono>
#include <ctime>

namespace podpool::detail {

/// The monotonic clock on the core's time line.
inline core::time_point clock_now() noexcept {
    return core::time_point(
        std::chrono::duration_cast<core::duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

/// The same clock without reading the hardware: at most one kernel tick (1 to 10 ms) late.
/// A fifth of the price, and enough to tell whether a connection has reached its end of minutes.
inline core::time_point coarse_clock_now() noexcept {
#ifdef CLOCK_MONOTONIC_COARSE
    std::timespec ticked{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &ticked);
    return core::time_point(std::chrono::seconds(ticked.tv_sec) + core::duration(ticked.tv_nsec));
#else
    return clock_now();
#endif
}

/// From the core's time line to the one that timers and waits use.
inline std::chrono::steady_clock::time_point to_steady(core::time_point when) {
    return std::chrono::steady_clock::time_point(
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(when.time_since_epoch()));
}

}  // namespace podpool::detail
