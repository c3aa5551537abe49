// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/catch.hpp"
#include "support/postgres_server.hpp"

#include <podpool/endpoint_info.hpp>
#include <podpool/options.hpp>
#include <podpool/postgres.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace podpool::test {

/// Whether this machine has PostgreSQL; says why not, once per test.
bool have_postgres();

/// One primary that the tests of this program share; started at first use.
postgres_server& shared_server();

/// A connection string for a server, with further keywords.
std::string conninfo(const postgres_server& server, const std::string& more = {});

/// What a driver is told to open. `host`: the name that was resolved to it.
endpoint_info target(const postgres_server& server, const std::string& host = {});

/// Polls until the condition holds. Throws std::runtime_error after 30 s.
template <class Condition>
void eventually(const std::string& what, Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) throw std::runtime_error("never happened: " + what);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

/// A driver, the context it runs on and at most one connection: what most tests need.
class live_session {
public:
    explicit live_session(const std::string& connection_string) : driver(options::parse(connection_string)) {}
    /// Opens a connection to a server; fails the test if it can't.
    explicit live_session(const postgres_server& server, const std::string& more = {})
        : live_session(conninfo(server, more)) {
        auto opened = open(server);
        INFO(opened.why.message);
        REQUIRE(opened.connection != nullptr);
        connection = std::move(opened.connection);
    }
    ~live_session() {
        connection.reset();
        // What the end of the connection has posted must run while its context is there.
        context.restart();
        context.run();
    }
    live_session(const live_session&) = delete;
    live_session& operator=(const live_session&) = delete;

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

    open_result<postgres_connection> open(const postgres_server& server, const std::string& host = {}) {
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
    postgres driver;
    std::unique_ptr<postgres_connection> connection;
};

}  // namespace podpool::test
