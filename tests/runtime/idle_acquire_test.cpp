// SPDX-License-Identifier: BSL-1.0
// What asynchronous callers get when a connection is idle: coroutines at once, handlers as Asio has it.
#include "runtime/support.hpp"
#include "support/catch.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/version.hpp>

#if BOOST_VERSION >= 108200
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/bind_immediate_executor.hpp>
#include <boost/asio/system_executor.hpp>
#endif

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace asio = boost::asio;
using namespace podpool::test;
using namespace std::chrono_literals;
using boost::system::error_code;
using podpool::errc;
using podpool::role;

namespace {

/// A pool with one idle connection, and a context of the callers' that only the test runs.
struct idle_pool {
    idle_pool() {
        servers.world().with(servers.at(0), [](auto& server) { server.role = role::primary; });
        pool.emplace(small_pool(1), servers.driver());
        pool->acquire().release();
    }

    /// Runs a coroutine as far as it gets, and returns its result.
    template <class Value>
    Value run(asio::awaitable<Value> body) {
        auto result = asio::co_spawn(context, std::move(body), asio::use_future);
        context.run();
        return result.get();
    }

    fake_servers servers{1};
    asio::io_context context;
    std::optional<fake_pool> pool;
};

/// Acquires in each way that names no token; whether a handler that was ready before ran meanwhile.
asio::awaitable<bool> acquire_in_each_way(fake_pool& pool) {
    bool other_ran = false;
    asio::post(co_await asio::this_coro::executor, [&other_ran] { other_ran = true; });
    (co_await pool.async_acquire()).release();
    (co_await pool.async_acquire(1h)).release();
    (co_await pool.async_acquire(0s)).release();
    (co_await pool.async_acquire(role::primary)).release();
    (co_await pool.async_acquire(role::any, 1h)).release();
    const bool ran = other_ran;
    // The handler refers to this frame.
    co_await asio::post(asio::deferred);
    co_return ran;
}

/// The error of an acquire, if any; `emit` is called before it begins.
asio::awaitable<error_code> acquire_after(fake_pool& pool, std::function<void()> emit, bool throws) {
    // Asio ends a cancelled coroutine that never waited with an error of its own.
    co_await asio::post(asio::deferred);
    co_await asio::this_coro::throw_if_cancelled(throws);
    emit();
    try {
        const fake_lease leased = co_await pool.async_acquire();
        CHECK(leased);
    } catch (const boost::system::system_error& thrown) {
        co_return thrown.code();
    }
    co_return error_code();
}

asio::awaitable<error_code> error_of(asio::awaitable<fake_lease> pending) {
    try {
        const fake_lease leased = co_await std::move(pending);
        CHECK(leased);
    } catch (const podpool::error& thrown) {
        co_return thrown.code();
    }
    co_return error_code();
}

}  // namespace

TEST_CASE("a coroutine gets an idle connection before any other handler runs") {
    idle_pool world;
    CHECK_FALSE(world.run(acquire_in_each_way(*world.pool)));
    CHECK(world.pool->stats().acquires == 6);
    CHECK(world.pool->stats().waits <= 1);  // the first one's, for which the connection was opened
}

TEST_CASE("a coroutine that gets an idle connection stays on its executor") {
    idle_pool world;
    const auto strand = asio::make_strand(world.context);
    const auto body = [](fake_pool& pool, auto where) -> asio::awaitable<bool> {
        const fake_lease leased = co_await pool.async_acquire();
        co_return leased&& where.running_in_this_thread();
    };
    auto right = asio::co_spawn(strand, body(*world.pool, strand), asio::use_future);
    world.context.run();
    CHECK(right.get());
}

TEST_CASE("an acquire that was cancelled before it began takes nothing where the coroutine throws") {
    idle_pool world;
    const auto acquires = world.pool->stats().acquires;
    const bool throws = GENERATE(false, true);
    asio::cancellation_signal signal;
    const auto emit = [&] { signal.emit(asio::cancellation_type::terminal); };
    auto ended = asio::co_spawn(world.context, acquire_after(*world.pool, emit, throws),
                                asio::bind_cancellation_slot(signal.slot(), asio::use_future));
    world.context.run();
    const error_code error = ended.get();
    if (throws) {
        CHECK(error == asio::error::operation_aborted);
        CHECK(world.pool->stats().acquires == acquires);
    } else {
        CHECK_FALSE(error);
        CHECK(world.pool->stats().acquires == acquires + 1);
    }
    CHECK(world.pool->stats().idle == 1);
}

TEST_CASE("an acquire that nobody awaits takes nothing") {
    idle_pool world;
    const auto acquires = world.pool->stats().acquires;
    {
        const auto pending = world.pool->async_acquire();
        CHECK(world.pool->stats().active == 0);
    }
    CHECK(world.pool->stats().acquires == acquires);
}

TEST_CASE("an acquire may be awaited after its pool was moved or destroyed") {
    idle_pool world;
    auto moved_from = world.pool->async_acquire();
    auto pool = std::make_unique<fake_pool>(std::move(*world.pool));
    const error_code none = world.run(error_of(std::move(moved_from)));
    CHECK_FALSE(none);
    auto orphan = pool->async_acquire();
    pool.reset();
    world.context.restart();
    const error_code closed = world.run(error_of(std::move(orphan)));
    CHECK(closed == errc::pool_closed);
}

#if BOOST_VERSION >= 108200

TEST_CASE("a handler bound to an immediate executor is called at once when a connection is idle") {
    idle_pool world;
    const bool own_executor = GENERATE(false, true);
    bool called = false;
    const auto handler = [&called](error_code error, const fake_lease& leased) { called = !error && leased; };
    const asio::system_executor immediate;
    if (own_executor) {
        // Called on its executor, and nowhere else: nobody runs that one yet.
        world.pool->async_acquire(asio::bind_immediate_executor(
            immediate, asio::bind_executor(world.context.get_executor(), handler)));
        CHECK_FALSE(called);
        world.context.run();
    } else {
        world.pool->async_acquire(asio::bind_immediate_executor(immediate, handler));
    }
    CHECK(called);
}

#endif
