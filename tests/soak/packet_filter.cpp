// SPDX-License-Identifier: BSL-1.0
#include "packet_filter.hpp"

#include "support/child_process.hpp"

#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <vector>

namespace podpool::soak {

namespace {

constexpr const char* table = "podpool_soak";

void nft(const std::vector<std::string>& words) {
    std::vector<std::string> command{test::system_program("nft")};
    command.insert(command.end(), words.begin(), words.end());
    test::run_child(command);
}

std::string what_is_missing() {
    if (geteuid() != 0) return "needs root";
    std::error_code unreadable;
    const auto ours = std::filesystem::read_symlink("/proc/self/ns/net", unreadable);
    const auto first = std::filesystem::read_symlink("/proc/1/ns/net", unreadable);
    if (unreadable || ours == first) return "not in a network namespace of its own";
    try {
        nft({"--version"});
    } catch (const std::runtime_error&) {
        return "no nft";
    }
    return {};
}

}  // namespace

packet_filter::packet_filter() : why_not_(what_is_missing()) {
    if (!available()) return;
    try {
        nft({"add", "table", "inet", table});
        nft({"add", "set", "inet", table, "silent", "{ type ipv4_addr; }"});
        // At the input: what is dropped at the output is an error for the sender.
        nft({"add", "chain", "inet", table, "arriving", "{ type filter hook input priority 0; }"});
        nft({"add", "rule", "inet", table, "arriving", "ip", "saddr", "@silent", "drop"});
        nft({"add", "rule", "inet", table, "arriving", "ip", "daddr", "@silent", "drop"});
    } catch (const std::runtime_error& problem) {
        why_not_ = problem.what();
    }
}

packet_filter::~packet_filter() {
    if (!available()) return;
    try {
        nft({"delete", "table", "inet", table});
    } catch (const std::exception&) {
        // It goes with the namespace.
        return;
    }
}

void packet_filter::drop(const std::string& address) const {
    nft({"add", "element", "inet", table, "silent", "{ " + address + " }"});
}

void packet_filter::let_through(const std::string& address) const {
    nft({"delete", "element", "inet", table, "silent", "{ " + address + " }"});
}

}  // namespace podpool::soak
