// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <iostream>
#include <string>

namespace podpool::test {

/// Prints a figure that a test found on its way, which `./dev test --faults` shows. No test fails for one.
inline void measured(const std::string& figure) { std::cout << "measured: " << figure << '\n' << std::flush; }

}  // namespace podpool::test
