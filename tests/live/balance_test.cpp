// SPDX-License-Identifier: BSL-1.0
#include "load.hpp"
#include "pods.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <map>
#include <utility>

using namespace podpool;
using namespace podpool::test;
using counts = std::vector<std::size_t>;

namespace {

/// What the pool thinks of one server; nothing if it doesn't know it.
std::optional<endpoint_stats> known(const pool<database>& pool, const dialect::server& server) {
    for (endpoint_stats& one : pool.stats().endpoints) {
        if (one.where == endpoint(server.address(), server.port())) return std::move(one);
    }
    return std::nullopt;
}

}  // namespace

TEST_CASE("(d) thirty callers at once on a cold pool get ten sessions on each of three servers") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    pool<database> pool(servers.url("pool_max_conns=30&pool_name=spread"));

    const auto leases = lease_at_once(pool, 30);

    CHECK(servers.sessions("spread") == counts{10, 10, 10});
    std::map<std::string, std::size_t> by_address;
    for (const auto& one : leases) ++by_address[one.endpoint().address];
    for (std::size_t i = 0; i < servers.size(); ++i) CHECK(by_address[servers[i].address()] == 10);
}

TEST_CASE("(a) two more servers carry their share once a lifetime has passed, and no caller notices") {
    if (!live_tests_can_run()) return;
    pods servers(3);
    pool<database> pool(
        servers.url("pool_max_conns=30&pool_min_conns=30&pool_max_conn_lifetime=6s&pool_name=scale"));
    REQUIRE(eventually([&] { return servers.sessions("scale") == counts{10, 10, 10}; }));
    load callers(pool, 12);
    REQUIRE(callers.goes_on());

    servers.add();
    servers.add();
    servers.publish_all();

    const auto even = [&] {
        const counts now = servers.sessions("scale");
        return sum(now) >= 30 && within_one_of_even(now);
    };
    REQUIRE(eventually(even));
    // Whoever looks later finds them even as well: through a further lifetime of the whole pool.
    const auto renewals = pool.stats().renewals;
    while (pool.stats().renewals < renewals + 30) {
        REQUIRE(eventually(even));
        REQUIRE(callers.goes_on());
        // The servers are asked one after the other, so that a session may be counted before and after its
        // move.
        REQUIRE(eventually([&] { return sum(servers.sessions("scale")) <= 31; }));
    }
    callers.stop();
    CHECK(callers.failed_acquires().empty());
    CHECK(callers.failed_queries().empty());
    CHECK(pool.stats().endpoints.size() == 5);
}

TEST_CASE("(a) three servers become five: surplus sessions move at once, though lifetimes are long") {
    if (!live_tests_can_run()) return;
    pods servers(3);
    pool<database> pool(
        servers.url("pool_max_conns=30&pool_min_conns=30&pool_rebalance_pace=50%25&pool_name=moving"));
    REQUIRE(eventually([&] { return servers.sessions("moving") == counts{10, 10, 10}; }));
    load callers(pool, 12);
    REQUIRE(callers.goes_on());

    servers.add();
    servers.add();
    servers.publish_all();

    REQUIRE(eventually([&] { return servers.sessions("moving") == counts{6, 6, 6, 6, 6}; }));
    REQUIRE(callers.goes_on());
    CHECK(eventually([&] { return servers.agree_with(pool, "moving"); }));
    callers.stop();
    CHECK(callers.failed_acquires().empty());
    CHECK(callers.failed_queries().empty());
}

// A container can't leave Docker's DNS and keep its connections.
TEST_CASE("(b) a server that leaves the DNS answer gets no new use, finishes what runs, and is left",
          "[loopback]") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    pool<database> pool(servers.url("pool_max_conns=24&pool_name=leaving"));
    auto leases = lease_at_once(pool, 24);
    const auto on_leaving = std::find_if(leases.begin(), leases.end(), [&](const auto& one) {
        return one.endpoint().address == servers[2].address();
    });
    REQUIRE(on_leaving != leases.end());
    lease<database> held = std::move(*on_leaving);
    leases.clear();
    load callers(pool, 12);
    REQUIRE(callers.goes_on());

    servers.publish({0, 1});

    // From the answer on, only the lease that we hold is left in use.
    REQUIRE(eventually([&] {
        const auto leaving = known(pool, servers[2]);
        return leaving &&
               (leaving->state == endpoint_state::absent || leaving->state == endpoint_state::removed) &&
               leaving->active + leaving->draining == 1 && leaving->maintaining == 0;
    }));
    const std::string used = dialect::last_use(servers[2], "leaving");
    REQUIRE(eventually([&] {
        CHECK(dialect::last_use(servers[2], "leaving") <= used);
        return servers[2].sessions("leaving") == 1;
    }));
    CHECK(held->query("select 40 + 2").get<int>(0, 0) == 42);
    held.release();
    REQUIRE(eventually([&] { return servers[2].sessions("leaving") == 0; }));
    REQUIRE(eventually([&] { return !known(pool, servers[2]); }));

    REQUIRE(callers.goes_on());
    callers.stop();
    CHECK(callers.failed_acquires().empty());
    CHECK(callers.failed_queries().empty());
    CHECK(servers[2].sessions("leaving") == 0);
}

TEST_CASE("(c) a server that leaves the DNS answer and comes back at once loses no session") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    // Refreshed by us, so that it's missing from one answer, not from three.
    pool<database> pool(servers.url("pool_max_conns=9&pool_name=flapping&pool_dns_refresh=5s"));
    lease_at_once(pool, 9).clear();
    const std::string before = dialect::session_ids(servers[1], "flapping");

    servers.publish({0, 2});
    pool.refresh();
    REQUIRE(eventually([&] {
        const auto leaving = known(pool, servers[1]);
        return leaving && leaving->state == endpoint_state::absent;
    }));
    servers.publish_all();
    pool.refresh();
    REQUIRE(eventually([&] {
        const auto back = known(pool, servers[1]);
        return back && back->state == endpoint_state::ready;
    }));

    CHECK(dialect::session_ids(servers[1], "flapping") == before);
    const auto leases = lease_at_once(pool, 9);
    CHECK(servers.sessions("flapping") == counts{3, 3, 3});
}
