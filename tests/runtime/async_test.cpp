// SPDX-License-Identifier: BSL-1.0
// Asynchronous callers: every kind of completion token, executors, allocators, outstanding work.
#include "runtime/support.hpp"
#include "support/catch.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <optional>
#include <tuple>
#include <variant>

namespace asio = boost::asio;
using namespace podpool::test;
using namespace std::chrono_literals;
using boost::system::error_code;
using podpool::errc;

namespace {

/// Runs the context on this thread until the condition holds.
template <class Condition>
bool run_until(asio::io_context& context, Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        context.restart();
        context.run_one_for(10ms);
    }
    return true;
}

/// A pool on a context that a test runs itself.
struct pool_on_context {
    explicit pool_on_context(std::size_t max_conns, std::size_t server_count = 1)
        : servers(server_count), pool(context.get_executor(), small_pool(max_conns), servers.driver()) {}

    /// A lease, for which the context runs.
    fake_lease leased() {
        std::optional<fake_lease> got;
        pool.async_acquire([&](error_code, fake_lease lease) { got = std::move(lease); });
        REQUIRE(run_until(context, [&] { return got.has_value(); }));
        return std::move(*got);
    }

    /// Runs what is ready; whether work is left.
    bool has_work() {
        context.restart();
        context.poll();
        return !context.stopped();
    }

    fake_servers servers;
    asio::io_context context;
    fake_pool pool;
};

struct memory_use {
    std::atomic<std::size_t> live = 0;
    std::atomic<std::size_t> total = 0;
};

/// Counts what is allocated with it.
template <class Value>
class counting_allocator {
public:
    using value_type = Value;

    explicit counting_allocator(std::shared_ptr<memory_use> use) : use_(std::move(use)) {}
    template <class Other>
    counting_allocator(const counting_allocator<Other>& other) : use_(other.use_) {}  // NOLINT

    Value* allocate(std::size_t count) {
        use_->live += count * sizeof(Value);
        use_->total += count * sizeof(Value);
        return std::allocator<Value>().allocate(count);
    }
    void deallocate(Value* memory, std::size_t count) {
        use_->live -= count * sizeof(Value);
        std::allocator<Value>().deallocate(memory, count);
    }
    template <class Other>
    bool operator==(const counting_allocator<Other>& other) const {
        return use_ == other.use_;
    }

private:
    template <class>
    friend class counting_allocator;

    std::shared_ptr<memory_use> use_;
};

}  // namespace

TEST_CASE("a callback gets a lease, on the pool's own thread where it has no executor") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    std::promise<std::pair<fake_lease, std::thread::id>> promise;
    auto result = promise.get_future();
    pool.async_acquire([&](error_code error, fake_lease leased) {
        CHECK_FALSE(error);
        promise.set_value({std::move(leased), std::this_thread::get_id()});
    });
    const auto [leased, thread] = result_of(result);
    CHECK(leased);
    CHECK(leased.endpoint() == servers.at(0));
    CHECK(thread != std::this_thread::get_id());
}

TEST_CASE("a callback may be move-only and take the lease by any kind of reference") {
    pool_on_context world(2);
    bool by_value = false;
    bool by_reference = false;
    world.pool.async_acquire([&, owned = std::make_unique<int>(1)](error_code, fake_lease leased) {
        by_value = leased && *owned == 1;
    });
    world.pool.async_acquire([&](const error_code&, fake_lease&& leased) { by_reference = bool(leased); });
    CHECK(run_until(world.context, [&] { return by_value && by_reference; }));
    CHECK(world.pool.stats().active == 0);
}

TEST_CASE("use_future gives a lease or throws the error") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    auto served = pool.async_acquire(asio::use_future);
    const fake_lease leased = result_of(served);
    CHECK(leased);
    auto timed_out = pool.async_acquire(5ms, asio::use_future);
    try {
        (void)result_of(timed_out);
        FAIL("there was nothing to acquire");
    } catch (const boost::system::system_error& error) {
        CHECK(error.code() == errc::acquire_timeout);
    }
}

TEST_CASE("a deferred acquire starts when it is launched, not before") {
    pool_on_context world(1);
    auto deferred = world.pool.async_acquire(asio::deferred);
    auto with_timeout = world.pool.async_acquire(1h, asio::deferred);
    world.has_work();
    CHECK(world.servers.seen(0).attempts == 0);
    bool served = false;
    std::move(deferred)([&](error_code, const fake_lease& leased) { served = bool(leased); });
    CHECK(run_until(world.context, [&] { return served; }));
    served = false;
    std::move(with_timeout)([&](error_code, const fake_lease& leased) { served = bool(leased); });
    CHECK(run_until(world.context, [&] { return served; }));
}

