// SPDX-License-Identifier: BSL-1.0
// Closing and destroying: pools of both kinds, with everything under way that can be.
#include "runtime/support.hpp"
#include "support/catch.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <latch>
#include <optional>
#include <stdexcept>

namespace asio = boost::asio;
using namespace podpool::test;
using namespace std::chrono_literals;
using boost::system::error_code;
using podpool::errc;

namespace {

/// Whose thread does a pool's work.
enum class home { own_thread, user_thread, user_threads };

/// A pool of either kind; the destructor runs the user's context to its end.
class housed_pool {
public:
    housed_pool(home where, const podpool::options& settings, const fake_servers& servers) {
        if (where == home::own_thread) {
            pool_ = std::make_unique<fake_pool>(settings, servers.driver());
        } else {
            io_ = std::make_unique<io_threads>(where == home::user_thread ? 1U : 3U);
            pool_ = std::make_unique<fake_pool>(io_->executor(), settings, servers.driver());
        }
    }

    fake_pool& operator*() { return *pool_; }
    fake_pool* operator->() { return pool_.get(); }

    void destroy() { pool_.reset(); }
    /// Destroys the pool and waits until nothing of it is left running.
    void end() {
        pool_.reset();
        io_.reset();
    }

private:
    std::unique_ptr<io_threads> io_;
    std::unique_ptr<fake_pool> pool_;
};

home each_home() { return GENERATE(home::own_thread, home::user_thread, home::user_threads); }

/// Whether nothing of any pool is left: no session, no listener, no driver.
bool all_gone(const fake_servers& servers) {
    return servers.world().sessions() == 0 && servers.world().listeners() == 0 && servers.owners() == 1;
}

}  // namespace

TEST_CASE("#26 close fails callers who wait, at once and each exactly once") {
    const fake_servers servers(1);
    housed_pool pool(each_home(), small_pool(1), servers);
    const fake_lease held = pool->acquire();
    std::vector<std::future<acquire_failure>> blocking;
    for (int index = 0; index < 3; ++index) {
        blocking.push_back(std::async(std::launch::async, [&] { return failing_acquire(*pool, 1h); }));
    }
    std::vector<std::future<fake_lease>> asynchronous;
    for (int index = 0; index < 3; ++index) asynchronous.push_back(pool->async_acquire(1h, asio::use_future));
    REQUIRE(waiters_become(*pool, 6));
    pool->close();
    CHECK(pool->stats().waiters == 0);
    for (auto& each : blocking) CHECK(result_of(each).code == errc::pool_closed);
    for (auto& each : asynchronous) {
        try {
            (void)result_of(each);
            FAIL("a closed pool gave a lease");
        } catch (const boost::system::system_error& error) {
            CHECK(error.code() == errc::pool_closed);
        }
    }
    CHECK(pool->stats().refusals == 6);
}

TEST_CASE("#26 close closes idle connections now, lets leases finish, and can be called again") {
    const fake_servers servers(1);
    housed_pool pool(each_home(), small_pool(2), servers);
    fake_lease held = pool->acquire();
    pool->acquire().release();
    pool->close();
    CHECK(servers.world().sessions() == 1);
    CHECK(held->alive());
    CHECK(pool->stats().closed);
    CHECK(pool->stats().draining == 1);
    pool->close();
    CHECK(failing_acquire(*pool, 1h).code == errc::pool_closed);
    CHECK_FALSE(pool->try_acquire());
    pool->resize(5);
    pool->retire_all();
    pool->refresh();
    held.release();
    CHECK(servers.world().sessions() == 0);
    CHECK(pool->stats().open == 0);
    pool->close();
    pool.end();
    CHECK(all_gone(servers));
}

TEST_CASE("a pool is destroyed while it discovers") {
    const fake_servers servers(1);
    housed_pool pool(each_home(), small_pool(1), servers);
    pool.end();
    CHECK(all_gone(servers));
}

