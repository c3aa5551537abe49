// SPDX-License-Identifier: BSL-1.0
#include "examples.hpp"

namespace podpool::test {

std::vector<example> examples() { return {{"04_mysql", "30, hello from shop, served by 127."}}; }

}  // namespace podpool::test