TEST_CASE("coroutines await an acquire without naming a token, with use_awaitable and as a tuple") {
    pool_on_context world(1);
    bool done = false;
    const auto body = [](fake_pool& pool, bool& ended) -> asio::awaitable<void> {
        {
            const fake_lease leased = co_await pool.async_acquire();
            CHECK(leased);
            const auto [error, nothing] =
                co_await pool.async_acquire(0s, asio::as_tuple(asio::use_awaitable));
            CHECK(error == errc::acquire_timeout);
            CHECK_FALSE(nothing);
            bool thrown = false;
            try {
                (void)co_await pool.async_acquire(1ms, asio::use_awaitable);
            } catch (const boost::system::system_error& caught) {
                thrown = caught.code() == errc::acquire_timeout;
            }
            CHECK(thrown);
        }
        const fake_lease again = co_await pool.async_acquire(1h, asio::use_awaitable);
        CHECK(again);
        const auto [error, none] = co_await pool.async_acquire(0s, asio::as_tuple(asio::deferred));
        CHECK(error == errc::acquire_timeout);
        CHECK_FALSE(none);
        ended = true;
    };
    asio::co_spawn(world.context, body(world.pool, done), asio::detached);
    CHECK(run_until(world.context, [&] { return done; }));
}

TEST_CASE("#3 a coroutine that names no token gets the error that says why") {
    pool_on_context world(1);
    const fake_lease held = world.leased();
    std::vector<std::string> texts;
    const auto body = [](fake_pool& pool, std::vector<std::string>& said) -> asio::awaitable<void> {
        for (const auto expected : {errc::acquire_timeout, errc::pool_closed}) {
            try {
                (void)co_await pool.async_acquire(1ms);
            } catch (const podpool::error& caught) {
                CHECK(caught.code() == expected);
                said.emplace_back(caught.what());
            }
            pool.close();
        }
    };
    asio::co_spawn(world.context, body(world.pool, texts), asio::detached);
    CHECK(run_until(world.context, [&] { return texts.size() == 2; }));
    const std::string sizes = "; 1 of at most 1 connections open (1 leased, 0 idle)";
    CHECK(texts.at(0).find("podpool orders: no connection became free") == 0);
    CHECK(texts.at(0).find(sizes) != std::string::npos);
    CHECK(texts.at(1).find("podpool orders: the pool is closed" + sizes) == 0);
}

TEST_CASE("a coroutine that outlives the pool gets its error all the same") {
    const fake_servers servers(1);
    io_threads io;
    asio::io_context elsewhere;
    auto pool = std::make_unique<fake_pool>(io.executor(), small_pool(1), servers.driver());
    fake_lease held = pool->acquire();
    error_code failed;
    const auto body = [](fake_pool& closing, error_code& into) -> asio::awaitable<void> {
        try {
            (void)co_await closing.async_acquire();
        } catch (const podpool::error& caught) {
            into = caught.code();
        }
    };
    asio::co_spawn(elsewhere, body(*pool, failed), asio::detached);
    elsewhere.poll();
    REQUIRE(pool->stats().waiters == 1);
    pool.reset();
    held.release();
    io.join();
    elsewhere.restart();
    elsewhere.run();
    CHECK(failed == errc::pool_closed);
}

TEST_CASE("an acquire can race against a timer, and the loser is cancelled") {
    using namespace asio::experimental::awaitable_operators;
    pool_on_context world(1);
    bool done = false;
    const auto body = [](fake_pool& pool, bool& ended) -> asio::awaitable<void> {
        asio::steady_timer timer(co_await asio::this_coro::executor, 1h);
        auto first =
            co_await (pool.async_acquire(asio::use_awaitable) || timer.async_wait(asio::use_awaitable));
        CHECK(first.index() == 0);
        timer.expires_after(1ms);
        const auto second = co_await (pool.async_acquire() || timer.async_wait(asio::use_awaitable));
        CHECK(second.index() == 1);
        CHECK(pool.stats().waiters == 0);
        CHECK(pool.stats().cancellations == 1);
        ended = true;
    };
    asio::co_spawn(world.context, body(world.pool, done), asio::detached);
    CHECK(run_until(world.context, [&] { return done; }));
    CHECK(world.pool.stats().idle == 1);
}

