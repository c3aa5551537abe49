// SPDX-License-Identifier: BSL-1.0
#include "discovery/pace.hpp"

#include <algorithm>

namespace podpool::detail {
namespace {

constexpr double jitter_share = 0.1;

std::chrono::nanoseconds shorten(std::chrono::nanoseconds interval, double draw) {
    const std::chrono::duration<double, std::nano> exact = interval;
    const auto shorter =
        std::chrono::duration_cast<std::chrono::nanoseconds>(exact * (1 - jitter_share * draw));
    return std::max(shorter, refresh_floor);
}

}  // namespace

std::chrono::nanoseconds refresh_after(std::optional<std::chrono::seconds> ttl,
                                       std::chrono::nanoseconds bound, double draw) {
    return shorten(ttl && *ttl < bound ? std::chrono::nanoseconds(*ttl) : bound, draw);
}

std::chrono::nanoseconds retry_after(unsigned failures, std::chrono::nanoseconds bound, double draw) {
    std::chrono::nanoseconds interval = refresh_floor;
    for (unsigned i = 1; i < failures && interval < bound; ++i) interval *= 2;
    return shorten(std::min(interval, bound), draw);
}

}  // namespace podpool::detail
