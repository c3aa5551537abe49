// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "chaos.hpp"
#include "support/packet_filter.hpp"
#include "verdict.hpp"
#include "workload.hpp"

namespace podpool::soak {

/// Prints the table of a run and its verdict; returns whether every check holds.
bool report(const findings& found, const workload& load, const chaos& faults,
            const test::packet_filter& packets);

}  // namespace podpool::soak
