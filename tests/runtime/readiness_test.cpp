// SPDX-License-Identifier: BSL-1.0
// wait_until_ready(): what a start-up or readiness probe calls.
#include "runtime/support.hpp"
#include "support/catch.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_future.hpp>

namespace asio = boost::asio;
using namespace podpool::test;
using namespace std::chrono_literals;
using podpool::errc;
using podpool::failure;
using podpool::failure_kind;

namespace {

podpool::options pool_with_minimum(std::size_t min_conns) {
    podpool::options settings = small_pool(8);
    settings.min_conns = min_conns;
    return settings;
}

/// What a call throws.
template <class Call>
acquire_failure failure_of(Call call) {
    try {
        call();
    } catch (const podpool::error& thrown) {
        return {thrown.code(), thrown.what()};
    }
    return {};
}

}  // namespace

TEST_CASE("a thread waits until the pool's minimum is open") {
    const fake_servers servers(3);
    fake_pool pool(pool_with_minimum(6), servers.driver());
    pool.wait_until_ready(patience);
    CHECK(pool.stats().open >= 6);
    pool.wait_until_ready(0ms);
}

TEST_CASE("a pool without a minimum opens one connection to become ready") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(4), servers.driver());
    CHECK(pool.stats().open == 0);
    pool.wait_until_ready();
    CHECK(pool.stats().open == 1);
    CHECK(pool.try_acquire());
}

TEST_CASE("a pool that doesn't become ready in time says why, as acquire does") {
    const fake_servers servers(1);
    servers.refuse(0, failure(failure_kind::endpoint_down, "10.0.0.1:5432: connection refused"));
    fake_pool pool(pool_with_minimum(2), servers.driver());
    REQUIRE(eventually([&] { return servers.seen(0).attempts > 0; }));
    const acquire_failure why = failure_of([&] { pool.wait_until_ready(50ms); });
    CHECK(why.code == errc::not_ready);
    CHECK(why.says("orders"));
    CHECK(why.says("0 of at most 8 connections open"));
    CHECK(why.says("connection refused"));
}

TEST_CASE("servers that refuse the login end the wait at once") {
    const fake_servers servers(2);
    for (const std::size_t index : {0U, 1U}) {
        servers.refuse(index, failure(failure_kind::rejected, "password authentication failed"));
    }
    fake_pool pool(pool_with_minimum(2), servers.driver());
    const acquire_failure why = failure_of([&] { pool.wait_until_ready(1h); });
    CHECK(why.code == errc::connection_rejected);
    CHECK(why.says("password authentication failed"));
}

TEST_CASE("a closed pool never becomes ready") {
    const fake_servers servers(1);
    servers.behave(0, manner::hang);
    fake_pool pool(pool_with_minimum(2), servers.driver());
    std::future<acquire_failure> waiting =
        std::async(std::launch::async, [&] { return failure_of([&] { pool.wait_until_ready(1h); }); });
    REQUIRE(eventually([&] { return servers.seen(0).attempts > 0; }));
    pool.close();
    CHECK(result_of(waiting).code == errc::pool_closed);
    CHECK(failure_of([&] { pool.wait_until_ready(1h); }).code == errc::pool_closed);
}

TEST_CASE("a completion token waits until the pool is ready, and gets the reason when it doesn't become so") {
    const fake_servers servers(1);
    io_threads threads;
    fake_pool pool(threads.executor(), pool_with_minimum(2), servers.driver());
    std::future<void> ready = pool.async_wait_until_ready(patience, asio::use_future);
    REQUIRE(ready.wait_for(patience) == std::future_status::ready);
    CHECK_NOTHROW(ready.get());
    pool.close();
    std::promise<boost::system::error_code> ended;
    pool.async_wait_until_ready([&](boost::system::error_code code) { ended.set_value(code); });
    std::future<boost::system::error_code> code = ended.get_future();
    CHECK(result_of(code) == errc::pool_closed);
}

TEST_CASE("a coroutine waits until the pool is ready, and catches an error that says why it isn't") {
    const fake_servers servers(1);
    servers.refuse(0, failure(failure_kind::endpoint_down, "10.0.0.1:5432: connection refused"));
    io_threads threads;
    fake_pool pool(threads.executor(), pool_with_minimum(2), servers.driver());
    const auto probe = [](fake_pool& of, std::chrono::nanoseconds limit) -> asio::awaitable<std::string> {
        try {
            co_await of.async_wait_until_ready(limit);
        } catch (const podpool::error& thrown) {
            co_return thrown.what();
        }
        co_return "ready";
    };
    std::future<std::string> refused =
        asio::co_spawn(threads.executor(), probe(pool, 200ms), asio::use_future);
    CHECK(result_of(refused).find("0 of at most 8 connections open") != std::string::npos);
    servers.behave(0, manner::accept);
    std::future<std::string> ready =
        asio::co_spawn(threads.executor(), probe(pool, patience), asio::use_future);
    CHECK(result_of(ready) == "ready");
    pool.close();
}

TEST_CASE("a cancelled wait for readiness ends with operation_aborted, and so does none that has ended") {
    const fake_servers servers(1);
    servers.behave(0, manner::hang);
    io_threads threads;
    fake_pool pool(threads.executor(), pool_with_minimum(2), servers.driver());
    asio::cancellation_signal signal;
    std::promise<boost::system::error_code> ended;
    pool.async_wait_until_ready(
        1h, asio::bind_cancellation_slot(signal.slot(),
                                         [&](boost::system::error_code code) { ended.set_value(code); }));
    signal.emit(asio::cancellation_type::total);
    std::future<boost::system::error_code> code = ended.get_future();
    CHECK(result_of(code) == asio::error::operation_aborted);
    signal.emit(asio::cancellation_type::total);
    pool.close();
}
