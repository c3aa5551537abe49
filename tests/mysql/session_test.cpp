// SPDX-License-Identifier: BSL-1.0
// What a lease leaves behind, and the life of an idle connection.
#include "live.hpp"

#include <podpool/errc.hpp>
#include <podpool/pool.hpp>

#include <cstddef>
#include <string>

namespace podpool::test {
namespace {

using Catch::Matchers::ContainsSubstring;

std::string id_of(live_session& session) { return session.cell("select connection_id()"); }

TEST_CASE("a lease that only read and wrote leaves nothing to do") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    session.connection->query("create table if not exists kept (i int)");
    session.connection->query("insert into kept values (?)", 1);
    session.connection->query("start transaction");
    session.connection->query("delete from kept");
    session.connection->query("commit");
    for (const reset_mode mode : {reset_mode::full, reset_mode::rollback, reset_mode::none}) {
        const return_state state = session.inspect(mode);
        CHECK_FALSE(state.why);
        CHECK_FALSE(state.needs_reset);
        CHECK_FALSE(state.replace);
    }
}

TEST_CASE("an open transaction is rolled back, or ends the connection where nothing is reset") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    live_session other(shared_server());
    session.connection->query("create table if not exists undone (i int) engine = innodb");
    session.connection->query("delete from undone");
    session.connection->query("begin");
    session.connection->query("insert into undone values (1)");
    SECTION("rolled back") {
        for (const reset_mode mode : {reset_mode::full, reset_mode::rollback}) {
            const return_state state = session.inspect(mode);
            CHECK_FALSE(state.why);
            CHECK_FALSE(state.replace);
            CHECK(state.needs_reset);
        }
        CHECK_FALSE(session.reset(reset_mode::full));
        CHECK(session.cell("select count(*) from undone") == "0");
        CHECK(other.cell("select count(*) from undone") == "0");
        CHECK_FALSE(session.inspect(reset_mode::full).needs_reset);
    }
    SECTION("closed") {
        const return_state state = session.inspect(reset_mode::none);
        CHECK(state.why.kind == failure_kind::connection_lost);
    }
}

TEST_CASE("a session that carried a large row or statement says so when its lease ends") {
    if (!have_mysql()) return;
    live_session session(shared_server(), "pool_max_conn_buffer=1MiB");
    session.connection->query("select repeat('x', 900000) union all select repeat('y', 900000)");
    session.connection->query("select length(?)", std::string(900000, 'x'));
    CHECK_FALSE(session.inspect(reset_mode::full).oversized);
    SECTION("a row") { session.connection->query("select repeat('x', 600000), repeat('y', 600000)"); }
    SECTION("a statement") { session.connection->query("select 1 -- " + std::string(1100000, 'x')); }
    SECTION("a parameter") { session.connection->query("select length(?)", std::string(1100000, 'x')); }
    const return_state state = session.inspect(reset_mode::full);
    CHECK_FALSE(state.why);
    CHECK(state.oversized);
}

TEST_CASE("a session that holds something no rollback undoes is replaced") {
    if (!have_mysql()) return;
    for (const char* statement :
         {"set @x = 5", "set session sql_mode = ''", "create temporary table t (i int)",
          "select get_lock('held', 0)", "select 1 into @y", "use shop", "lock tables kept read"}) {
        CAPTURE(statement);
        live_session session(shared_server());
        session.connection->query("create table if not exists kept (i int)");
        CHECK_FALSE(session.inspect(reset_mode::full).replace);
        session.connection->query(statement);
        const return_state state = session.inspect(reset_mode::full);
        CHECK_FALSE(state.why);
        CHECK(state.replace);
    }
}

TEST_CASE("with pool_reset=rollback a hidden transaction is found once autocommit may be off") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    live_session other(shared_server());
    session.connection->query("create table if not exists hidden (i int) engine = innodb");
    session.connection->query("delete from hidden");
    session.connection->query("set autocommit = 0");
    session.connection->query("insert into hidden values (1)");
    CHECK(session.inspect(reset_mode::rollback).needs_reset);
    CHECK_FALSE(session.reset(reset_mode::rollback));
    CHECK(other.cell("select count(*) from hidden") == "0");
    CHECK(session.cell("select @@autocommit") == "1");
    // From then on nothing is taken for granted, but an untouched lease is free.
    session.inspect(reset_mode::rollback);
    CHECK_FALSE(session.inspect(reset_mode::rollback).needs_reset);
    session.connection->query("select 1");
    CHECK(session.inspect(reset_mode::rollback).needs_reset);
}

