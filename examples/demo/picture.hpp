// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "history.hpp"

#include <string>

namespace demo {

/// Draws the sessions of every pod over time, stacked, and max/mean below, as an SVG document.
/// `shown` has at least one sample and one phase.
std::string draw(const history& shown);

}  // namespace demo
