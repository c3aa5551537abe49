// SPDX-License-Identifier: BSL-1.0
#include "live/pods.hpp"
#include "support/catch.hpp"

using namespace podpool;
using namespace podpool::test;
using counts = std::vector<std::size_t>;

TEST_CASE("nothing that one lease sets in its session is there for the next one") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    servers[0].sql("create table if not exists isolated (id int)", dialect::cluster::database());
    servers.publish({0});
    pool<database> pool(servers.url("pool_max_conns=1&pool_name=isolated"));
    auto connection = pool.acquire();
    const std::string time_zone = connection->query("select @@time_zone").get<std::string>(0, 0);
    for (const char* statement :
         {"set @mine = 7", "set time_zone = '+05:45'", "set session transaction isolation level serializable",
          "create temporary table scratch (id int)", "prepare mine from 'select 1'",
          "select get_lock('mine', 0)", "set autocommit = 0", "insert into isolated values (1)"}) {
        connection->query(statement);
    }
    connection.release();

    connection = pool.acquire();
    CHECK(connection->query("select @mine").is_null(0, 0));
    CHECK(connection->query("select @@time_zone").get<std::string>(0, 0) == time_zone);
    CHECK(connection->query("select @@autocommit").get<int>(0, 0) == 1);
    CHECK(connection->query("select is_free_lock('mine')").get<int>(0, 0) == 1);
    CHECK(connection->query("select count(*) from isolated").get<int>(0, 0) == 0);
    CHECK_THROWS_AS(connection->query("select * from scratch"), mysql_error);
    CHECK_THROWS_AS(connection->query("execute mine"), mysql_error);
}

TEST_CASE("a pool on a Unix socket logs in and works") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    const login as;
    pool<database> pool("socket=" + servers[0].socket() + " user=" + as.user + " password=" + as.password +
                        " dbname=" + as.database + " pool_max_conns=3 pool_name=socket");

    auto leases = lease_at_once(pool, 3);

    CHECK(leases.front().endpoint().address == servers[0].socket());
    CHECK(leases.front()->query("select 1").get<int>(0, 0) == 1);
    CHECK(servers.sessions("socket") == counts{3, 0, 0});
    CHECK(servers[0].sql("select distinct connection_type from performance_schema.threads where "
                         "processlist_user = 'app'") == "Socket");
}
