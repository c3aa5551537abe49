// SPDX-License-Identifier: BSL-1.0
#include "live.hpp"

#include <podpool/errc.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <future>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace podpool::test {
namespace {

namespace asio = boost::asio;
constexpr std::size_t only_column = 0;

int number(const postgres_result& result) { return result.get<int>(0, only_column); }

asio::awaitable<void> await_in_every_way(postgres_connection& connection) {
    const auto plain = co_await connection.async_query("select 1");
    CHECK(number(plain) == 1);
    const auto bound = co_await connection.async_query("select $1 + $2", 20, 22);
    CHECK(number(bound) == 42);
    const auto awaited = co_await connection.async_query("select $1", 3, asio::use_awaitable);
    CHECK(number(awaited) == 3);
}

asio::awaitable<void> await_errors(postgres_connection& connection) {
    auto [failed, empty] = co_await connection.async_query("select 1/0", asio::as_tuple(asio::deferred));
    CHECK(failed != nullptr);
    CHECK(empty.rows() == 0);
    try {
        co_await connection.async_query("select nothing");
        FAIL("no error");
    } catch (const postgres_error& problem) {
        CHECK(problem.sqlstate() == "42703");
    }
    const auto after = co_await connection.async_query("select 5");
    CHECK(number(after) == 5);
}

TEST_CASE("async_query works with co_await and no token, use_awaitable and as_tuple") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    session.run(await_in_every_way(*session.connection));
    session.run(await_errors(*session.connection));
}

TEST_CASE("async_query works with a callback, which is never called inside the initiating function") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    int answers = 0;
    bool initiating = true;
    session.connection->async_query("select $1", 7,
                                    [&](const std::exception_ptr& failed, const postgres_result& result) {
                                        CHECK_FALSE(initiating);
                                        CHECK(failed == nullptr);
                                        CHECK(number(result) == 7);
                                        ++answers;
                                    });
    // The second one fails at once, since the first still runs: that too comes later.
    session.connection->async_query("select 8",
                                    [&](const std::exception_ptr& failed, const postgres_result&) {
                                        CHECK_FALSE(initiating);
                                        CHECK_THROWS_AS(std::rethrow_exception(failed), postgres_error);
                                        ++answers;
                                    });
    initiating = false;
    session.context.restart();
    session.context.run();
    CHECK(answers == 2);
}

TEST_CASE("async_query works with use_future while another thread runs the context") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    auto work = asio::make_work_guard(session.context);
    session.context.restart();
    std::thread runner([&] { session.context.run(); });
    std::future<postgres_result> good = session.connection->async_query("select 9", asio::use_future);
    CHECK(number(good.get()) == 9);
    std::future<postgres_result> bad = session.connection->async_query("select 1/0", asio::use_future);
    CHECK_THROWS_AS(bad.get(), postgres_error);
    CHECK(session.cell("select 'blocking between'") == "blocking between");
    std::future<postgres_result> again = session.connection->async_query("select 10", asio::use_future);
    CHECK(number(again.get()) == 10);
    work.reset();
    runner.join();
}

TEST_CASE("parameters are copied before async_query returns") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    std::string sql = "select $1 || $2";
    std::string left = "a long enough left side to live on the heap ";
    std::vector<char> right{'x', '\0'};
    auto deferred = session.connection->async_query(sql, left, right.data(), asio::deferred);
    sql = "overwritten";
    left = "overwritten";
    right[0] = '?';
    auto answer = std::move(deferred)(asio::use_future);
    session.context.restart();
    session.context.run();
    CHECK(answer.get().get<std::string>(0, only_column) == "a long enough left side to live on the heap x");
}

TEST_CASE("large statements and large results pass in both directions at once") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    constexpr std::size_t part_size = std::size_t{128} * 1024;
    const std::string large(64 * part_size, 'x');
    // Rows come back while the statement is still being sent: whoever only writes waits for ever.
    std::string sql;
    for (int part = 0; part < 64; ++part) sql += "select '" + large.substr(0, part_size) + "';";
    const auto work = [&]() -> asio::awaitable<void> {
        const auto echoed = co_await session.connection->async_query("select $1", large);
        CHECK(echoed.get<std::string_view>(0, only_column) == large);
        const auto last = co_await session.connection->async_query(sql);
        CHECK(last.get<std::string_view>(0, only_column).size() == part_size);
    };
    session.run(work());
}

TEST_CASE("blocking and asynchronous queries take turns on one connection") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    for (int turn = 0; turn < 50; ++turn) {
        CHECK(session.cell("select $1", turn) == std::to_string(turn));
        auto answer = session.connection->async_query("select $1", turn, asio::use_future);
        session.context.restart();
        session.context.run();
        CHECK(number(answer.get()) == turn);
    }
}

TEST_CASE("a blocking query during an asynchronous one is refused and harms nothing") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    auto answer = session.connection->async_query("select 11", asio::use_future);
    CHECK_THROWS_AS(session.connection->query("select 12"), postgres_error);
    session.context.restart();
    session.context.run();
    CHECK(number(answer.get()) == 11);
    CHECK(session.cell("select 13") == "13");
}

TEST_CASE("a connection that ends during an asynchronous query gives errc::connection_lost") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    const auto pid = session.cell("select pg_backend_pid()");
    auto answer = session.connection->async_query("select pg_sleep(60)", asio::use_future);
    shared_server().sql("select pg_terminate_backend(" + pid + ")");
    session.context.restart();
    session.context.run();
    try {
        answer.get();
        FAIL("no error");
    } catch (const postgres_error& problem) {
        CHECK(problem.code() == errc::connection_lost);
        CHECK(problem.sqlstate() == "57P01");
    }
    CHECK(session.inspect(reset_mode::full).why.kind == failure_kind::session_terminated);
    auto later = session.connection->async_query("select 1", asio::use_future);
    session.context.restart();
    session.context.run();
    CHECK_THROWS_AS(later.get(), postgres_error);
}

TEST_CASE("closing a connection with a query in flight ends it with operation_aborted") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    auto answer = session.connection->async_query("select pg_sleep(60)", asio::use_future);
    session.connection.reset();
    session.context.restart();
    session.context.run();
    try {
        answer.get();
        FAIL("no error");
    } catch (const postgres_error& problem) {
        CHECK(problem.code() == asio::error::operation_aborted);
    }
}

}  // namespace
}  // namespace podpool::test
