// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/close_reason.hpp>

#include <array>
#include <cstdint>

namespace podpool::core {

/// What the machine counts.
struct pool_counters {
    // Of endpoints that are forgotten, whose own counters are gone.
    std::uint64_t acquires_of_gone = 0;
    std::uint64_t opens_of_gone = 0;
    std::uint64_t open_failures_of_gone = 0;
    std::array<std::uint64_t, close_reason_count> closes_of_gone{};
    std::uint64_t waits = 0;
    std::uint64_t timeouts = 0;
    std::uint64_t cancellations = 0;
    std::uint64_t refusals = 0;
    std::uint64_t sheds = 0;
    std::uint64_t leaks = 0;
    std::uint64_t renewals = 0;
    std::uint64_t discovery_answers = 0;
    std::uint64_t discovery_failures = 0;
};

}  // namespace podpool::core
