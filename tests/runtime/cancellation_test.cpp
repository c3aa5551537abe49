// SPDX-License-Identifier: BSL-1.0
// Per-operation cancellation of acquires: every type, at every moment, from any thread.
#include "runtime/support.hpp"
#include "support/catch.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <deque>
#include <latch>
#include <optional>

namespace asio = boost::asio;
using namespace podpool::test;
using namespace std::chrono_literals;
using asio::cancellation_type;
using boost::system::error_code;
using podpool::close_reason;
using podpool::failure;
using podpool::failure_kind;

namespace {

constexpr auto every_type = {cancellation_type::terminal, cancellation_type::partial,
                             cancellation_type::total, cancellation_type::all};

struct outcome {
    error_code error;
    fake_lease leased;
};

/// An acquire with a callback that a test can cancel.
class cancellable_acquire {
public:
    explicit cancellable_acquire(fake_pool& pool) {
        auto handler = [end = end_](error_code error, fake_lease got) {
            ++end->calls;
            end->promise.set_value(outcome{error, std::move(got)});
        };
        pool.async_acquire(1h, asio::bind_cancellation_slot(signal_.slot(), std::move(handler)));
    }

    void cancel(cancellation_type type = cancellation_type::terminal) { signal_.emit(type); }
    outcome result() { return result_of(result_); }
    /// How often the handler was called.
    [[nodiscard]] int calls() const { return end_->calls; }

private:
    struct end {
        std::promise<outcome> promise;
        std::atomic<int> calls = 0;
    };

    asio::cancellation_signal signal_;
    std::shared_ptr<end> end_ = std::make_shared<end>();
    std::future<outcome> result_ = end_->promise.get_future();
};

}  // namespace

TEST_CASE("#29 every cancellation type takes a caller out of the queue and changes nothing else") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    fake_lease held = pool.acquire();
    for (const cancellation_type type : every_type) {
        cancellable_acquire waiting(pool);
        cancellable_acquire other(pool);
        REQUIRE(pool.stats().waiters == 2);
        waiting.cancel(type);
        CHECK(pool.stats().waiters == 1);
        const outcome ended = waiting.result();
        CHECK(ended.error == asio::error::operation_aborted);
        CHECK_FALSE(ended.leased);
        held.release();
        held = other.result().leased;
        CHECK(held);
    }
    CHECK(pool.stats().cancellations == every_type.size());
    CHECK(servers.seen(0).attempts == 1);
}

TEST_CASE("a signal of no type cancels nothing") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    fake_lease held = pool.acquire();
    cancellable_acquire waiting(pool);
    waiting.cancel(cancellation_type::none);
    CHECK(pool.stats().waiters == 1);
    held.release();
    CHECK(waiting.result().leased);
}

TEST_CASE("cancelling twice, after completion or after the pool is gone is harmless") {
    const fake_servers servers(1);
    auto pool = std::make_unique<fake_pool>(small_pool(1), servers.driver());
    cancellable_acquire served(*pool);
    outcome first = served.result();
    CHECK(first.leased);
    served.cancel();
    CHECK(first.leased->alive());
    cancellable_acquire cancelled(*pool);
    cancelled.cancel();
    cancelled.cancel();
    CHECK(cancelled.result().error == asio::error::operation_aborted);
    cancelled.cancel();
    cancellable_acquire closed(*pool);
    pool.reset();
    CHECK(closed.result().error == podpool::errc::pool_closed);
    for (auto* const each : {&served, &cancelled, &closed}) {
        each->cancel();
        CHECK(each->calls() == 1);
    }
}

TEST_CASE("a connection that is on its way to a handler isn't lost to a late cancellation") {
    const fake_servers servers(1);
    asio::io_context context;
    io_threads io;
    fake_pool pool(io.executor(), small_pool(1), servers.driver());
    fake_lease held = pool.acquire();
    asio::cancellation_signal signal;
    std::optional<outcome> ended;
    pool.async_acquire(asio::bind_cancellation_slot(
        signal.slot(), asio::bind_executor(context, [&](error_code error, fake_lease got) {
            ended.emplace(outcome{error, std::move(got)});
        })));
    held.release();
    // The handler is posted and can't have run yet: nobody runs its context.
    signal.emit(cancellation_type::all);
    context.run();
    REQUIRE(ended);
    CHECK_FALSE(ended->error);
    CHECK(ended->leased);
}

TEST_CASE("#5 a caller who has gone never swallows a connection") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    fake_lease held = pool.acquire();
    std::deque<std::unique_ptr<cancellable_acquire>> waiting;
    for (int index = 0; index < 5; ++index) waiting.push_back(std::make_unique<cancellable_acquire>(pool));
    for (const std::size_t gone : {0U, 1U, 3U}) waiting[gone]->cancel();
    held.release();
    {
        const outcome first = waiting[2]->result();
        CHECK(first.leased);
        CHECK(pool.stats().waiters == 1);
    }
    waiting[4]->result().leased.release();
    CHECK(pool.stats().idle == 1);
}

