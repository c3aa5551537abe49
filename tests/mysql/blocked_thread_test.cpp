// SPDX-License-Identifier: BSL-1.0
#include "blocked_thread.hpp"
#include "support/catch.hpp"

#include <fstream>
#include <string>

namespace podpool::detail {
namespace {

TEST_CASE("blocked threads are seen where /proc tells, and not where it doesn't") {
    std::string told;
    std::ifstream("/proc/self/task/" + std::to_string(this_thread_number()) + "/syscall") >> told;
    CHECK(can_see_blocked_threads() == !told.empty());
    CHECK_FALSE(can_see_blocked_threads("/nowhere"));
}

}  // namespace
}  // namespace podpool::detail
