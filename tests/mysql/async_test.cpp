// SPDX-License-Identifier: BSL-1.0
#include "blocked_thread.hpp"
#include "live.hpp"
#include "support/rewriting_relay.hpp"

#include <podpool/errc.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>

namespace podpool::test {
namespace {

namespace asio = boost::asio;
constexpr std::size_t only_column = 0;

std::string running(const std::string& text) {
    return "select count(*) from information_schema.processlist where info like '" + text +
           "%' and id <> connection_id()";
}

/// Whether something lies in a server's sockets that it hasn't read yet.
bool has_unread(const mysql_server& server) {
    // As the kernel writes it: the bytes of the address as one number of this machine's.
    const auto address = asio::ip::make_address_v4(server.address()).to_bytes();
    std::uint32_t number = 0;
    std::memcpy(&number, address.data(), sizeof number);
    std::array<char, 32> local{};
    std::snprintf(local.data(), local.size(), "%08X:%04X", number, unsigned{server.port()});
    std::ifstream table("/proc/net/tcp");
    for (std::string line; std::getline(table, line);) {
        std::istringstream fields(line);
        std::string row, here, there, state, queues;
        fields >> row >> here >> there >> state >> queues;
        constexpr std::string_view connected = "01";
        if (here == local.data() && state == connected && !queues.ends_with(":00000000")) return true;
    }
    return false;
}

boost::system::error_code code_of(const std::exception_ptr& failed) {
    if (!failed) return {};
    try {
        std::rethrow_exception(failed);
    } catch (const mysql_error& problem) {
        return problem.code();
    }
}

TEST_CASE("a coroutine awaits queries, parameters and errors") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    session.run([](mysql_connection& connection) -> asio::awaitable<void> {
        const auto plain = co_await connection.async_query("select 1");
        CHECK(plain.get<int>(0, only_column) == 1);
        const auto bound = co_await connection.async_query("select ? + ?", 2, 3);
        CHECK(bound.get<int>(0, only_column) == 5);
        const auto [failed, none] =
            co_await connection.async_query("select nonsense", asio::as_tuple(asio::use_awaitable));
        CHECK(code_of(failed) == make_mysql_code(1054));
        CHECK(none.columns() == 0);
    }(*session.connection));
}

TEST_CASE("futures and handlers with an executor of their own are served") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    auto future = session.connection->async_query("select 'f'", asio::use_future);
    session.context.restart();
    session.context.run();
    CHECK(future.get().get<std::string>(0, only_column) == "f");

    asio::io_context other;
    std::thread::id ran_on;
    session.connection->async_query(
        "select 1", asio::bind_executor(other, [&](const std::exception_ptr& failed, const mysql_result&) {
            CHECK(failed == nullptr);
            ran_on = std::this_thread::get_id();
        }));
    // Returns only when the handler has run: the operation keeps this context at work.
    other.run();
    CHECK(ran_on == std::this_thread::get_id());
}

TEST_CASE("a second operation on a busy connection is refused, and the first goes on") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    auto running_one = session.connection->async_query("select sleep(0.2)", asio::use_future);
    auto second = session.connection->async_query("select 2", asio::use_future);
    CHECK_THROWS_AS(session.connection->query("select 3"), mysql_error);
    session.context.restart();
    session.context.run();
    CHECK(running_one.get().get<int>(0, only_column) == 0);
    CHECK_THROWS_AS(second.get(), mysql_error);
    CHECK(session.cell("select 4") == "4");
}

