// SPDX-License-Identifier: BSL-1.0
#include "catch.hpp"
#include "child_process.hpp"
#include "mysql_server.hpp"
#include "wait_for.hpp"

#include <iostream>

using namespace podpool::test;
using Catch::Matchers::ContainsSubstring;

namespace {

bool can_run() {
    static const std::string missing = [] {
        std::string why;
        return mysql_cluster::available(why) ? std::string() : why;
    }();
    if (!missing.empty()) std::cout << "skipped: " << missing << '\n';
    return missing.empty();
}

/// A session as the user `app`, over the socket.
mysql_session log_in(const mysql_server& server, const std::string& password = mysql_cluster::password()) {
    return {server.socket(), mysql_cluster::user(), password, mysql_cluster::database()};
}

}  // namespace

TEST_CASE(
    "a server lets the user in, counts its sessions, and is the same after a stop and after a SIGKILL") {
    if (!can_run()) return;
    mysql_cluster cluster({.max_connections = 20, .tls = nullptr, .configuration = {"wait_timeout = 77"}});
    mysql_server& server = cluster.add_primary();
    CHECK(server.sql("select @@max_connections") == "20");
    CHECK(server.sql("select @@global.wait_timeout") == "77");
    CHECK(server.sql("select version() like '%MariaDB%'") ==
          (mysql_flavour::chosen().is_mariadb() ? "1" : "0"));
    CHECK(server.sessions() == 0);
    const std::size_t attempts = server.connection_attempts();
    {
        mysql_session first = log_in(server);
        mysql_session second = log_in(server);
        CHECK(first.run("create table item (id int); insert into item values (7)").empty());
        CHECK(server.sessions() == 2);
        CHECK(server.sessions("podpool_mysql_cluster_test") == 0);
        CHECK(server.connection_attempts() == attempts + 2);
    }
    CHECK(wait_for([&] { return server.sessions() == 0; }));
    CHECK_THROWS_AS(log_in(server, "wrong"), std::runtime_error);

    server.restart();
    CHECK(server.sql("select id from item", "shop") == "7");
    server.kill9();
    CHECK_FALSE(server.running());
    server.start();
    CHECK(log_in(server).run("select id from item") == "7");
    server.set_password("other");
    CHECK_THROWS_AS(log_in(server), std::runtime_error);
    CHECK(log_in(server, "other").run("select 1") == "1");
    CHECK_THROWS_WITH(server.sql("select nonsense"),
                      ContainsSubstring("nonsense") && ContainsSubstring(server.address()));
}

TEST_CASE("a replica follows its primary, refuses the user's writes, and takes them once promoted") {
    if (!can_run()) return;
    mysql_cluster cluster;
    mysql_server& primary = cluster.add_primary();
    primary.sql("create table item (id int); insert into item values (1)", "shop");
    mysql_server& replica = cluster.add_replica(primary);
    CHECK(replica.address() != primary.address());
    CHECK(replica.port() == primary.port());
    CHECK(replica.sql("select @@global.read_only") == "1");

    CHECK(wait_for([&] {
        return replica.sql("select count(*) from information_schema.tables where table_schema = 'shop'") ==
                   "1" &&
               replica.sql("select count(*) from item", "shop") == "1";
    }));
    primary.sql("insert into item values (2)", "shop");
    CHECK(wait_for([&] { return replica.sql("select count(*) from item", "shop") == "2"; }));
    CHECK_THROWS_WITH(log_in(replica).run("insert into item values (3)"),
                      ContainsSubstring("read-only") || ContainsSubstring("read only"));

    primary.kill9();
    replica.promote();
    log_in(replica).run("insert into item values (3)");
    CHECK(replica.sql("select count(*) from item", "shop") == "3");
    replica.restart();
    CHECK(replica.sql("select @@global.read_only") == "0");
}

TEST_CASE("a paused server answers when it is resumed") {
    if (!can_run()) return;
    mysql_cluster cluster;
    mysql_server& server = cluster.add_primary();
    server.sql("select 1");
    server.pause();
    server.resume();
    CHECK(server.sql("select 2") == "2");
    server.pause();
    server.stop();
    CHECK_FALSE(server.running());
    CHECK_THAT(server.log(), ContainsSubstring("ready for connections"));
}