TEST_CASE("a pool is destroyed while connections are being opened") {
    const fake_servers servers(3);
    for (const std::size_t index : {0U, 1U, 2U}) servers.behave(index, manner::hang);
    auto settings = small_pool(3);
    settings.connect_timeout = 10min;
    settings.min_conns = 3;
    housed_pool pool(each_home(), settings, servers);
    REQUIRE(eventually(
        [&] { return servers.seen(0).attempts + servers.seen(1).attempts + servers.seen(2).attempts == 3; }));
    pool.end();
    CHECK(all_gone(servers));
}

TEST_CASE("a pool is destroyed while connections are reset and checked") {
    const fake_servers servers(1);
    auto settings = small_pool(2);
    settings.connect_timeout = 10min;
    settings.health_check_period = 100ms;
    housed_pool pool(each_home(), settings, servers);
    servers.silence(0, true);
    {
        const fake_lease reset = pool->acquire();
        const fake_lease checked = pool->acquire();
        reset->use();
    }
    REQUIRE(eventually([&] { return pool->stats().maintaining == 2; }));
    pool.end();
    CHECK(all_gone(servers));
}

TEST_CASE("a pool is destroyed while asynchronous callers wait") {
    const fake_servers servers(1);
    housed_pool pool(each_home(), small_pool(1), servers);
    const bool opening = GENERATE(false, true);
    if (opening) servers.behave(0, manner::hang);
    fake_lease held = opening ? fake_lease{} : pool->acquire();
    asio::io_context elsewhere;
    error_code here;
    std::promise<error_code> there;
    auto result = there.get_future();
    pool->async_acquire(
        1h, asio::bind_executor(elsewhere, [&](error_code error, const fake_lease&) { here = error; }));
    pool->async_acquire(1h, [&](error_code error, const fake_lease&) { there.set_value(error); });
    pool.destroy();
    CHECK(result_of(result) == errc::pool_closed);
    elsewhere.run();
    CHECK(here == errc::pool_closed);
    held.release();
    pool.end();
    CHECK(all_gone(servers));
}

TEST_CASE("#27 an acquire that was made before the pool's end and is launched after it fails") {
    const fake_servers servers(1);
    io_threads io;
    auto pool = std::make_unique<fake_pool>(io.executor(), small_pool(1), servers.driver());
    auto deferred = pool->async_acquire(asio::deferred);
    pool.reset();
    auto result = std::move(deferred)(asio::use_future);
    CHECK_THROWS_AS(result_of(result), boost::system::system_error);
}

TEST_CASE("a pool on the user's executor may be destroyed in a handler of that executor") {
    const fake_servers servers(1);
    io_threads io(2);
    auto pool = std::make_shared<fake_pool>(io.executor(), small_pool(2), servers.driver());
    std::promise<fake_lease> promise;
    auto result = promise.get_future();
    auto& reference = *pool;
    reference.async_acquire([&promise, owned = std::move(pool)](error_code, fake_lease leased) mutable {
        owned.reset();
        promise.set_value(std::move(leased));
    });
    result_of(result).release();
    io.join();
    CHECK(all_gone(servers));
}

TEST_CASE("handlers that are never run are destroyed with the user's context, and nothing leaks") {
    const fake_servers servers(2);
    const auto in_handlers = std::make_shared<int>();
    {
        asio::io_context context;
        fake_pool pool(context.get_executor(), small_pool(2), servers.driver());
        const bool some_run = GENERATE(false, true);
        servers.behave(1, manner::hang);
        std::vector<fake_lease> leases;
        const auto handler = [&leases, in_handlers](error_code, fake_lease leased) {
            leases.push_back(std::move(leased));
        };
        for (int index = 0; index < 3; ++index) pool.async_acquire(handler);
        if (some_run) {
            while (leases.empty()) context.run_one();
            leases.clear();
        }
        for (int index = 0; index < 3; ++index) pool.async_acquire(handler);
        pool.async_close([in_handlers](error_code) {});
    }
    CHECK(in_handlers.use_count() == 1);
    CHECK(all_gone(servers));
}

