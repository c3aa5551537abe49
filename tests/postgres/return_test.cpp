// SPDX-License-Identifier: BSL-1.0
#include "live.hpp"

#include <libpq-fe.h>

#include <string>

namespace podpool::test {
namespace {

TEST_CASE("#11 a connection returned while a query runs is lost") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    session.connection->async_query("select pg_sleep(600)",
                                    [](const std::exception_ptr&, const postgres_result&) {});
    CHECK(session.inspect(reset_mode::full).why.kind == failure_kind::connection_lost);
}

TEST_CASE("#11 a connection returned with a native command or a COPY in progress is lost") {
    if (!have_postgres()) return;
    SECTION("a command") {
        live_session session(shared_server());
        REQUIRE(PQsendQuery(session.connection->native_handle(), "select 1") == 1);
        CHECK(session.inspect(reset_mode::full).why.kind == failure_kind::connection_lost);
    }
    SECTION("a COPY begun by a blocking query") {
        live_session session(shared_server());
        session.connection->query("create temp table c (i int)");
        session.connection->query("copy c from stdin");
        CHECK(session.inspect(reset_mode::full).why.kind == failure_kind::connection_lost);
    }
    SECTION("a COPY begun by an asynchronous query") {
        live_session session(shared_server());
        auto begun = session.connection->async_query("copy (select generate_series(1, 100)) to stdout",
                                                     boost::asio::use_future);
        session.context.restart();
        session.context.run();
        CHECK(begun.get().rows() == 0);
        CHECK(session.inspect(reset_mode::full).why.kind == failure_kind::connection_lost);
    }
    SECTION("a pipeline with commands in it") {
        live_session session(shared_server());
        PGconn* native = session.connection->native_handle();
        REQUIRE(PQenterPipelineMode(native) == 1);
        REQUIRE(PQsendQueryParams(native, "select 1", 0, nullptr, nullptr, nullptr, nullptr, 0) == 1);
        CHECK(session.inspect(reset_mode::full).why.kind == failure_kind::connection_lost);
    }
}

TEST_CASE("a COPY that is finished through the native handle leaves a good connection") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    session.connection->query("create temp table c (i int)");
    session.connection->query("copy c from stdin");
    PGconn* native = session.connection->native_handle();
    REQUIRE(PQputCopyData(native, "1\n2\n", 4) == 1);
    REQUIRE(PQputCopyEnd(native, nullptr) == 1);
    while (PGresult* result = PQgetResult(native)) PQclear(result);
    CHECK_FALSE(session.inspect(reset_mode::full).why);
    CHECK(session.cell("select sum(i) from c") == "3");
}

TEST_CASE("a pipeline that was left empty is switched off") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    REQUIRE(PQenterPipelineMode(session.connection->native_handle()) == 1);
    CHECK_THROWS_AS(session.connection->query("select 1"), postgres_error);
    CHECK_FALSE(session.inspect(reset_mode::full).why);
    CHECK(session.cell("select 'good'") == "good");
}

TEST_CASE("#11 without a reset a connection returned in a transaction is lost") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    session.connection->query("begin");
    const return_state state = session.inspect(reset_mode::none);
    CHECK(state.why.kind == failure_kind::connection_lost);
    CHECK(state.why.message.find("in a transaction") != std::string::npos);
}

TEST_CASE("what a user changed in libpq itself is put back when the lease ends") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    PGconn* native = session.connection->native_handle();
    PQsetnonblocking(native, 1);
    PQsetErrorVerbosity(native, PQERRORS_TERSE);
    int notices = 0;
    PQsetNoticeReceiver(native, [](void* count, const PGresult*) { ++*static_cast<int*>(count); }, &notices);
    CHECK_FALSE(session.inspect(reset_mode::full).why);
    CHECK(PQisnonblocking(native) == 0);
    CHECK(PQsetErrorVerbosity(native, PQERRORS_DEFAULT) == PQERRORS_DEFAULT);
    session.connection->query("do $$ begin raise notice 'hello'; end $$");
    CHECK(notices == 0);
}

}  // namespace
}  // namespace podpool::test
