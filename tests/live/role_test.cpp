// SPDX-License-Identifier: BSL-1.0
#include "load.hpp"
#include "pods.hpp"
#include "support/catch.hpp"
#include "unavoidable.hpp"

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;
using counts = std::vector<std::size_t>;
using test_clock = std::chrono::steady_clock;

namespace {

/// A primary and two replicas, for tests that leave them as they are.
pods& replicated() {
    static pods servers = pods::with_replicas(2);
    return servers;
}

}  // namespace

TEST_CASE("target_session_attrs=primary finds the primary among three servers, and asks the others rarely") {
    if (!live_tests_can_run()) return;
    pods& servers = replicated();
    counts before;
    for (std::size_t i = 0; i < 3; ++i) {
        servers[i].sql("select 1");
        before.push_back(servers.connection_attempts(i));
    }
    const auto start = test_clock::now();
    pool<database> pool(servers.url("target_session_attrs=primary&pool_max_conns=9&pool_name=writer"));

    auto leases = lease_at_once(pool, 9);

    for (auto& one : leases) {
        CHECK(one.endpoint().address == servers[0].address());
        CHECK(one->role() == dialect::role::primary);
    }
    REQUIRE(eventually([&] { return servers.sessions("writer") == counts{9, 0, 0}; }));
    leases.clear();
    for (int i = 0; i < 100; ++i) pool.acquire()->query("select 1");
    for (std::size_t i = 1; i < 3; ++i) {
        CHECK(servers.connection_attempts(i) - before[i] <=
              most_attempts(250ms, 5s, test_clock::now() - start));
    }
}

TEST_CASE("target_session_attrs=standby spreads readers over the standbys only") {
    if (!live_tests_can_run()) return;
    pods& servers = replicated();
    pool<database> pool(servers.url("target_session_attrs=standby&pool_max_conns=8&pool_name=reader"));

    const auto leases = lease_at_once(pool, 8);

    REQUIRE(eventually([&] { return servers.sessions("reader") == counts{0, 4, 4}; }));
    for (auto& one : leases) CHECK(one->role() == dialect::role::standby);
}

TEST_CASE(
    "#36 when the primary dies and a standby is promoted, writers go on there without a failed acquire") {
    if (!live_tests_can_run()) return;
    pods servers = pods::with_replicas(2);
    servers[0].sql(dialect::create_entries, dialect::cluster::database());
    const auto has_table = [](dialect::server& server) {
        return server.sql("select count(*) from information_schema.tables where table_name = 'entry'",
                          dialect::cluster::database()) == "1";
    };
    for (std::size_t i = 1; i < 3; ++i) REQUIRE(eventually([&] { return has_table(servers[i]); }));
    pool<database> pool(servers.url(
        "target_session_attrs=primary&pool_max_conns=6&pool_acquire_timeout=120s&pool_name=failover"));
    load writers(pool, 4, "insert into entry (id) values (default)");
    REQUIRE(writers.goes_on());

    servers[0].kill9();
    const auto gone_at = load::clock::now();
    REQUIRE(eventually([&] { return pool.stats().waiters > 0; }));
    servers[1].promote();

    REQUIRE(writers.goes_on());
    const auto written = [&] {
        return std::stoul(servers[1].sql("select count(*) from entry", dialect::cluster::database()));
    };
    const auto already = written();
    REQUIRE(writers.goes_on());
    writers.stop();
    CHECK(written() >= already + 100);
    CHECK(servers.sessions("failover")[2] == 0);
    CHECK(pool.acquire().endpoint().address == servers[1].address());

    CHECK(writers.failed_acquires().empty());
    // No session of the old primary failed twice.
    CHECK(writers.failed_queries().size() <= 6);
    check_only_unavoidable(writers.failed_queries(), servers[0], gone_at);
}