TEST_CASE("the handler never runs inside the initiating function") {
    pool_on_context world(1);
    const auto outcome = GENERATE(0, 1, 2, 3);
    if (outcome == 0) world.leased().release();
    fake_lease held = outcome == 1 ? world.leased() : fake_lease{};
    if (outcome == 2) world.pool.close();
    bool initiating = false;
    bool inside = false;
    bool completed = false;
    // From a handler of the same executor, where a dispatch would run the handler at once.
    asio::post(world.context, [&] {
        initiating = true;
        world.pool.async_acquire(
            outcome == 1 ? 0s : 1h,
            asio::bind_executor(world.context.get_executor(), [&](error_code, const fake_lease&) {
                inside = initiating;
                completed = true;
            }));
        initiating = false;
    });
    CHECK(run_until(world.context, [&] { return completed; }));
    CHECK_FALSE(inside);
}

TEST_CASE("the handler runs on its associated executor, whoever completes it") {
    const fake_servers servers(1);
    io_threads io(2);
    io_threads elsewhere(2);
    fake_pool pool(io.executor(), small_pool(1), servers.driver());
    const auto strand = asio::make_strand(elsewhere.executor());
    const auto acquire = [&](std::chrono::nanoseconds timeout) {
        auto promise = std::make_shared<std::promise<std::tuple<bool, error_code, fake_lease>>>();
        auto result = promise->get_future();
        pool.async_acquire(timeout,
                           asio::bind_executor(strand, [strand, promise](error_code error, fake_lease got) {
                               promise->set_value({strand.running_in_this_thread(), error, std::move(got)});
                           }));
        return result;
    };
    {
        auto after_opening = acquire(1h);
        auto [right, error, held] = result_of(after_opening);
        CHECK(right);
        auto after_return = acquire(1h);
        REQUIRE(waiters_become(pool, 1));
        held.release();
        CHECK(std::get<bool>(result_of(after_return)));
    }
    auto at_once = acquire(1h);
    const auto [right, error, held] = result_of(at_once);
    CHECK(right);
    auto timed_out = acquire(1ms);
    const auto timeout = result_of(timed_out);
    CHECK(std::get<bool>(timeout));
    CHECK(std::get<error_code>(timeout) == errc::acquire_timeout);
    auto refused = acquire(1h);
    REQUIRE(waiters_become(pool, 1));
    pool.close();
    const auto closed = result_of(refused);
    CHECK(std::get<bool>(closed));
    CHECK(std::get<error_code>(closed) == errc::pool_closed);
}

TEST_CASE("a handler's memory comes from its allocator and is given back before the handler runs") {
    pool_on_context world(1);
    const bool queued = GENERATE(false, true);
    if (!queued) world.leased().release();
    fake_lease held = queued ? world.leased() : fake_lease{};
    const auto use = std::make_shared<memory_use>();
    std::optional<std::size_t> live;
    const auto handler = [&](error_code, const fake_lease& leased) {
        CHECK(leased);
        live = use->live.load();
    };
    world.pool.async_acquire(asio::bind_allocator(
        counting_allocator<char>(use), asio::bind_executor(world.context.get_executor(), handler)));
    CHECK(use->live > 0);
    held.release();
    CHECK(run_until(world.context, [&] { return live.has_value(); }));
    CHECK(live == std::size_t{0});
    CHECK(use->total > 0);
}

TEST_CASE("async_close's handler is posted in memory of its allocator, given back before it runs") {
    pool_on_context world(1);
    const auto use = std::make_shared<memory_use>();
    std::optional<std::size_t> live;
    const auto handler = [&](error_code) { live = use->live.load(); };
    world.pool.async_close(asio::bind_allocator(counting_allocator<char>(use),
                                                asio::bind_executor(world.context.get_executor(), handler)));
    CHECK(use->live > 0);
    CHECK(run_until(world.context, [&] { return live.has_value(); }));
    CHECK(live == std::size_t{0});
}

TEST_CASE("a pending acquire is outstanding work of the pool's executor") {
    // Nothing to connect to and no deadline: the pool itself has no reason to keep its context running.
    pool_on_context world(1, 0);
    REQUIRE(run_until(world.context, [&] { return world.pool.stats().discovery_answers == 1; }));
    CHECK_FALSE(world.has_work());
    asio::io_context elsewhere;
    bool completed = false;
    world.pool.async_acquire(
        std::chrono::nanoseconds::max(),
        asio::bind_executor(elsewhere, [&](error_code, const fake_lease&) { completed = true; }));
    CHECK(world.has_work());
    world.pool.close();
    CHECK_FALSE(world.has_work());
    elsewhere.run();
    CHECK(completed);
}

TEST_CASE("a pending acquire is outstanding work of the handler's executor") {
    pool_on_context world(1);
    fake_lease held = world.leased();
    asio::io_context elsewhere;
    bool completed = false;
    world.pool.async_acquire(
        asio::bind_executor(elsewhere, [&](error_code error, const fake_lease&) { completed = !error; }));
    elsewhere.poll();
    CHECK_FALSE(elsewhere.stopped());
    held.release();
    elsewhere.run();
    CHECK(completed);
}

