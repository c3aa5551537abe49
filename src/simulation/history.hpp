// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/spread.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace podpool::simulation {

/// How sessions lay on the pods behind the name at one moment.
struct moment {
    duration at{0};  ///< since the start
    std::size_t fewest = 0;
    std::size_t most = 0;
    double mean = 0;
    double max_over_mean = 0;     ///< 1 is even; 0 while there are no sessions
    double newest = 0;            ///< sessions per newest pod
    double newest_share = 0;      ///< the same over the mean: 1 is the fair share
    double dials_per_second = 0;  ///< on all pods since the moment before
};

/// What one run of one model gave.
struct history {
    std::vector<moment> moments;               ///< one a second
    std::vector<std::optional<moment>> looks;  ///< at the plan's looks; none: the run was over
    /// How long after the last scale event the newest pods had 95 % of their share; none: they never had, or
    /// none came.
    std::optional<duration> newest_filled;
    // Since plan::measured_from():
    std::uint64_t dials = 0;
    std::size_t busiest_second = 0;       ///< most dials on all pods in any second
    std::size_t busiest_ten_seconds = 0;  ///< the same in any ten seconds
    std::size_t busiest_pod_second = 0;   ///< most dials on one pod in any second
    double worst_max_over_mean = 0;       ///< after the last look
    // Only podpool has callers and moves:
    std::optional<std::uint64_t> moves;   ///< sessions replaced to make pods even, not for their age
    std::optional<std::uint64_t> failed;  ///< acquires without a connection
    std::optional<duration> longest_wait;
    std::uint64_t lost = 0;    ///< sessions that broke, with podpool those in use
    std::uint64_t events = 0;  ///< that were simulated
};

}  // namespace podpool::simulation
