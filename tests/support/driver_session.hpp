// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "catch.hpp"
#include "wait_for.hpp"

#include <podpool/driver.hpp>
#include <podpool/options.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace podpool::test {

/// Polls until the condition holds. Throws std::runtime_error when it never does.
template <class Condition>
void eventually(const std::string& what, Condition condition) {
    if (!wait_for(condition)) throw std::runtime_error("never happened: " + what);
}

/// A driver, the context it runs on and at most one connection: what most tests of a driver need.
///
/// Beside `Server` there are two functions: `conninfo(server, more)` gives a connection string with further
/// keywords, `target(server, host)` what a driver is told to open.
template <class Driver, class Server>
class driver_session {
public:
    explicit driver_session(const std::string& connection_string)
        : driver(options::parse(connection_string)) {}
    /// Opens a connection to a server; fails the test if it can't.
    explicit driver_session(const Server& server, const std::string& more = {})
        : driver_session(conninfo(server, more)) {
        auto opened = open(server);
        INFO(opened.why.message);
        REQUIRE(opened.connection != nullptr);
        connection = std::move(opened.connection);
    }
    ~driver_session() {
        connection.reset();
        // What the end of the connection has posted must run while its context is there.
        context.restart();
        context.run();
    }
    driver_session(const driver_session&) = delete;
    driver_session& operator=(const driver_session&) = delete;

    template <class T>
    T run(boost::asio::awaitable<T> work) {
        std::optional<T> answer;
        auto done = boost::asio::co_spawn(context, store(std::move(work), answer), boost::asio::use_future);
        context.restart();
        context.run();
        done.get();
        return std::move(*answer);
    }
    void run(boost::asio::awaitable<void> work) {
        auto done = boost::asio::co_spawn(context, std::move(work), boost::asio::use_future);
        context.restart();
        context.run();
        done.get();
    }
    /// For co_spawn, which wants a type that can be made from nothing.
    template <class T>
    static boost::asio::awaitable<void> store(boost::asio::awaitable<T> work, std::optional<T>& answer) {
        answer.emplace(co_await std::move(work));
    }

    open_result<typename Driver::connection> open(const Server& server, const std::string& host = {}) {
        return run(driver.open(target(server, host)));
    }
    failure reset(reset_mode mode) { return run(driver.reset(*connection, mode)); }
    failure ping() { return run(driver.ping(*connection)); }
    return_state inspect(reset_mode mode) { return driver.inspect(*connection, mode); }
    /// The first cell of a statement's result, as text.
    template <class... Parameters>
    std::string cell(const std::string& sql, const Parameters&... parameters) {
        return connection->query(sql, parameters...).template get<std::string>(0, std::size_t{0});
    }

    boost::asio::io_context context;
    Driver driver;
    std::unique_ptr<typename Driver::connection> connection;
};

/// That a user's statements say whether the server serves, and what the pool asks by itself doesn't.
template <class Session>
void check_what_serves(Session& session) {
    CHECK_FALSE(session.ping());
    CHECK_FALSE(session.inspect(reset_mode::full).served);
    session.connection->query("select 1");
    CHECK(session.inspect(reset_mode::full).served);
}

}  // namespace podpool::test
