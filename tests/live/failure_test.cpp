// SPDX-License-Identifier: BSL-1.0
#include "deadline_callers.hpp"
#include "load.hpp"
#include "pods.hpp"
#include "support/catch.hpp"
#include "support/measured.hpp"
#include "unavoidable.hpp"

#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <future>
#include <sstream>

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using counts = std::vector<std::size_t>;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string outcome_of(const load& callers) {
    return "longest wait for a lease " + std::to_string(callers.longest_wait().count()) + " ms, " +
           std::to_string(callers.failed_queries().size()) + " of " + std::to_string(callers.queries()) +
           " statements failed, all on the server that went";
}

}  // namespace

TEST_CASE("(i) a server that is killed under load costs only the queries that ran on it, and comes back") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    pool<database> pool(
        servers.url("pool_max_conns=30&pool_min_conns=30&pool_max_conn_lifetime=6s&pool_name=killed"));
    REQUIRE(eventually([&] { return servers.sessions("killed") == counts{10, 10, 10}; }));
    load callers(pool, 12);
    REQUIRE(callers.goes_on());

    servers[0].kill9();
    const auto gone_at = load::clock::now();

    REQUIRE(callers.goes_on(300));
    // Refilled on the others, although nobody asks for that many.
    REQUIRE(eventually([&] { return sum(servers.sessions("killed")) >= 30; }));
    servers[0].start();
    REQUIRE(eventually([&] {
        const counts now = servers.sessions("killed");
        return sum(now) >= 30 && within_one_of_even(now);
    }));
    REQUIRE(callers.goes_on());
    callers.stop();

    measured(outcome_of(callers));
    CHECK(callers.failed_acquires().empty());
    CHECK(callers.failed_queries().size() <= 10);
    CHECK(eventually([&] { return servers.agree_with(pool, "killed"); }));
    check_only_unavoidable(callers.failed_queries(), servers[0], gone_at);
}

TEST_CASE("#35 a server that is shut down under load interrupts only what runs on it") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    pool<database> pool(servers.url("pool_max_conns=12&pool_name=shutdown"));
    load callers(pool, 8);
    REQUIRE(callers.goes_on());

    const std::string before = dialect::session_ids(servers[1], "shutdown");
    servers[0].stop();
    const auto gone_at = load::clock::now();
    REQUIRE(callers.goes_on());
    callers.stop();

    // The other server's sessions are the same ones, and perhaps more.
    const std::string after = "," + dialect::session_ids(servers[1], "shutdown");
    std::istringstream list(before);
    for (std::string id; std::getline(list, id, ',');) CHECK_THAT(after, ContainsSubstring("," + id + ","));
    measured(outcome_of(callers));
    CHECK(callers.failed_acquires().empty());
    CHECK(eventually([&] { return servers.agree_with(pool, "shutdown"); }));
    check_only_unavoidable(callers.failed_queries(), servers[0], gone_at);
}

// Docker's DNS names running containers only.
TEST_CASE("#22 callers outlast servers and DNS that aren't up yet, and learn why they wait", "[loopback]") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    for (std::size_t i = 0; i < servers.size(); ++i) servers[i].stop();
    servers.dns().stop();

    pool<database> pool(servers.url("pool_max_conns=6&pool_acquire_timeout=120s&pool_name=early"));
    auto waiting = pool.async_acquire(asio::use_future);
    REQUIRE(eventually([&] { return !pool.stats().discovery_error.empty(); }));
    try {
        const auto unexpected = pool.acquire(100ms);
        FAIL("there is nothing to acquire");
    } catch (const error& problem) {
        CHECK(problem.code() == errc::acquire_timeout);
        CHECK_THAT(problem.what(),
                   ContainsSubstring("no endpoint is known") && ContainsSubstring(servers.dns().address()));
    }

    servers.dns().start();
    REQUIRE(eventually([&] {
        std::size_t refused = 0;
        for (const auto& one : pool.stats().endpoints) refused += one.open_failures > 0 ? 1 : 0;
        return refused == 3;
    }));
    try {
        const auto unexpected = pool.acquire(100ms);
        FAIL("there is nothing to acquire");
    } catch (const error& problem) {
        CHECK(problem.code() == errc::acquire_timeout);
        CHECK_THAT(problem.what(), ContainsSubstring(dialect::refused) &&
                                       ContainsSubstring(servers[0].address()) &&
                                       ContainsSubstring(servers[1].address()));
    }

    for (std::size_t i = 0; i < servers.size(); ++i) servers[i].start();
    const auto connection = waiting.get();
    CHECK(connection->query("select 1").get<int>(0, 0) == 1);
    const auto leases = lease_at_once(pool, 5);
    CHECK(sum(servers.sessions("early")) == 6);
    CHECK(eventually([&] { return servers.agree_with(pool, "early"); }));
}

