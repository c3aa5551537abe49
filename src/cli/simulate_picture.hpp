// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "cli/simulate_verb.hpp"

#include <string>

namespace podpool::cli {

/// The first seed's course as SVG: sessions per pod, max/mean, dials per second, share of the newest pods.
std::string draw(const simulate_report& report);

}  // namespace podpool::cli
