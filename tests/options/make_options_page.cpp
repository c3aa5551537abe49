// SPDX-License-Identifier: BSL-1.0
// Prints docs/options.md.

#include "options_page.hpp"

#include <iostream>

int main() {
    std::cout << podpool::test::options_page();
    return std::cout.good() ? 0 : 1;
}
