// SPDX-License-Identifier: BSL-1.0
#include "packet_filter.hpp"

#include "child_process.hpp"

#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace podpool::test {

namespace {

constexpr const char* table = "podpool_test";

void nft(const std::vector<std::string>& words) {
    std::vector<std::string> command{system_program("nft")};
    command.insert(command.end(), words.begin(), words.end());
    run_child(command);
}

/// Why there is no network of our own; empty: we are in it.
std::string make_own_network() {
    if (geteuid() != 0) return "that needs root";
    try {
        nft({"--version"});
        // Of a program that has one thread yet this is all.
        if (unshare(CLONE_NEWNET) != 0) return std::string("no network namespace: ") + std::strerror(errno);
        run_child({system_program("ip"), "link", "set", "lo", "up"});
        nft({"add", "table", "inet", table});
        nft({"add", "set", "inet", table, "silent", "{ type ipv4_addr; }"});
        // At the input: what is dropped at the output is an error for the sender.
        nft({"add", "chain", "inet", table, "arriving", "{ type filter hook input priority 0; }"});
        nft({"add", "rule", "inet", table, "arriving", "ip", "saddr", "@silent", "drop"});
        nft({"add", "rule", "inet", table, "arriving", "ip", "daddr", "@silent", "drop"});
    } catch (const std::runtime_error& problem) {
        return problem.what();
    }
    return {};
}

}  // namespace

packet_filter::packet_filter() : why_not_(make_own_network()) {}

void packet_filter::drop(const std::string& address) const {
    nft({"add", "element", "inet", table, "silent", "{ " + address + " }"});
}

void packet_filter::let_through(const std::string& address) const {
    nft({"delete", "element", "inet", table, "silent", "{ " + address + " }"});
}

}  // namespace podpool::test
