// SPDX-License-Identifier: BSL-1.0
// What no statement's text shows: views, stored functions, triggers and events that change the session. What
// a lease passes on is named in docs/mysql.md, "What a lease leaves behind".
#include "live.hpp"

#include <podpool/pool.hpp>

#include <string>

namespace podpool::test {
namespace {

/// A server with views, functions, triggers and events that leave something.
class tricky_server {
public:
    tricky_server() {
        mysql_server& server = cluster_.add_primary();
        server.sql("set global log_bin_trust_function_creators = 1; set global event_scheduler = on");
        server.sql(
            "create table t (i int); create table ran (i int);"
            "create view locks as select get_lock('by_view', 0) as got;"
            "create function locking() returns int return get_lock('by_function', 0);"
            "create function assigning() returns int begin set @by_function = 1; return 1; end;"
            "create function tabling() returns int begin create temporary table by_function (i int); return "
            "1; end;"
            "create trigger before_insert before insert on t for each row set @by_trigger = "
            "get_lock('by_trigger', 0)",
            mysql_cluster::database());
    }
    [[nodiscard]] mysql_server& server() { return *cluster_.servers().front(); }
    /// Whether anybody holds a named lock.
    bool is_held(const std::string& lock) {
        return server().sql("select is_free_lock('" + lock + "')") == "0";
    }

private:
    mysql_cluster cluster_;
};

TEST_CASE("what views, functions and triggers leave in a session is passed on, until somebody clears it") {
    if (!have_mysql()) return;
    tricky_server tricky;
    pool<mysql> connections(conninfo(tricky.server(), "pool_max_conns=1"));
    connections.acquire()->query("select got from locks");
    connections.acquire()->query("select locking(), assigning(), tabling()");
    connections.acquire()->query("insert into t values (1)");
    {
        auto next = connections.acquire();
        for (const char* const lock : {"by_view", "by_function", "by_trigger"}) {
            CAPTURE(lock);
            CHECK(next->query("select is_used_lock(?) = connection_id()", lock).get<bool>(0, std::size_t{0}));
        }
        CHECK(next->query("select @by_function").get<int>(0, std::size_t{0}) == 1);
        CHECK(next->query("select count(*) from by_function").get<int>(0, std::size_t{0}) == 0);
        // One round trip clears all locks of a session.
        next->query("do release_all_locks()");
        for (const char* const lock : {"by_view", "by_function", "by_trigger"})
            CHECK_FALSE(tricky.is_held(lock));
        // And a lease that changes its session for all to see is the last one of it.
        next->query("set @by_function = null");
    }
    CHECK(connections.acquire()->query("select @by_trigger").is_null(0, 0));
    CHECK_THROWS_AS(connections.acquire()->query("select count(*) from by_function"), mysql_error);
}

TEST_CASE("no stored function or trigger can leave a transaction") {
    if (!have_mysql()) return;
    tricky_server tricky;
    live_session session(tricky.server());
    for (const char* const body :
         {"begin start transaction; return 1; end", "begin set autocommit = 0; return 1; end",
          "begin commit; return 1; end"}) {
        CAPTURE(body);
        try {
            tricky.server().sql(std::string("create function refused() returns int ") + body, "shop");
        } catch (const std::runtime_error&) {
            continue;
        }
        CHECK_THROWS_AS(session.connection->query("select refused()"), mysql_error);
        tricky.server().sql("drop function refused", "shop");
    }
    CHECK_FALSE(session.inspect(reset_mode::full).needs_reset);
}

TEST_CASE("an event leaves nothing: it has a session of its own") {
    if (!have_mysql()) return;
    tricky_server tricky;
    live_session session(tricky.server());
    tricky.server().sql(
        "create event once on schedule at current_timestamp do "
        "insert into ran select get_lock('by_event', 0)",
        mysql_cluster::database());
    eventually("the event has run", [&] { return session.cell("select count(*) from ran") == "1"; });
    eventually("its lock is free", [&] { return !tricky.is_held("by_event"); });
    CHECK(session.cell("select is_used_lock('by_event') is null") == "1");
}

TEST_CASE("a transaction that the server began by itself is rolled back when the lease ends") {
    if (!have_mysql()) return;
    mysql_cluster cluster;
    mysql_server& server = cluster.add_primary();
    server.sql(
        "set global completion_type = 1; create table t (i int) engine = innodb; create table u like t",
        "shop");
    live_session session(server);
    live_session other(server);
    session.connection->query("begin");
    session.connection->query("insert into t values (1)");
    session.connection->query("commit");
    session.connection->query("insert into t values (2)");
    const return_state state = session.inspect(reset_mode::full);
    CHECK(state.needs_reset);
    CHECK_FALSE(state.replace);
    CHECK_FALSE(session.reset(reset_mode::full));
    CHECK(session.cell("select count(*) from t") == "1");
    CHECK(other.cell("select count(*) from t") == "1");
}

}  // namespace
}  // namespace podpool::test
