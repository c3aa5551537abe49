// SPDX-License-Identifier: BSL-1.0
// Several processes at a time, which know nothing of each other.
#include "pods.hpp"
#include "program.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <csignal>
#include <iostream>
#include <memory>

using namespace podpool::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr std::size_t processes = 6;
constexpr std::size_t sessions_each = 10;

double max_over_mean(const std::vector<std::size_t>& counts) {
    const double mean = static_cast<double>(sum(counts)) / static_cast<double>(counts.size());
    return static_cast<double>(*std::max_element(counts.begin(), counts.end())) / mean;
}

}  // namespace

TEST_CASE("six loaded processes of ten sessions: two more servers get their share, no request fails") {
    if (!live_tests_can_run()) return;
    pods servers(3);
    // Lifetimes are the default's half an hour: what moves the sessions is not renewal.
    const std::string url = servers.url("pool_max_conns=10&pool_min_conns=10&pool_name=fleet");
    std::vector<std::unique_ptr<program>> fleet;
    for (std::size_t i = 0; i < processes; ++i) {
        fleet.push_back(std::make_unique<program>(
            std::vector<std::string>{PODPOOL_COMMAND, "bench", url, "--clients", "12", "--seconds", "3600",
                                     "--sql", dialect::sleep(20ms)}));
    }
    REQUIRE(eventually([&] { return sum(servers.sessions("fleet")) == processes * sessions_each; }));

    servers.add();
    servers.add();
    servers.publish_all();
    const auto published = std::chrono::steady_clock::now();
    const auto even = [&] {
        const auto counts = servers.sessions("fleet");
        return sum(counts) >= processes * sessions_each && max_over_mean(counts) <= 1.1;
    };
    REQUIRE(eventually(even, 240s));
    const auto took = std::chrono::steady_clock::now() - published;
    std::cout << "max/mean <= 1.1 on five servers after "
              << std::chrono::duration_cast<std::chrono::seconds>(took).count() << " s\n";

    for (const auto& one : fleet) one->send(SIGINT);
    for (const auto& one : fleet) {
        const int code = one->exit_code();
        INFO(one->output());
        CHECK(code == 0);
        CHECK_THAT(one->output(), ContainsSubstring("errors 0"));
    }
}