TEST_CASE("#5 connections go to nobody when every caller has gone") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    fake_lease held = pool.acquire();
    {
        cancellable_acquire first(pool);
        cancellable_acquire second(pool);
        first.cancel();
        second.cancel();
        CHECK(first.result().error == asio::error::operation_aborted);
        CHECK(second.result().error == asio::error::operation_aborted);
    }
    held.release();
    CHECK(pool.stats().idle == 1);
    CHECK(pool.try_acquire());
}

TEST_CASE("#9 a connection being opened for a caller who gives up goes on and feeds the pool") {
    const fake_servers servers(1);
    servers.behave(0, manner::hang);
    fake_pool pool(small_pool(1), servers.driver());
    cancellable_acquire waiting(pool);
    REQUIRE(eventually([&] { return servers.seen(0).attempts == 1; }));
    waiting.cancel();
    CHECK(waiting.result().error == asio::error::operation_aborted);
    CHECK(pool.stats().opening == 1);
    servers.behave(0, manner::accept);
    CHECK(eventually([&] { return pool.stats().idle == 1; }));
    CHECK(servers.seen(0).attempts == 1);
    CHECK(pool.try_acquire());
}

TEST_CASE("#9 the connection of a caller who gave up serves the next one") {
    const fake_servers servers(1);
    servers.behave(0, manner::hang);
    fake_pool pool(small_pool(1), servers.driver());
    cancellable_acquire first(pool);
    REQUIRE(eventually([&] { return servers.seen(0).attempts == 1; }));
    cancellable_acquire second(pool);
    first.cancel();
    servers.behave(0, manner::accept);
    CHECK(second.result().leased);
    CHECK(servers.seen(0).attempts == 1);
}

TEST_CASE("#1 cancelling while connections are opened never leads above the maximum") {
    const fake_servers servers(2);
    for (const std::size_t index : {0U, 1U}) servers.behave(index, manner::hang);
    fake_pool pool(small_pool(2), servers.driver());
    for (int round = 0; round < 5; ++round) {
        cancellable_acquire first(pool);
        cancellable_acquire second(pool);
        REQUIRE(eventually([&] { return servers.seen(0).attempts + servers.seen(1).attempts >= 2; }));
        first.cancel();
        second.cancel();
        (void)first.result();
        (void)second.result();
    }
    CHECK(servers.seen(0).attempts + servers.seen(1).attempts == 2);
    for (const std::size_t index : {0U, 1U}) servers.behave(index, manner::accept);
    CHECK(eventually([&] { return pool.stats().idle == 2; }));
}

TEST_CASE("a caller who was handed a dead connection and waits again can still be cancelled") {
    fake_servers servers(2);
    auto settings = small_pool(2);
    settings.acquire_timeout = 1h;
    servers.world().publish({servers.at(0)});
    fake_pool pool(settings, servers.driver());
    pool.acquire().release();
    // The first server leaves the answer; its connection serves only while nothing else is reachable.
    servers.refuse(1, failure(failure_kind::endpoint_down, "connection refused"));
    servers.behave(0, manner::hang);
    servers.world().publish({servers.at(1)});
    REQUIRE(eventually([&] { return pool.stats().discovery_answers == 2; }));
    servers.world().kill_sessions(servers.at(0));
    std::this_thread::sleep_for(podpool::core::machine::verify_window + 20ms);
    cancellable_acquire waiting(pool);
    // Handed the dead connection once the second server has refused, and queued again.
    REQUIRE(eventually([&] { return closes(pool.stats(), close_reason::broken) == 1; }));
    REQUIRE(waiters_become(pool, 1));
    waiting.cancel();
    CHECK(pool.stats().waiters == 0);
    CHECK(waiting.result().error == asio::error::operation_aborted);
}

namespace {

/// A driver that does something of the test's own where it looks at a socket.
class watched_driver : public podpool::fake {
public:
    explicit watched_driver(const podpool::options& settings) : fake(settings) {}
    watched_driver(const fake_servers& servers, std::function<void()>* on_look)
        : fake(*servers.driver()), on_look_(on_look) {}

    bool is_alive(connection& asked) noexcept {
        if (*on_look_) (*on_look_)();
        return fake::is_alive(asked);
    }

private:
    std::function<void()>* on_look_ = nullptr;
};

}  // namespace

TEST_CASE("a caller who is cancelled while a connection is looked at for him doesn't wait again") {
    fake_servers servers(2);
    servers.world().publish({servers.at(0)});
    asio::cancellation_signal signal;
    std::function<void()> on_look;
    podpool::pool<watched_driver> pool(small_pool(2), std::make_unique<watched_driver>(servers, &on_look));
    pool.acquire().release();
    const bool alive = GENERATE(false, true);
    on_look = [&] { signal.emit(cancellation_type::total); };
    servers.refuse(1, failure(failure_kind::endpoint_down, "connection refused"));
    servers.behave(0, manner::hang);
    servers.world().publish({servers.at(1)});
    REQUIRE(eventually([&] { return pool.stats().discovery_answers == 2; }));
    if (!alive) servers.world().kill_sessions(servers.at(0));
    std::this_thread::sleep_for(podpool::core::machine::verify_window + 20ms);
    auto waiting = pool.async_acquire(1h, asio::bind_cancellation_slot(signal.slot(), asio::use_future));
    if (alive) {
        CHECK(result_of(waiting)->alive());
    } else {
        CHECK_THROWS_AS(result_of(waiting), boost::system::system_error);
        CHECK(pool.stats().cancellations == 1);
    }
    CHECK(pool.stats().waiters == 0);
}