TEST_CASE("cancelling frees the caller at once, and the call that hung ends too") {
    if (!have_mysql()) return;
    mysql_server& server = shared_server();
    live_session session(server);
    asio::cancellation_signal signal;
    std::exception_ptr failed;
    int calls = 0;
    session.connection->async_query(
        "select sleep(3600), 'cancel me'",
        asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr problem, const mysql_result&) {
            failed = std::move(problem);
            ++calls;
        }));
    eventually("the query runs", [&] { return server.sql(running("select sleep(3600)")) == "1"; });
    signal.emit(asio::cancellation_type::terminal);
    CHECK(calls == 0);
    session.context.restart();
    session.context.run();
    CHECK(calls == 1);
    CHECK(code_of(failed) == asio::error::operation_aborted);
    CHECK_FALSE(session.driver.is_alive(*session.connection));
    CHECK(session.inspect(reset_mode::full).why.kind == failure_kind::connection_lost);
    // The worker is free again soon after: the destructors of session and driver wait for it.
}

TEST_CASE("a server that hangs is given up: the worker comes back though the server never answers") {
    if (!have_mysql()) return;
    mysql_cluster cluster;
    mysql_server& server = cluster.add_primary();
    {
        live_session session(server);
        asio::cancellation_signal signal;
        std::exception_ptr failed;
        server.pause();
        session.connection->async_query(
            "select 1",
            asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr problem, const mysql_result&) {
                failed = std::move(problem);
            }));
        // Else it may be given up before it begins, which hangs nobody.
        eventually("the query is on its way", [&] { return has_unread(server); });
        signal.emit(asio::cancellation_type::total);
        session.context.restart();
        session.context.run();
        CHECK(code_of(failed) == asio::error::operation_aborted);
        // The destructors wait for the thread, which is in nobody's deadline.
    }
    server.resume();
}

TEST_CASE("a statement is given up too where the server sees another client than ours") {
    if (!have_mysql()) return;
    if (!detail::can_see_blocked_threads()) {
        WARN("not run: this system doesn't tell what a thread is blocked in (docs/mysql.md)");
        return;
    }
    mysql_server& server = shared_server();
    const rewriting_relay relay(server.address(), server.port(), {}, {});
    live_session session(conninfo(server));
    auto opened =
        session.run(session.driver.open(endpoint_info(endpoint(rewriting_relay::address(), relay.port()))));
    INFO(opened.why.message);
    REQUIRE(opened.connection);
    session.connection = std::move(opened.connection);
    // Its socket isn't known, so that only a round trip can tell.
    CHECK(session.driver.is_alive(*session.connection));
    CHECK_FALSE(session.ping());
    auto running_one = session.connection->async_query("select sleep(3600), 'far away'", asio::use_future);
    eventually("the query runs", [&] { return server.sql(running("select sleep(3600), \\'far")) == "1"; });
    session.driver.cancel(*session.connection);
    session.context.restart();
    session.context.run();
    try {
        running_one.get();
        FAIL("no error");
    } catch (const mysql_error& problem) {
        CHECK(problem.code() == asio::error::operation_aborted);
    }
    // The destructors wait for the thread, which is in nobody's deadline.
}

TEST_CASE("closing a connection ends what runs on it with operation_aborted") {
    if (!have_mysql()) return;
    mysql_server& server = shared_server();
    live_session session(server);
    auto running_one = session.connection->async_query("select sleep(3600), 'close me'", asio::use_future);
    eventually("the query runs", [&] { return server.sql(running("select sleep(3600), \\'close")) == "1"; });
    session.connection.reset();
    session.context.restart();
    session.context.run();
    try {
        running_one.get();
        FAIL("no error");
    } catch (const mysql_error& problem) {
        CHECK(problem.code() == asio::error::operation_aborted);
    }
}

TEST_CASE("a caller who blocks is interrupted by the driver's cancel") {
    if (!have_mysql()) return;
    mysql_server& server = shared_server();
    live_session session(server);
    boost::system::error_code seen;
    std::thread caller([&] {
        try {
            session.connection->query("select sleep(3600), 'block me'");
        } catch (const mysql_error& problem) {
            seen = problem.code();
        }
    });
    eventually("the query runs", [&] { return server.sql(running("select sleep(3600), \\'block")) == "1"; });
    session.driver.cancel(*session.connection);
    caller.join();
    CHECK(seen == errc::connection_lost);
}

}  // namespace
}  // namespace podpool::test
