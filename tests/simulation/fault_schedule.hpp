// SPDX-License-Identifier: BSL-1.0
// A random deployment under random faults, all of it drawn from one seed.
#pragma once

#include "simulation/world.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace podpool::simulation {

/// What happened in one or many schedules.
struct schedule_figures {
    std::map<std::string, std::uint64_t> faults;  ///< injected, by kind
    std::uint64_t asked = 0;
    std::uint64_t served = 0;
    std::uint64_t cancelled = 0;
    std::uint64_t refused = 0;  ///< with an error, the deadline included
    std::uint64_t lost_in_use = 0;
    std::uint64_t dials = 0;
    std::uint64_t events = 0;
    duration longest_wait{0};  ///< of a caller who was served

    void add(const schedule_figures& other);
};

/// Plays one schedule: pools with options drawn at random, pods that die, hang, refuse, lose their sessions,
/// change role or weight, come and go, a DNS that fails or contradicts itself, orders to the pools, and
/// callers all the time. Then all is well again, and every pool must serve; at the end nothing may be left.
///
/// The world watches its truths after every event. Throws broken_truth, which says with which seed.
schedule_figures play_fault_schedule(std::uint64_t seed);

}  // namespace podpool::simulation
