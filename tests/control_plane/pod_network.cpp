// SPDX-License-Identifier: BSL-1.0
#include "pod_network.hpp"

#include "support/child_process.hpp"

#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace podpool::test {

namespace {

std::string make_own_network() {
    if (geteuid() != 0) return "that needs root";
    try {
        const std::string ip = system_program("ip");
        run_child({ip, "-Version"});
        if (unshare(CLONE_NEWNET) != 0) return std::string("no network namespace: ") + std::strerror(errno);
        run_child({ip, "link", "set", "lo", "up"});
        // Not one by one: whoever listens on any of them gets what is sent there.
        run_child({ip, "route", "add", "local", pod_network::range, "dev", "lo"});
    } catch (const std::runtime_error& problem) {
        return problem.what();
    }
    return {};
}

}  // namespace

pod_network::pod_network() : why_not_(make_own_network()) {}

}  // namespace podpool::test