TEST_CASE("run() of the user's context goes on while an acquire is pending and returns after close()") {
    const fake_servers servers(1);
    asio::io_context context;
    fake_pool pool(context.get_executor(), small_pool(1), servers.driver());
    servers.behave(0, manner::hang);
    error_code failed;
    pool.async_acquire([&](error_code error, const fake_lease&) { failed = error; });
    context.run_for(5ms);
    CHECK_FALSE(context.stopped());
    pool.close();
    context.restart();
    context.run();
    CHECK(failed == errc::pool_closed);
    CHECK(servers.world().sessions() == 0);
}

TEST_CASE("asynchronous callers get the pool's own errors") {
    const fake_servers servers(1);
    auto settings = small_pool(1);
    settings.max_waiters = 1;
    asio::io_context context;
    fake_pool pool(context.get_executor(), settings, servers.driver());
    std::optional<fake_lease> held;
    pool.async_acquire([&](error_code, fake_lease leased) { held = std::move(leased); });
    REQUIRE(run_until(context, [&] { return held.has_value(); }));
    const auto record = [](error_code& into) {
        return [&into](error_code error, const fake_lease& leased) {
            CHECK_FALSE(leased);
            into = error;
        };
    };
    error_code timeout;
    error_code crowded;
    error_code closed;
    error_code waiting;
    pool.async_acquire(5ms, record(timeout));
    CHECK(run_until(context, [&] { return bool(timeout); }));
    // The queue's one place is taken by a waiter with time, so that a slow machine can't free it before its
    // turn.
    pool.async_acquire(1h, record(waiting));
    pool.async_acquire(record(crowded));
    CHECK(run_until(context, [&] { return bool(crowded); }));
    pool.close();
    pool.async_acquire(record(closed));
    CHECK(run_until(context, [&] { return waiting && closed; }));
    CHECK(waiting == errc::pool_closed);
    CHECK(timeout == errc::acquire_timeout);
    CHECK(crowded == errc::too_many_waiters);
    CHECK(closed == errc::pool_closed);
}

TEST_CASE("the acquire timeout of the options holds for asynchronous callers too") {
    const fake_servers servers(1);
    auto settings = small_pool(1);
    settings.acquire_timeout = 5ms;
    fake_pool pool(settings, servers.driver());
    const fake_lease held = pool.acquire(patience);
    auto waiting = pool.async_acquire(asio::use_future);
    CHECK_THROWS_AS(result_of(waiting), boost::system::system_error);
    CHECK(pool.stats().timeouts == 1);
}

TEST_CASE("#7 blocking and asynchronous callers wait in one queue") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    fake_lease held = pool.acquire();
    auto first = acquire_elsewhere(pool);
    REQUIRE(waiters_become(pool, 1));
    auto second = pool.async_acquire(asio::use_future);
    auto third = acquire_elsewhere(pool);
    REQUIRE(waiters_become(pool, 3));
    held.release();
    fake_lease served = result_of(first);
    CHECK(pool.stats().waiters == 2);
    served.release();
    served = result_of(second);
    CHECK(pool.stats().waiters == 1);
    served.release();
    CHECK(result_of(third));
}

TEST_CASE("a lease that a handler drops goes back to the pool") {
    pool_on_context world(1);
    bool completed = false;
    world.pool.async_acquire([&](error_code, auto&&) { completed = true; });
    CHECK(run_until(world.context, [&] { return completed && world.pool.stats().idle == 1; }));
}

TEST_CASE("a pool runs on any executor: a thread pool's, a strand's") {
    const fake_servers servers(2);
    asio::thread_pool threads(3);
    for (const asio::any_io_executor& executor :
         {asio::any_io_executor(threads.get_executor()),
          asio::any_io_executor(asio::make_strand(threads.get_executor()))}) {
        fake_pool pool(executor, small_pool(2), servers.driver());
        auto future = pool.async_acquire(asio::use_future);
        fake_lease first = result_of(future);
        const fake_lease second = pool.acquire();
        CHECK(second);
        first->use();
        first.release();
        CHECK(eventually([&] { return pool.stats().maintaining == 0; }));
        pool.close();
    }
    threads.join();
    CHECK(servers.world().sessions() == 0);
}

TEST_CASE("get_executor is the executor that the pool was given") {
    pool_on_context world(1);
    CHECK(world.pool.get_executor() == asio::any_io_executor(world.context.get_executor()));
}