TEST_CASE("leases in handlers that are never run go back when the user's context is destroyed") {
    const fake_servers servers(1);
    {
        asio::io_context context;
        auto pool = std::make_unique<fake_pool>(context.get_executor(), small_pool(2), servers.driver());
        std::optional<fake_lease> first;
        pool->async_acquire([&](error_code, fake_lease leased) { first = std::move(leased); });
        while (!first) context.run_one();
        // This one is served and its handler posted, with the lease in it.
        pool->async_acquire([](error_code, const fake_lease&) {});
        first.reset();
        REQUIRE(pool->stats().active == 1);
        pool.reset();
        CHECK(servers.world().sessions() == 1);
    }
    CHECK(all_gone(servers));
}

TEST_CASE("a coroutine that holds a lease may be destroyed with the user's context") {
    const fake_servers servers(1);
    {
        asio::io_context context;
        fake_pool pool(context.get_executor(), small_pool(2), servers.driver());
        bool leased = false;
        const auto body = [](fake_pool& from, bool& has_lease) -> asio::awaitable<void> {
            const fake_lease held = co_await from.async_acquire();
            has_lease = true;
            asio::steady_timer never(co_await asio::this_coro::executor, 1h);
            co_await never.async_wait(asio::use_awaitable);
        };
        asio::co_spawn(context, body(pool, leased), asio::detached);
        while (!leased && context.run_one() > 0) continue;
    }
    CHECK(all_gone(servers));
}

TEST_CASE("a pool that can't be made leaves nothing behind") {
    const fake_servers servers(1);
    auto settings = small_pool(1);
    settings.min_conns = 2;
    CHECK_THROWS_AS(fake_pool(settings, servers.driver()), podpool::error);
    asio::io_context context;
    CHECK_THROWS_AS(fake_pool(context.get_executor(), settings, servers.driver()), podpool::error);
    CHECK(all_gone(servers));
    CHECK(context.run() == 0);
}

TEST_CASE("#26 async_close completes when the last lease is back and the last socket is closed") {
    const fake_servers servers(1);
    housed_pool pool(each_home(), small_pool(3), servers);
    fake_lease first = pool->acquire();
    fake_lease second = pool->acquire();
    pool->acquire().release();
    std::atomic<int> completed = 0;
    auto closed = pool->async_close(asio::use_future);
    pool->async_close([&](error_code error) { completed += error ? 100 : 1; });
    CHECK(servers.world().sessions() == 2);
    CHECK(failing_acquire(*pool, 1h).code == errc::pool_closed);
    first.release();
    CHECK(closed.wait_for(0s) == std::future_status::timeout);
    second.discard();
    REQUIRE(closed.wait_for(patience) == std::future_status::ready);
    CHECK_NOTHROW(closed.get());
    CHECK(servers.world().sessions() == 0);
    CHECK(eventually([&] { return completed == 1; }));
}

TEST_CASE("async_close waits for what is being opened, and for nothing where nothing is open") {
    const fake_servers servers(1);
    servers.behave(0, manner::hang);
    housed_pool pool(each_home(), small_pool(1), servers);
    auto waiting = pool->async_acquire(1h, asio::use_future);
    REQUIRE(eventually([&] { return servers.seen(0).attempts == 1; }));
    for (int round = 0; round < 2; ++round) {
        auto closed = pool->async_close(asio::use_future);
        REQUIRE(closed.wait_for(patience) == std::future_status::ready);
        CHECK(pool->stats().opening == 0);
    }
    CHECK_THROWS_AS(result_of(waiting), boost::system::system_error);
}

TEST_CASE("async_close serves coroutines and never runs its handler inside the initiating function") {
    const fake_servers servers(1);
    asio::io_context context;
    fake_pool pool(context.get_executor(), small_pool(1), servers.driver());
    bool initiating = false;
    bool inside = false;
    asio::post(context, [&] {
        initiating = true;
        pool.async_close([&](error_code) { inside = initiating; });
        initiating = false;
    });
    bool closed = false;
    const auto body = [](fake_pool& closing, bool& ended) -> asio::awaitable<void> {
        co_await closing.async_close();
        ended = true;
    };
    asio::co_spawn(context, body(pool, closed), asio::detached);
    context.run();
    CHECK(closed);
    CHECK_FALSE(inside);
}

