// SPDX-License-Identifier: BSL-1.0
#include "live.hpp"

#include <string>
#include <utility>
#include <vector>

namespace podpool::test {
namespace {

// Everything that a session can leave behind, and what a new session says about it.
const std::vector<std::pair<std::string, std::string>>& traces() {
    static const std::vector<std::pair<std::string, std::string>> all{
        {"show search_path", "\"$user\", public"},
        {"select current_user", "app"},
        {"select count(*) from pg_class where relname = 'left_behind'", "0"},
        {"select count(*) from pg_prepared_statements", "0"},
        {"select count(*) from pg_listening_channels()", "0"},
        {"select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()", "0"},
        {"show statement_timeout", "0"},
        {"select coalesce(current_setting('app.tenant', true), '')", ""},
        {"select count(*) from pg_cursors", "0"},
        {"show default_transaction_read_only", "off"},
        {"show client_encoding", "UTF8"},
    };
    return all;
}

void leave_traces(live_session& session) {
    shared_server().sql(
        "do $$ begin if not exists (select from pg_roles where rolname = 'other') then create role "
        "other; grant other to app; end if; end $$");
    for (const char* sql :
         {"set search_path = evil, public", "create temp table left_behind (i int)", "prepare p as select 42",
          "listen ch", "select pg_advisory_lock(77)", "set statement_timeout = 12345",
          "select set_config('app.tenant', 'alice', false)", "declare c cursor with hold for select 1",
          "set default_transaction_read_only = on", "set client_encoding = 'LATIN1'", "set role other"}) {
        session.connection->query(sql);
    }
}

TEST_CASE("a full reset leaves nothing of a lease behind") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    leave_traces(session);
    const return_state state = session.inspect(reset_mode::full);
    CHECK_FALSE(state.why);
    CHECK(state.needs_reset);
    const failure problem = session.reset(reset_mode::full);
    INFO(problem.message);
    CHECK_FALSE(problem);
    for (const auto& [question, answer] : traces()) {
        CAPTURE(question);
        CHECK(session.cell(question) == answer);
    }
}

TEST_CASE("#11 a connection returned in a transaction is rolled back and then discarded") {
    if (!have_postgres()) return;
    for (const char* sql : {"select 1", "select 1/0"}) {
        live_session session(shared_server());
        session.connection->query("create temp table kept (i int)");
        session.connection->query("begin; insert into kept values (1)");
        // The second round is about a transaction that has failed.
        const bool failing = std::string(sql) == "select 1/0";
        if (failing) {
            CHECK_THROWS_AS(session.connection->query(sql), postgres_error);
        } else {
            session.connection->query(sql);
        }
        CHECK(session.inspect(reset_mode::rollback).needs_reset);
        CHECK_FALSE(session.inspect(reset_mode::rollback).why);
        CHECK_FALSE(session.reset(reset_mode::rollback));
        CHECK(session.cell("select count(*) from kept") == "0");
        CHECK_FALSE(session.inspect(reset_mode::rollback).needs_reset);

        session.connection->query("begin");
        CHECK_FALSE(session.reset(reset_mode::full));
        CHECK(session.cell("select count(*) from pg_class where relname = 'kept'") == "0");
    }
}

TEST_CASE("the rollback mode needs no round trip outside a transaction and keeps the session's state") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    session.connection->query("set statement_timeout = 12345");
    CHECK_FALSE(session.inspect(reset_mode::rollback).needs_reset);
    CHECK_FALSE(session.reset(reset_mode::rollback));
    CHECK(session.cell("show statement_timeout") == "12345ms");
}

TEST_CASE("a lease that didn't touch the connection needs no reset") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    CHECK_FALSE(session.inspect(reset_mode::full).needs_reset);
    session.connection->query("select 1");
    CHECK(session.inspect(reset_mode::full).needs_reset);
    CHECK_FALSE(session.reset(reset_mode::full));
    CHECK_FALSE(session.inspect(reset_mode::full).needs_reset);
    CHECK_FALSE(session.ping());
    CHECK_FALSE(session.inspect(reset_mode::full).needs_reset);
    static_cast<void>(session.connection->native_handle());
    CHECK(session.inspect(reset_mode::full).needs_reset);
    CHECK_FALSE(session.inspect(reset_mode::none).needs_reset);
}

TEST_CASE("#12 a reset on a connection that has ended is a failure with its reason") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    const std::string pid = session.cell("select pg_backend_pid()");
    shared_server().sql("select pg_terminate_backend(" + pid + ")");
    const failure problem = session.reset(reset_mode::full);
    CHECK(problem.kind == failure_kind::session_terminated);
    CHECK(problem.message.find("57P01") != std::string::npos);
}

TEST_CASE("a ping on a connection that has ended is a failure, on a good one it is none") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    CHECK_FALSE(session.ping());
    const std::string pid = session.cell("select pg_backend_pid()");
    shared_server().sql("select pg_terminate_backend(" + pid + ")");
    CHECK(session.ping().kind == failure_kind::session_terminated);
}

}  // namespace
}  // namespace podpool::test
