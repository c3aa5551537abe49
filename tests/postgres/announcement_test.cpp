// SPDX-License-Identifier: BSL-1.0
// What a server, or a user's function on it, says with the SQLSTATE of an end: only an end that follows
// counts.
#include "live.hpp"

#include <podpool/errc.hpp>

#include <libpq-fe.h>

#include <csignal>
#include <exception>
#include <string>

namespace podpool::test {
namespace {

bool goes_on(live_session& session) { return session.driver.is_alive(*session.connection); }

/// A statement in which a function says something with a SQLSTATE.
std::string raise(const std::string& level, const std::string& sqlstate, const std::string& then = {}) {
    return "do $$ begin raise " + level + " 'from a function' using errcode = '" + sqlstate + "'; " + then +
           " end $$";
}

/// Runs a statement as a coroutine would; returns what it threw.
std::exception_ptr run_async(live_session& session, const std::string& sql) {
    std::exception_ptr failed;
    session.connection->async_query(
        sql, [&](std::exception_ptr problem, const postgres_result&) { failed = std::move(problem); });
    session.context.restart();
    session.context.run();
    return failed;
}

/// The connection goes on as if nothing had been said.
void check_good(live_session& session) {
    CHECK(goes_on(session));
    CHECK(session.cell("select 'good'") == "good");
    const return_state state = session.inspect(reset_mode::full);
    CHECK(state.why.kind == failure_kind::none);
    CHECK(state.why.message.empty());
    CHECK_FALSE(state.role_doubtful);
    CHECK_FALSE(session.reset(reset_mode::full));
    CHECK(goes_on(session));
}

/// Ends the session's process without a word from it; its server restarts then.
void kill_backend(const std::string& pid) { REQUIRE(kill(std::stoi(pid), SIGKILL) == 0); }

void start_sleeping(live_session& session, postgres_server& server, const std::string& sql,
                    std::exception_ptr& failed) {
    session.connection->async_query(
        sql, [&failed](std::exception_ptr problem, const postgres_result&) { failed = std::move(problem); });
    eventually("the statement runs", [&] {
        session.context.restart();
        session.context.poll();
        return server.sql("select count(*) from pg_stat_activity where wait_event = 'PgSleep'") == "1";
    });
}

TEST_CASE("a notice with the SQLSTATE of an end, from a session that goes on, is no end") {
    if (!have_postgres()) return;
    live_session session(shared_server(), "target_session_attrs=read-write");
    for (const std::string level : {"notice", "warning"}) {
        for (const std::string sqlstate : {"57P01", "57P02", "57P03", "57P04", "08006", "25006"}) {
            CAPTURE(level, sqlstate);
            session.connection->query(raise(level, sqlstate));
            check_good(session);
            CHECK(run_async(session, raise(level, sqlstate)) == nullptr);
            check_good(session);
            PQclear(PQexec(session.connection->native_handle(), raise(level, sqlstate).c_str()));
            check_good(session);
        }
    }
}

TEST_CASE("an error with the SQLSTATE of an end, from a session that goes on, is no end") {
    if (!have_postgres()) return;
    live_session session(shared_server(), "target_session_attrs=read-write");
    for (const std::string sqlstate : {"57P01", "57P02", "57P03", "57P04", "57P05", "08006", "08P01", "53300",
                                       "28P01", "3D000", "25006"}) {
        CAPTURE(sqlstate);
        for (const bool blocking : {true, false}) {
            try {
                if (blocking) session.connection->query(raise("exception", sqlstate));
                if (!blocking) std::rethrow_exception(run_async(session, raise("exception", sqlstate)));
                FAIL("no error");
            } catch (const postgres_error& problem) {
                CHECK(problem.sqlstate() == sqlstate);
                CHECK(problem.code() != make_error_code(errc::connection_lost));
                CHECK_FALSE(problem.outcome_unknown());
            }
            check_good(session);
        }
    }
}

TEST_CASE("what a function said in an earlier statement isn't the reason of a later end") {
    if (!have_postgres()) return;
    postgres_cluster cluster;
    postgres_server& server = cluster.add_primary();
    live_session session(server);
    const std::string pid = session.cell("select pg_backend_pid()");
    SECTION("in a blocking statement") { session.connection->query(raise("warning", "57P01")); }
    SECTION("in an asynchronous one") { CHECK(run_async(session, raise("warning", "57P02")) == nullptr); }
    SECTION("on the native handle") {
        PQclear(PQexec(session.connection->native_handle(), raise("warning", "57P01").c_str()));
        CHECK_FALSE(session.inspect(reset_mode::none).why);
    }
    kill_backend(pid);
    eventually("the end is noticed", [&] { return !goes_on(session); });
    const failure why = session.inspect(reset_mode::full).why;
    CHECK(why.kind == failure_kind::connection_lost);
    CHECK(why.message.find("57P0") == std::string::npos);
}

TEST_CASE("a session that ends in the statement that announced it has ended for that reason") {
    if (!have_postgres()) return;
    postgres_cluster cluster;
    postgres_server& server = cluster.add_primary();
    live_session session(server);
    const std::string pid = session.cell("select pg_backend_pid()");
    std::exception_ptr failed;
    start_sleeping(session, server, raise("warning", "57P02", "perform pg_sleep(600);"), failed);
    kill_backend(pid);
    session.context.restart();
    session.context.run();
    CHECK(failed != nullptr);
    const failure why = session.inspect(reset_mode::full).why;
    CHECK(why.kind == failure_kind::endpoint_down);
    CHECK(why.message.find("57P02") != std::string::npos);
}

TEST_CASE("an immediate shutdown, which is announced by a warning, is the end of a busy session") {
    if (!have_postgres()) return;
    postgres_cluster cluster;
    postgres_server& server = cluster.add_primary();
    live_session session(server);
    std::exception_ptr failed;
    start_sleeping(session, server, "select pg_sleep(600)", failed);
    server.stop(stop_mode::immediate);
    session.context.restart();
    session.context.run();
    CHECK(failed != nullptr);
    const failure why = session.inspect(reset_mode::full).why;
    CHECK(why.kind == failure_kind::session_terminated);
    CHECK(why.message.find("57P0") != std::string::npos);
}

}  // namespace
}  // namespace podpool::test
