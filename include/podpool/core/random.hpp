// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/time.hpp>

#include <cstdint>

namespace podpool::core {

/// A small seeded generator (splitmix64): the same seed gives the same decisions in every world.
class random {
public:
    explicit random(std::uint64_t seed) noexcept : state_(seed) {}

    /// The next 64 bits.
    std::uint64_t next() noexcept {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
        return mixed ^ (mixed >> 31U);
    }

    /// A number in [0, bound); bound is at least 1. The bias is below 2^-32 * bound.
    std::uint32_t below(std::uint32_t bound) noexcept {
        return static_cast<std::uint32_t>(((next() >> 32U) * bound) >> 32U);
    }

    /// A duration in [0, bound], nanosecond resolution.
    duration up_to(duration bound) noexcept {
        return duration(static_cast<duration::rep>(unit() * static_cast<double>(bound.count())));
    }

    /// A number in [0, 1).
    double unit() noexcept { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

private:
    std::uint64_t state_;
};

}  // namespace podpool::core
