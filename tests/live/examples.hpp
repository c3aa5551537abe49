// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <vector>

namespace podpool::test {

/// A program of examples/ for the database that is tested.
struct example {
    std::string name;
    std::string says;  ///< part of its output
};

std::vector<example> examples();

}  // namespace podpool::test
