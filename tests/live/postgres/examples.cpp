// SPDX-License-Identifier: BSL-1.0
#include "examples.hpp"

namespace podpool::test {

std::vector<example> examples() {
    return {{"01_blocking", "3 -> 30\nserved by 127."},
            {"02_coroutine", "hello from shop, served by 127."},
            {"03_callbacks", "42\n"},
            {"06_roles", " is primary\n"}};
}

}  // namespace podpool::test
