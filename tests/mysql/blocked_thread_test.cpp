// SPDX-License-Identifier: BSL-1.0
#include "blocked_thread.hpp"
#include "support/catch.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace podpool::detail {
namespace {

/// Whether a process may read its own memory by this call; a container's filter may refuse it.
bool may_read_memory() {
    int from = 1;
    int to = 0;
    const iovec there{&from, sizeof from};
    const iovec here{&to, sizeof to};
    return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == static_cast<ssize_t>(sizeof from) &&
           to == from;
}

TEST_CASE("blocked threads are seen where the system tells of them, and not where it doesn't") {
    std::string told;
    std::ifstream("/proc/self/task/" + std::to_string(this_thread_number()) + "/syscall") >> told;
    CHECK(can_see_blocked_threads() == (!told.empty() && may_read_memory()));
    CHECK_FALSE(can_see_blocked_threads("/nowhere"));
}

}  // namespace
}  // namespace podpool::detail
