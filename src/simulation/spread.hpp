// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/random.hpp>
#include <podpool/core/time.hpp>

#include <algorithm>
#include <cmath>

namespace podpool::simulation {

using core::duration;
using core::time_point;

/// A duration drawn evenly between two bounds, or a fixed one.
struct spread {
    duration least{0};
    duration most{0};

    constexpr spread() = default;
    /// Not explicit: `5ms` reads as a spread of no width.
    template <class Rep, class Period>
    constexpr spread(std::chrono::duration<Rep, Period> exactly) : least(exactly), most(exactly) {}
    constexpr spread(duration from, duration to) : least(from), most(to) {}

    [[nodiscard]] duration draw(core::random& rng) const { return least + rng.up_to(most - least); }
};

/// The distance between two arrivals of a Poisson process with `mean` between them.
inline duration exponential(duration mean, core::random& rng) {
    const double drawn = -std::log(1 - rng.unit()) * static_cast<double>(mean.count());
    return duration(std::max<duration::rep>(static_cast<duration::rep>(drawn), 1));
}

}  // namespace podpool::simulation