TEST_CASE("a signal can serve one acquire after another") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    fake_lease held = pool.acquire();
    asio::cancellation_signal signal;
    for (int round = 0; round < 3; ++round) {
        auto waiting = pool.async_acquire(asio::bind_cancellation_slot(signal.slot(), asio::use_future));
        REQUIRE(waiters_become(pool, 1));
        signal.emit(cancellation_type::total);
        CHECK_THROWS_AS(result_of(waiting), boost::system::system_error);
    }
    auto served = pool.async_acquire(asio::bind_cancellation_slot(signal.slot(), asio::use_future));
    held.release();
    CHECK(result_of(served));
}

TEST_CASE("a coroutine's acquire is cancelled with it: terminal by default, total where it allows it") {
    const fake_servers servers(1);
    io_threads io;
    fake_pool pool(io.executor(), small_pool(1), servers.driver());
    const fake_lease held = pool.acquire();
    const bool total = GENERATE(false, true);
    const auto body = [](fake_pool& from, bool allow_total) -> asio::awaitable<error_code> {
        if (allow_total)
            co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
        co_await asio::this_coro::throw_if_cancelled(false);
        const auto [error, leased] = co_await from.async_acquire(asio::as_tuple(asio::use_awaitable));
        co_return error;
    };
    asio::cancellation_signal signal;
    auto ended = asio::co_spawn(io.executor(), body(pool, total),
                                asio::bind_cancellation_slot(signal.slot(), asio::use_future));
    REQUIRE(waiters_become(pool, 1));
    // A coroutine's own state is only safe on its executor.
    asio::post(io.executor(),
               [&] { signal.emit(total ? cancellation_type::total : cancellation_type::terminal); });
    CHECK(result_of(ended) == asio::error::operation_aborted);
}

TEST_CASE("an acquire awaited without a token is cancelled, too") {
    const fake_servers servers(1);
    io_threads io;
    fake_pool pool(io.executor(), small_pool(1), servers.driver());
    const fake_lease held = pool.acquire();
    const auto body = [](fake_pool& from) -> asio::awaitable<error_code> {
        co_await asio::this_coro::throw_if_cancelled(false);
        try {
            (void)co_await from.async_acquire();
        } catch (const boost::system::system_error& caught) {
            co_return caught.code();
        }
        co_return error_code{};
    };
    asio::cancellation_signal signal;
    auto ended = asio::co_spawn(io.executor(), body(pool),
                                asio::bind_cancellation_slot(signal.slot(), asio::use_future));
    REQUIRE(waiters_become(pool, 1));
    asio::post(io.executor(), [&] { signal.emit(cancellation_type::terminal); });
    CHECK(result_of(ended) == asio::error::operation_aborted);
}

TEST_CASE("#29 an acquire is cancelled from another thread while it completes") {
    const fake_servers servers(1);
    io_threads io(2);
    fake_pool pool(io.executor(), small_pool(1), servers.driver());
    const stopwatch time;
    int served = 0;
    int aborted = 0;
    while (time.running()) {
        fake_lease held = pool.acquire();
        cancellable_acquire waiting(pool);
        std::latch both(2);
        std::thread canceller([&] {
            both.arrive_and_wait();
            waiting.cancel(cancellation_type::total);
        });
        both.arrive_and_wait();
        held.release();
        canceller.join();
        const outcome ended = waiting.result();
        CHECK(bool(ended.leased) == !ended.error);
        ++(ended.leased ? served : aborted);
        CHECK(waiting.calls() == 1);
    }
    CHECK(served + aborted > 0);
    const auto figures = pool.stats();
    CHECK(figures.cancellations == static_cast<std::uint64_t>(aborted));
    CHECK(figures.idle == 1);
    CHECK(servers.seen(0).attempts == 1);
}

TEST_CASE("#10 an acquire is cancelled from another thread while its connection is opened or fails") {
    const fake_servers servers(1);
    io_threads io(2);
    const stopwatch time;
    for (int round = 0; time.running(); ++round) {
        if (round % 2 == 0) {
            servers.behave(0, manner::accept);
        } else {
            servers.refuse(0, failure(failure_kind::rejected, "no"));
        }
        fake_pool pool(io.executor(), small_pool(1), servers.driver());
        cancellable_acquire waiting(pool);
        std::thread canceller([&] { waiting.cancel(); });
        const outcome ended = waiting.result();
        canceller.join();
        CHECK(bool(ended.leased) == !ended.error);
        CHECK(waiting.calls() == 1);
    }
    CHECK(eventually([&] { return servers.world().sessions() == 0; }));
}
