// SPDX-License-Identifier: BSL-1.0
#include "load.hpp"
#include "pods.hpp"
#include "support/catch.hpp"
#include "support/measured.hpp"
#include "unavoidable.hpp"

#include <algorithm>
#include <functional>
#include <future>

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using counts = std::vector<std::size_t>;
using test_clock = std::chrono::steady_clock;

namespace {

/// A primary and two replicas, for tests that leave them as they are; restored for the next one.
pods& replicated() {
    static pods servers = pods::with_replicas(2);
    servers.restore();
    return servers;
}

/// The same, for a test that changes who is what: all have a table `entry`.
pods with_entries() {
    pods servers = pods::with_replicas(2);
    servers[0].sql(dialect::create_entries, dialect::cluster::database());
    const auto has_table = [](dialect::server& server) {
        return server.sql("select count(*) from information_schema.tables where table_name = 'entry'",
                          dialect::cluster::database()) == "1";
    };
    for (std::size_t i = 1; i < 3; ++i) REQUIRE(eventually([&] { return has_table(servers[i]); }));
    return servers;
}

constexpr const char* insert_entry = "insert into entry (id) values (default)";

std::size_t entries(dialect::server& server) {
    return std::stoul(server.sql("select count(*) from entry", dialect::cluster::database()));
}

/// The error of an acquire that must fail.
std::string failing_acquire(pool<database>& pool, role wanted, std::chrono::milliseconds timeout) {
    try {
        const auto unexpected = pool.acquire(wanted, timeout);
        return "got " + to_string(unexpected.endpoint());
    } catch (const error& problem) {
        return problem.code() == errc::acquire_timeout ? problem.what() : "another error";
    }
}

/// Promotes a standby while no writer can go on, and prints how long it takes until the first one does.
void promote_and_measure(dialect::server& standby, const load& writers) {
    const std::uint64_t before = writers.queries();
    const auto asked_at = load::clock::now();
    standby.promote();
    const auto promoted_at = load::clock::now();
    REQUIRE(eventually([&] { return writers.queries() > before; }));
    const auto written_at = load::clock::now();
    const auto ms = [](load::clock::duration length) {
        return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(length).count()) + " ms";
    };
    measured("first write " + ms(written_at - asked_at) + " after the promotion was asked for, " +
             ms(written_at - promoted_at) + " after it was done");
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
    pods servers = with_entries();
    pool<database> pool(servers.url(
        "target_session_attrs=primary&pool_max_conns=6&pool_acquire_timeout=120s&pool_name=failover"));
    load writers(pool, 4, insert_entry);
    REQUIRE(writers.goes_on());

    servers[0].kill9();
    const auto gone_at = load::clock::now();
    REQUIRE(eventually([&] { return pool.stats().waiters > 0; }));
    promote_and_measure(servers[1], writers);

    REQUIRE(writers.goes_on());
    const std::size_t already = entries(servers[1]);
    REQUIRE(writers.goes_on());
    writers.stop();
    CHECK(entries(servers[1]) >= already + 100);
    CHECK(servers.sessions("failover")[2] == 0);
    CHECK(pool.acquire().endpoint().address == servers[1].address());

    CHECK(writers.failed_acquires().empty());
    // No session of the old primary failed twice.
    CHECK(writers.failed_queries().size() <= 6);
    CHECK(eventually([&] { return servers.agree_with(pool, "failover"); }));
    check_only_unavoidable(writers.failed_queries(), servers[0], gone_at);
}

TEST_CASE("one pool leases writers from the primary and readers evenly from its standbys") {
    if (!live_tests_can_run()) return;
    pods& servers = replicated();
    pool<database> pool(servers.url("pool_max_conns=10&pool_name=both"));

    const auto writers = lease_at_once(pool, 4, role::primary);
    const auto readers = lease_at_once(pool, 6, role::standby);

    for (const auto& one : writers) CHECK(one.endpoint().address == servers[0].address());
    for (const auto& one : readers) CHECK(one.endpoint().address != servers[0].address());
    for (const auto& one : writers) CHECK(one->role() == role::primary);
    for (const auto& one : readers) CHECK(one->role() == role::standby);
    REQUIRE(eventually([&] { return servers.sessions("both") == counts{4, 3, 3}; }));
}

TEST_CASE("when the primary becomes a standby and another one is promoted, writers go on there") {
    if (!live_tests_can_run()) return;
    pods servers = with_entries();
    pool<database> pool(servers.url("pool_max_conns=8&pool_acquire_timeout=120s&pool_name=switchover"));
    load writers(pool, 4, insert_entry, role::primary);
    load readers(pool, 4, dialect::sleep(5ms), role::standby);
    REQUIRE(writers.goes_on());
    REQUIRE(readers.goes_on());

    dialect::demote(servers[0]);
    const auto gone_at = load::clock::now();
    REQUIRE(eventually([&] { return pool.stats().waiters > 0; }));
    promote_and_measure(servers[1], writers);

    REQUIRE(writers.goes_on());
    const std::size_t already = entries(servers[1]);
    REQUIRE(writers.goes_on());
    REQUIRE(readers.goes_on());
    writers.stop();
    readers.stop();
    CHECK(entries(servers[1]) >= already + 100);
    CHECK(pool.acquire(role::primary).endpoint().address == servers[1].address());
    for (auto& one : lease_at_once(pool, 4, role::standby)) {
        CHECK(one.endpoint().address != servers[1].address());
    }

    for (const load* callers : {&writers, &readers}) {
        CHECK(callers->failed_acquires().empty());
        CHECK(callers->wrong_servers().empty());
    }
    CHECK(readers.failed_queries().empty());
    CHECK(eventually([&] { return servers.agree_with(pool, "switchover"); }));
    check_only_unavoidable(writers.failed_queries(), servers[0], gone_at);
}

TEST_CASE("without a standby readers who want one time out and are told why, and all others are served") {
    if (!live_tests_can_run()) return;
    pods& servers = replicated();
    pool<database> pool(servers.url("pool_max_conns=4&pool_name=alone"));
    CHECK(pool.acquire(role::standby).endpoint().address != servers[0].address());
    load callers(pool, 4);
    REQUIRE(callers.goes_on());

    servers[1].kill9();
    servers[2].kill9();
    REQUIRE(eventually([&] {
        const stats now = pool.stats();
        return std::count_if(now.endpoints.begin(), now.endpoints.end(),
                             [](const endpoint_stats& one) { return one.open > 0; }) == 1;
    }));
    auto waiting = std::async(std::launch::async, failing_acquire, std::ref(pool), role::standby, 1s);
    REQUIRE(callers.goes_on());
    CHECK_THAT(waiting.get(), ContainsSubstring("no standby among 3 endpoints: ") &&
                                  ContainsSubstring(servers[0].address() + ":" +
                                                    std::to_string(servers.port()) + " primary"));

    REQUIRE(callers.goes_on());
    callers.stop();
    CHECK(callers.failed_acquires().empty());
    for (const auto& one : callers.failed_queries()) CHECK(one.where.address != servers[0].address());
    servers.restore();
    CHECK(pool.acquire(role::standby, 60s).endpoint().address != servers[0].address());
}
