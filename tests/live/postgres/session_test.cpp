// SPDX-License-Identifier: BSL-1.0
#include "live/load.hpp"
#include "live/pods.hpp"
#include "support/catch.hpp"

using namespace podpool;
using namespace podpool::test;
using counts = std::vector<std::size_t>;

TEST_CASE("nothing that one lease sets in its session is there for the next one") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    pool<database> pool(servers.url("pool_max_conns=1&pool_name=isolated"));
    auto connection = pool.acquire();
    const int process = connection->query("select pg_backend_pid()").get<int>(0, 0);
    connection->query(
        "create temp table scratch (id int); set search_path = pg_temp; set statement_timeout = '77s';"
        "prepare mine as select 1; select pg_advisory_lock(4711); listen news; begin; set local lock_timeout "
        "= 55");
    connection.release();

    connection = pool.acquire();
    REQUIRE(connection->query("select pg_backend_pid()").get<int>(0, 0) == process);
    CHECK(connection->query("show search_path").get<std::string>(0, 0) == "\"$user\", public");
    CHECK(connection->query("show statement_timeout").get<std::string>(0, 0) == "0");
    CHECK(connection->query("select to_regclass('pg_temp.scratch')").is_null(0, 0));
    CHECK(connection->query("select count(*) from pg_prepared_statements").get<int>(0, 0) == 0);
    CHECK(connection->query("select count(*) from pg_listening_channels()").get<int>(0, 0) == 0);
    CHECK(connection->query("select count(*) from pg_locks where locktype = 'advisory'").get<int>(0, 0) == 0);
    CHECK(connection->query("select now() = statement_timestamp()").get<bool>(0, 0));
}

TEST_CASE("an administrator who ends one session costs that session, under load, not its server's others") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    pool<database> pool(servers.url("pool_max_conns=12&pool_min_conns=12&pool_name=ended"));
    REQUIRE(eventually([&] { return servers.sessions("ended") == counts{4, 4, 4}; }));
    load callers(pool, 6);
    REQUIRE(callers.goes_on());
    constexpr std::uint64_t rounds = 3;
    for (std::uint64_t round = 1; round <= rounds; ++round) {
        servers[0].sql(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ended' limit "
            "1");
        REQUIRE(callers.goes_on());
        REQUIRE(eventually([&] { return pool.stats().opens == 12 + round; }));
        REQUIRE(eventually([&] { return servers.sessions("ended") == counts{4, 4, 4}; }));
    }
    callers.stop();
    const stats figures = pool.stats();
    CHECK(figures.closes[static_cast<std::size_t>(close_reason::endpoint_failed)] == 0);
    CHECK(figures.opens == 12 + rounds);
    CHECK(callers.failed_acquires().empty());
    CHECK(callers.failed_queries().size() <= rounds);
}

TEST_CASE("wait_until_ready returns when the servers have the minimum of sessions, and says why it can't") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    pool<database> pool(servers.url("pool_max_conns=12&pool_min_conns=9&pool_name=ready"));
    pool.wait_until_ready(std::chrono::seconds(60));
    CHECK(sum(servers.sessions("ready")) >= 9);

    const login stranger{"nobody_known", "x", "shop"};
    podpool::pool<database> refused(servers.url("pool_max_conns=3&pool_name=stranger", stranger));
    try {
        refused.wait_until_ready(std::chrono::seconds(60));
        FAIL("a pool whose login is refused became ready");
    } catch (const error& problem) {
        CHECK(problem.code() == errc::connection_rejected);
        CHECK(std::string(problem.what()).find("nobody_known") != std::string::npos);
    }
}

TEST_CASE("a pool on a Unix socket logs in and works") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    pool<database> pool("host=" + servers[0].socket_directory() + " port=" + std::to_string(servers.port()) +
                        " user=app password=" + postgres_cluster::password() +
                        " dbname=shop pool_max_conns=3 pool_name=socket");

    auto leases = lease_at_once(pool, 3);

    CHECK(leases.front().endpoint().address == servers[0].socket_directory());
    CHECK(leases.front()->query("select inet_client_addr() is null").get<bool>(0, 0));
    CHECK(servers.sessions("socket") == counts{3, 0, 0});
}
