// SPDX-License-Identifier: BSL-1.0
// What only containers can do: lose the network, get another address, leave theirs to somebody else.
#include "live/deadline_callers.hpp"
#include "live/pods.hpp"
#include "support/catch.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace podpool;
using namespace podpool::test;
using counts = std::vector<std::size_t>;

namespace {

std::string new_address() { return container_network::of_this_run().new_address(); }

/// What the pool thinks of one address; nothing if it doesn't know it.
std::optional<endpoint_stats> known(const pool<database>& pool, const std::string& address) {
    for (endpoint_stats& one : pool.stats().endpoints) {
        if (one.where.address == address) return std::move(one);
    }
    return std::nullopt;
}

/// Every server has four sessions of the pool, as it says itself, and the pool says the same.
bool have_four_each(pods& servers, const pool<database>& pool, std::string_view name) {
    return servers.sessions(name) == counts{4, 4, 4} && servers.agree_with(pool, name);
}

/// Only statements that ran on this address when it went away failed, each session's at most.
void check_only_lost_on(const deadline_callers& callers, const std::string& address) {
    CHECK(callers.failed_acquires() == 0);
    for (const auto& [where, count] : callers.lost()) {
        CHECK(where == address);
        CHECK(count <= 5);
    }
}

std::string twelve(const std::string& name) {
    return "pool_max_conns=12&pool_min_conns=12&pool_connect_timeout=1s&pool_max_conn_lifetime=10s&pool_"
           "name=" +
           name;
}

}  // namespace

TEST_CASE("a server that is cut off costs what ran on it, and has its share again with the same address") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    deadline_callers callers(servers.url(twelve("cutoff")), 6);
    REQUIRE(eventually([&] { return have_four_each(servers, callers.pool(), "cutoff"); }));
    REQUIRE(callers.go_on(100));
    const std::string address = servers[1].address();

    servers[1].disconnect();
    CHECK(callers.go_on(300));
    CHECK(eventually([&] {
        const auto gone = known(callers.pool(), address);
        return !gone || gone->open == 0;
    }));
    CHECK(callers.go_on(100));
    servers[1].reconnect(address);

    CHECK(eventually([&] { return have_four_each(servers, callers.pool(), "cutoff"); }));
    CHECK(callers.go_on(100));
    callers.stop();
    check_only_lost_on(callers, address);
}

TEST_CASE("a server that comes back with another address has its share there, and the old one is forgotten") {
    if (!live_tests_can_run()) return;
    pods servers(3);
    deadline_callers callers(servers.url(twelve("moved")), 6);
    REQUIRE(eventually([&] { return have_four_each(servers, callers.pool(), "moved"); }));
    REQUIRE(callers.go_on(100));
    const std::string before = servers[1].address();

    SECTION("after a partition") {
        servers[1].disconnect();
        REQUIRE(callers.go_on(300));
        servers[1].move_to(new_address());
    }
    SECTION("after a restart, under the same name") {
        servers[1].stop();
        REQUIRE(callers.go_on(300));
        servers[1].disconnect();
        servers[1].reconnect(new_address());
        servers[1].start();
    }

    REQUIRE(servers[1].address() != before);
    CHECK(eventually([&] { return have_four_each(servers, callers.pool(), "moved"); }));
    CHECK(eventually([&] { return !known(callers.pool(), before); }));
    CHECK(callers.go_on(100));
    callers.stop();
    check_only_lost_on(callers, before);
}

TEST_CASE(
    "a server of another service that got a pod's address is refused by its certificate, and reported") {
    if (!live_tests_can_run()) return;
    pods servers(3);
    deadline_callers callers(servers.url(twelve("reused")), 6);
    REQUIRE(eventually([&] { return have_four_each(servers, callers.pool(), "reused"); }));
    REQUIRE(callers.go_on(100));
    const std::string address = servers[1].address();

    // Nobody tells the pool that the pod has gone: DNS is out.
    servers.dns().stop();
    REQUIRE(eventually([&] { return !callers.pool().stats().discovery_error.empty(); }));
    servers[1].kill9();
    servers[1].disconnect();
    const auto stranger = servers.cluster().make_stranger();
    stranger->disconnect();
    stranger->reconnect(address);
    stranger->start();

    REQUIRE(eventually([&] {
        const auto seen = known(callers.pool(), address);
        return seen && seen->last_failure.message.find(dialect::wrong_authority) != std::string::npos;
    }));
    CHECK(callers.go_on(200));
    CHECK(stranger->sessions("reused") == 0);
    CHECK(servers.sessions("reused")[1] == 0);
    // The other two have everything that it had.
    CHECK(eventually([&] { return servers.sessions("reused") == counts{6, 0, 6}; }));

    servers.dns().start();
    CHECK(eventually([&] { return !known(callers.pool(), address); }));
    CHECK(callers.go_on(100));
    callers.stop();
    check_only_lost_on(callers, address);
}