TEST_CASE("an idle connection that the server has closed is found without a round trip") {
    if (!have_mysql()) return;
    mysql_server& server = shared_server();
    live_session session(server);
    CHECK(session.driver.is_alive(*session.connection));
    server.sql("kill " + id_of(session));
    eventually("the end is noticed", [&] { return !session.driver.is_alive(*session.connection); });
    CHECK(session.inspect(reset_mode::full).why.kind == failure_kind::connection_lost);
    try {
        session.connection->query("select 1");
        FAIL("no error");
    } catch (const mysql_error& problem) {
        CHECK(problem.code() == errc::connection_lost);
        // It was never sent.
        CHECK_FALSE(problem.outcome_unknown());
    }
}

TEST_CASE("an error of the server's own is told at the end of the lease, and no other error is one") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    const auto raise = [&](int number) {
        try {
            session.connection->query(
                "signal sqlstate 'HY000' set message_text = 'as asked', mysql_errno = " +
                std::to_string(number));
            FAIL("no error");
        } catch (const mysql_error& problem) {
            CHECK(problem.number() == number);
            CHECK_FALSE(problem.outcome_unknown());
        }
    };
    for (const int number : {1021, 1024, 1026, 1030, 1037, 1041, 1114, 1135, 1194, 1712}) {
        raise(number);
        // A rollback, say, may succeed all the same.
        session.connection->query("select 1");
        const return_state found = session.inspect(reset_mode::full);
        CHECK(found.why.kind == failure_kind::server_error);
        CHECK_THAT(found.why.message,
                   ContainsSubstring(std::to_string(number)) && ContainsSubstring("as asked"));
        CHECK(session.driver.is_alive(*session.connection));
    }
    for (const int number : {1062, 1064, 1205, 1213, 1644}) {
        raise(number);
        const return_state found = session.inspect(reset_mode::full);
        CHECK_FALSE(found.why);
        CHECK(found.served);
    }
    check_what_serves(session);
}

TEST_CASE("a connection killed under a statement is lost and says so") {
    if (!have_mysql()) return;
    mysql_server& server = shared_server();
    live_session session(server);
    server.sql("kill " + id_of(session));
    try {
        session.connection->query("select 1");
        FAIL("no error");
    } catch (const mysql_error& problem) {
        CHECK(problem.code() == errc::connection_lost);
        CHECK((problem.number() == 2006 || problem.number() == 2013 || problem.number() == 1927));
        CHECK(problem.outcome_unknown());
    }
    CHECK_FALSE(session.driver.is_alive(*session.connection));
    CHECK(session.inspect(reset_mode::full).why.kind == failure_kind::connection_lost);
    CHECK(session.ping().kind == failure_kind::connection_lost);
}

TEST_CASE("closing a connection ends its session on the server") {
    if (!have_mysql()) return;
    mysql_server& server = shared_server();
    live_session session(server);
    const std::string id = id_of(session);
    session.connection.reset();
    eventually("the session is gone", [&] {
        return server.sql("select count(*) from information_schema.processlist where id = " + id) == "0";
    });
}

TEST_CASE("a pool hands out no session that another lease has changed") {
    if (!have_mysql()) return;
    pool<mysql> connections(conninfo(shared_server(), "pool_max_conns=1"));
    std::string changed;
    {
        auto lease = connections.acquire();
        changed = lease->query("select connection_id()").get<std::string>(0, std::size_t{0});
        lease->query("set @secret = 'canary'");
    }
    {
        auto lease = connections.acquire();
        const auto seen = lease->query("select connection_id(), @secret");
        CHECK(seen.get<std::string>(0, std::size_t{0}) != changed);
        CHECK(seen.is_null(0, 1));
        changed = seen.get<std::string>(0, std::size_t{0});
    }
    auto lease = connections.acquire();
    CHECK(lease->query("select connection_id()").get<std::string>(0, std::size_t{0}) == changed);
}

}  // namespace
}  // namespace podpool::test