TEST_CASE("callers never notice that DNS is out, while sessions are renewed all the same") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    pool<database> pool(
        servers.url("pool_max_conns=9&pool_min_conns=9&pool_max_conn_lifetime=3s&pool_name=nodns"));
    REQUIRE(eventually([&] { return servers.sessions("nodns") == counts{3, 3, 3}; }));
    load callers(pool, 6);
    REQUIRE(callers.goes_on());

    servers.dns().stop();
    REQUIRE(eventually([&] { return pool.stats().discovery_failures >= 3; }));
    const stats out = pool.stats();
    CHECK_THAT(out.discovery_error, ContainsSubstring(servers.dns().address()));
    CHECK(out.endpoints.size() == 3);
    REQUIRE(eventually([&] { return pool.stats().renewals >= out.renewals + 9; }));
    REQUIRE(callers.goes_on());

    servers.dns().start();
    REQUIRE(eventually([&] { return pool.stats().discovery_error.empty(); }));
    REQUIRE(callers.goes_on());
    callers.stop();
    CHECK(callers.failed_acquires().empty());
    CHECK(callers.failed_queries().empty());
    CHECK(eventually([&] { return servers.agree_with(pool, "nodns"); }));
}

TEST_CASE("a cold pool serves everybody although one of the servers hangs") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    servers[1].pause();
    pool<database> pool(servers.url("pool_max_conns=12&pool_connect_timeout=1s&pool_name=cold"));

    const auto leases = lease_at_once(pool, 12);

    CHECK(servers[0].sessions("cold") + servers[2].sessions("cold") == 12);
    servers[1].resume();
    CHECK(eventually([&] { return servers.agree_with(pool, "cold"); }));
}

TEST_CASE("callers with deadlines go on when a server hangs, and use it again when it goes on") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    deadline_callers callers(servers.url("pool_max_conns=12&pool_min_conns=12&pool_max_conn_lifetime=10s"
                                         "&pool_connect_timeout=1s&pool_name=hung"),
                             6);
    CHECK(eventually([&] { return servers.sessions("hung") == counts{4, 4, 4}; }));
    CHECK(callers.go_on(100));

    servers[2].pause();
    CHECK(callers.go_on(300));
    // None of its sessions is left; the pool keeps asking, but not with callers.
    CHECK(eventually([&] {
        for (const auto& one : callers.pool().stats().endpoints) {
            if (one.where.address == servers[2].address()) return one.open == 0 && one.open_failures > 0;
        }
        return false;
    }));
    CHECK(callers.go_on(100));
    servers[2].resume();
    CHECK(eventually([&] { return servers[2].sessions("hung") >= 3; }));
    CHECK(callers.go_on(100));

    callers.stop();
    CHECK(eventually([&] { return servers.agree_with(callers.pool(), "hung"); }));
    CHECK(callers.failed_acquires() == 0);
    for (const auto& [address, count] : callers.lost()) {
        CHECK(address == servers[2].address());
        // Each session that hung is lost to one caller at most.
        CHECK(count <= 5);
    }
}

TEST_CASE(
    "#29 a server that fails every statement at once costs a few callers, and has its share again when "
    "well") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    for (std::size_t index = 0; index < servers.size(); ++index) dialect::set_work(servers[index], false);
    pool<database> pool(
        servers.url("pool_max_conns=12&pool_min_conns=12&pool_rebalance_pace=50%25&pool_name=fulldisk"));
    REQUIRE(eventually([&] { return servers.sessions("fulldisk") == counts{4, 4, 4}; }));
    load callers(pool, 6, dialect::work);
    REQUIRE(callers.goes_on());
    const endpoint broken(servers[0].address(), servers[0].port());
    const auto figures = [&] {
        const stats seen = pool.stats();
        return *std::find_if(seen.endpoints.begin(), seen.endpoints.end(),
                             [&](const endpoint_stats& one) { return one.where == broken; });
    };

    dialect::set_work(servers[0], true);
    REQUIRE(eventually([&] { return figures().state == endpoint_state::failing; }));
    const endpoint_stats ejected = figures();
    CHECK_THAT(ejected.last_failure.message, ContainsSubstring(to_string(broken)));
    CHECK(ejected.last_failure.kind == failure_kind::server_error);
    REQUIRE(callers.goes_on(2000));
    // Five in a row, what the other callers held at that moment, and one for each look since.
    const std::vector<load::failed_query> failed = callers.failed_queries();
    CHECK(failed.size() <= 5 + 6 + figures().ejections);
    for (const load::failed_query& one : failed) CHECK(one.where == broken);
    measured(std::to_string(failed.size()) + " of " + std::to_string(callers.queries()) +
             " statements met the full disk");

    dialect::set_work(servers[0], false);
    REQUIRE(eventually([&] { return figures().state == endpoint_state::ready; }));
    const std::uint64_t leases = figures().leases;
    REQUIRE(callers.goes_on());
    REQUIRE(eventually([&] { return figures().leases > leases + 20; }));
    REQUIRE(eventually([&] { return within_one_of_even(servers.sessions("fulldisk")); }));
    callers.stop();
    CHECK(eventually([&] { return servers.agree_with(pool, "fulldisk"); }));
    CHECK(callers.failed_acquires().empty());
}