TEST_CASE("async_close is outstanding work of its handler's executor") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    fake_lease held = pool.acquire();
    asio::io_context elsewhere;
    bool closed = false;
    pool.async_close(asio::bind_executor(elsewhere, [&](error_code error) { closed = !error; }));
    elsewhere.poll();
    CHECK_FALSE(elsewhere.stopped());
    held.release();
    elsewhere.run();
    CHECK(closed);
}

TEST_CASE("async_close ends with operation_aborted when the pool is destroyed before its leases are back") {
    const fake_servers servers(1);
    housed_pool pool(each_home(), small_pool(1), servers);
    fake_lease held = pool->acquire();
    std::promise<error_code> promise;
    auto result = promise.get_future();
    pool->async_close([&](error_code error) { promise.set_value(error); });
    pool.destroy();
    CHECK(result_of(result) == asio::error::operation_aborted);
    held.release();
    pool.end();
    CHECK(all_gone(servers));
}

TEST_CASE("leases come back from several threads at once after the pool is gone") {
    const fake_servers servers(2);
    const home where = each_home();
    const stopwatch time;
    while (time.running()) {
        housed_pool pool(where, small_pool(4), servers);
        std::vector<fake_lease> leases;
        for (int index = 0; index < 4; ++index) leases.push_back(pool->acquire());
        std::latch start(static_cast<std::ptrdiff_t>(leases.size()) + 1);
        std::vector<std::thread> threads;
        for (fake_lease& each : leases) {
            threads.emplace_back([&start, leased = std::move(each)]() mutable {
                start.arrive_and_wait();
                leased.release();
            });
        }
        pool.destroy();
        start.count_down();
        for (std::thread& thread : threads) thread.join();
    }
    CHECK(eventually([&] { return all_gone(servers); }));
}

TEST_CASE("leases come back from other threads while the pool is being destroyed") {
    const fake_servers servers(2);
    const home where = each_home();
    auto settings = small_pool(6);
    settings.connect_timeout = 10min;
    const stopwatch time;
    while (time.running()) {
        // A reset that isn't ended with the pool lasts until the test's time is up.
        for (const std::size_t index : {0U, 1U}) servers.silence(index, true);
        housed_pool pool(where, settings, servers);
        std::vector<fake_lease> leases;
        for (int index = 0; index < 6; ++index) {
            leases.push_back(pool->acquire());
            if (index < 4) leases.back()->use();
        }
        leases[5]->fail_with(podpool::failure(podpool::failure_kind::connection_lost, "gone"));
        std::latch start(static_cast<std::ptrdiff_t>(leases.size()) + 1);
        std::vector<std::thread> threads;
        for (fake_lease& each : leases) {
            threads.emplace_back([&start, leased = std::move(each)]() mutable {
                start.arrive_and_wait();
                leased.release();
            });
        }
        start.arrive_and_wait();
        pool.destroy();
        for (std::thread& thread : threads) thread.join();
    }
    CHECK(eventually([&] { return all_gone(servers); }));
}

TEST_CASE("a pool is destroyed right after anything was begun") {
    const fake_servers servers(3);
    servers.world().with(servers.at(1),
                         [](podpool::fake_world::server& slow) { slow.connect_delay = 300us; });
    const home where = each_home();
    const stopwatch time;
    for (int round = 0; time.running(); ++round) {
        auto settings = small_pool(3);
        settings.min_idle_conns = static_cast<std::size_t>(round % 3);
        housed_pool pool(where, settings, servers);
        auto pending = pool->async_acquire(1h, asio::use_future);
        if (round % 2 == 0) std::this_thread::sleep_for(std::chrono::microseconds(10 * (round % 100)));
        if (round % 5 == 0) pool->retire_all();
        if (round % 7 == 0) pool->close();
        pool.destroy();
        try {
            (void)result_of(pending);
        } catch (const boost::system::system_error& error) {
            CHECK(error.code() == errc::pool_closed);
        }
    }
    CHECK(eventually([&] { return all_gone(servers); }));
}
