// SPDX-License-Identifier: BSL-1.0
#include "live.hpp"
#include "support/inherited_descriptors.hpp"

#include <podpool/errc.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <thread>

namespace podpool::test {
namespace {

namespace asio = boost::asio;

/// A query that is cancelled once the server runs it.
struct cancelled_query {
    std::exception_ptr failed;
    bool done = false;

    void run(live_session& session, asio::cancellation_type type, const std::string& sql) {
        asio::cancellation_signal signal;
        session.connection->async_query(
            sql, asio::bind_cancellation_slot(signal.slot(),
                                              [this](std::exception_ptr problem, const postgres_result&) {
                                                  failed = std::move(problem);
                                                  done = true;
                                              }));
        const std::string marked =
            "select count(*) from pg_stat_activity where state = 'active' and query = '" + sql + "'";
        eventually("the server runs the query", [&] { return shared_server().sql(marked) == "1"; });
        signal.emit(type);
        session.context.restart();
        session.context.run();
    }
};

std::size_t open_descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST_CASE("a program that is started during a cancellation inherits no descriptor of it") {
    if (!have_postgres()) return;
    const auto before = inheritable_descriptors(getpid());
    live_session session(shared_server());
    asio::cancellation_signal signal;
    bool done = false;
    session.connection->async_query(
        "select pg_sleep(602)",
        asio::bind_cancellation_slot(
            signal.slot(), [&](const std::exception_ptr&, const postgres_result&) { done = true; }));
    eventually("the server runs the query", [&] {
        return shared_server().sql(
                   "select count(*) from pg_stat_activity where state = 'active' and query = "
                   "'select pg_sleep(602)'") == "1";
    });
    // Its requests to cancel are accepted, and stay.
    shared_server().pause();
    const std::size_t without = open_descriptors();
    signal.emit(asio::cancellation_type::terminal);
    session.context.restart();
    eventually("the request's socket is there", [&] {
        session.context.poll();
        session.context.restart();
        return open_descriptors() > without;
    });
    const auto inherited = further_inheritable_descriptors(getpid(), before);
    shared_server().resume();
    for (const auto& [number, what] : inherited)
        FAIL_CHECK("descriptor " << number << " is inherited: " << what);
    session.context.run();
    CHECK(done);
}

TEST_CASE("each type of cancellation stops the query on the server, and the connection stays usable") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    int number = 0;
    for (const auto type : {asio::cancellation_type::terminal, asio::cancellation_type::partial,
                            asio::cancellation_type::total}) {
        cancelled_query query;
        query.run(session, type, "select pg_sleep(600 + " + std::to_string(++number) + ")");
        REQUIRE(query.done);
        try {
            std::rethrow_exception(query.failed);
        } catch (const postgres_error& problem) {
            CHECK(problem.code() == asio::error::operation_aborted);
            CHECK(problem.sqlstate() == "57014");
        }
        CHECK_FALSE(session.inspect(reset_mode::none).why);
        CHECK(session.cell("select 'usable'") == "usable");
    }
}

TEST_CASE("the next query is never hit by the cancellation of the one before") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    const auto work = [&]() -> asio::awaitable<void> {
        using asio::experimental::awaitable_operators::operator||;
        for (int turn = 0; turn < 100; ++turn) {
            asio::steady_timer soon(session.context, std::chrono::microseconds(500));
            // Sometimes the query wins, sometimes the cancellation, sometimes both are on their way.
            co_await (session.connection->async_query("select pg_sleep(0.0005)", asio::use_awaitable) ||
                      soon.async_wait(asio::use_awaitable));
            co_await session.connection->async_query("select pg_sleep(0.003)");
        }
    };
    session.run(work());
    CHECK_FALSE(session.inspect(reset_mode::none).why);
}

TEST_CASE("a query is cancelled over a Unix socket too") {
    if (!have_postgres()) return;
    live_session session("host=" + shared_server().socket_directory() +
                         " port=" + std::to_string(shared_server().port()) +
                         " user=app dbname=shop password=" + postgres_cluster::password());
    const endpoint_info where(endpoint(shared_server().socket_directory(), shared_server().port()));
    auto opened = session.run(session.driver.open(where));
    INFO(opened.why.message);
    REQUIRE(opened.connection);
    session.connection = std::move(opened.connection);
    cancelled_query query;
    query.run(session, asio::cancellation_type::total, "select pg_sleep(700)");
    CHECK(query.done);
    CHECK(session.cell("select 'usable'") == "usable");
}

TEST_CASE("a cancelled query on a server that doesn't react ends, and its connection is lost") {
    if (!have_postgres()) return;
    postgres_cluster cluster;
    postgres_server& server = cluster.add_primary();
    live_session session(server);
    asio::cancellation_signal signal;
    std::exception_ptr failed;
    session.connection->async_query(
        "select pg_sleep(600)",
        asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr problem, const postgres_result&) {
            failed = std::move(problem);
        }));
    eventually("the server runs the query", [&] {
        return server.sql(
                   "select count(*) from pg_stat_activity where query like '%sleep(600%' and state = "
                   "'active' and pid <> pg_backend_pid()") == "1";
    });
    server.pause();
    signal.emit(asio::cancellation_type::terminal);
    session.context.restart();
    session.context.run();
    server.resume();
    REQUIRE(failed);
    try {
        std::rethrow_exception(failed);
    } catch (const postgres_error& problem) {
        CHECK(problem.code() == asio::error::operation_aborted);
        CHECK(problem.outcome_unknown());
    }
    CHECK(session.inspect(reset_mode::full).why.kind == failure_kind::connection_lost);
    CHECK_FALSE(session.driver.is_alive(*session.connection));
}

TEST_CASE("the driver's cancel ends a query at once and gives the connection up") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    auto answer = session.connection->async_query("select pg_sleep(600)", asio::use_future);
    session.driver.cancel(*session.connection);
    session.context.restart();
    session.context.run();
    try {
        answer.get();
        FAIL("no error");
    } catch (const postgres_error& problem) {
        CHECK(problem.code() == asio::error::operation_aborted);
    }
    CHECK(session.inspect(reset_mode::full).why.kind == failure_kind::connection_lost);
    live_session idle(shared_server());
    idle.driver.cancel(*idle.connection);
    CHECK(idle.cell("select 'untouched'") == "untouched");
}

TEST_CASE("a reset or a ping that is cancelled ends at once") {
    if (!have_postgres()) return;
    postgres_cluster cluster;
    postgres_server& server = cluster.add_primary();
    for (const bool pinging : {true, false}) {
        live_session session(server);
        server.pause();
        asio::cancellation_signal signal;
        std::optional<bool> aborted;
        asio::co_spawn(session.context,
                       pinging ? session.driver.ping(*session.connection)
                               : session.driver.reset(*session.connection, reset_mode::full),
                       asio::bind_cancellation_slot(
                           signal.slot(), [&](const std::exception_ptr& failed, const failure& why) {
                               aborted = failed != nullptr || static_cast<bool>(why);
                           }));
        session.context.restart();
        asio::post(session.context, [&] { signal.emit(asio::cancellation_type::terminal); });
        session.context.run();
        server.resume();
        CHECK(aborted == true);
        CHECK(session.inspect(reset_mode::full).why.kind == failure_kind::connection_lost);
    }
}

}  // namespace
}  // namespace podpool::test
