// SPDX-License-Identifier: BSL-1.0
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
