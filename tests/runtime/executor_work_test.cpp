// SPDX-License-Identifier: BSL-1.0
// A handler's context may be ended as soon as no work is left on it, by whoever waits for that. What
// completes the handler, on any thread, must hold no executor of that context any more by then.
#include "support.hpp"
#include "support/catch.hpp"

#include <podpool/detail/query_handler.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <exception>
#include <mutex>
#include <utility>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::system::error_code;
using podpool::errc;
using podpool::test::eventually;
using podpool::test::fake_lease;
using podpool::test::fake_pool;
using podpool::test::fake_servers;
using podpool::test::io_threads;
using podpool::test::small_pool;

namespace {

/// What executors of one context count together.
class counters {
public:
    void begin(bool works) {
        const std::lock_guard guard(mutex_);
        ++executors_;
        if (works) ++work_;
    }
    void end(bool works) {
        const std::lock_guard guard(mutex_);
        --executors_;
        if (works && --work_ == 0) left_behind_ += executors_;
    }
    [[nodiscard]] bool no_work() const {
        const std::lock_guard guard(mutex_);
        return work_ == 0;
    }
    /// How many executors there were whenever the last work ended.
    [[nodiscard]] int left_behind() const {
        const std::lock_guard guard(mutex_);
        return left_behind_;
    }

private:
    mutable std::mutex mutex_;
    int executors_ = 0;
    int work_ = 0;  // those of them that are outstanding work
    int left_behind_ = 0;
};

/// An executor that counts its copies, and runs what it is given at once, as another thread might.
class counted_executor {
public:
    counted_executor(asio::execution_context& context, counters& count, bool works = false)
        : context_(&context), count_(&count), works_(works) {
        count_->begin(works_);
    }
    counted_executor(const counted_executor& other) noexcept
        : context_(other.context_), count_(other.count_), works_(other.works_) {
        if (count_ != nullptr) count_->begin(works_);
    }
    counted_executor(counted_executor&& other) noexcept
        : context_(other.context_), count_(std::exchange(other.count_, nullptr)), works_(other.works_) {}
    counted_executor& operator=(const counted_executor&) = delete;
    counted_executor& operator=(counted_executor&&) = delete;
    ~counted_executor() {
        if (count_ != nullptr) count_->end(works_);
    }

    template <class Function>
    void execute(Function function) const {
        std::move(function)();
    }
    [[nodiscard]] asio::execution_context& query(asio::execution::context_t) const noexcept {
        return *context_;
    }
    static constexpr asio::execution::blocking_t query(asio::execution::blocking_t) noexcept {
        return asio::execution::blocking.never;
    }
    [[nodiscard]] counted_executor require(asio::execution::blocking_t::never_t) const { return *this; }
    [[nodiscard]] counted_executor require(asio::execution::outstanding_work_t::tracked_t) const {
        return {*context_, *count_, true};
    }
    [[nodiscard]] counted_executor require(asio::execution::outstanding_work_t::untracked_t) const {
        return {*context_, *count_, false};
    }
    friend bool operator==(const counted_executor& left, const counted_executor& right) noexcept {
        return left.count_ == right.count_ && left.works_ == right.works_;
    }
    friend bool operator!=(const counted_executor& left, const counted_executor& right) noexcept {
        return !(left == right);
    }

private:
    asio::execution_context* context_;
    counters* count_;  // null: moved from
    bool works_;
};

/// A context of which only handlers know the executors.
struct foreign_context {
    asio::io_context context;
    counters count;
    std::atomic<int> completed{0};

    [[nodiscard]] counted_executor executor() { return {context, count}; }

    /// Whether so many handlers get called, and nothing holds an executor when the last of their work ends.
    [[nodiscard]] bool let_go_by(int handlers) {
        return eventually([&] { return completed == handlers && count.no_work(); }) &&
               count.left_behind() == 0;
    }
};

/// Calls `function` on `executor`. Unlike asio::bind_executor's, one that was moved from has no executor.
template <class Executor, class Function>
struct handler_on {
    using executor_type = Executor;

    Executor executor;
    Function function;

    [[nodiscard]] const Executor& get_executor() const noexcept { return executor; }
    template <class... Arguments>
    void operator()(Arguments&&... arguments) {
        function(std::forward<Arguments>(arguments)...);
    }
};

template <class Executor>
void acquire_in_every_way(foreign_context& elsewhere) {
    const fake_servers servers(1);
    io_threads io;
    fake_pool pool(io.executor(), small_pool(1), servers.driver());
    fake_lease kept;
    const auto handler = [&](errc expected = errc{}) {
        return handler_on{Executor(elsewhere.executor()),
                          [&elsewhere, &kept, expected](error_code error, fake_lease got) {
                              const bool right = expected == errc{} ? !error : error == expected;
                              if (right) ++elsewhere.completed;
                              if (got) kept = std::move(got);
                          }};
    };
    pool.async_acquire(1h, handler());  // opens
    REQUIRE(elsewhere.let_go_by(1));
    pool.async_acquire(1h, handler());  // waits for a return
    REQUIRE(podpool::test::waiters_become(pool, 1));
    auto returned = std::exchange(kept, {});
    returned.release();
    REQUIRE(elsewhere.let_go_by(2));
    pool.async_acquire(1ms, handler(errc::acquire_timeout));
    REQUIRE(elsewhere.let_go_by(3));
    pool.async_acquire(1h, handler(errc::pool_closed));
    REQUIRE(podpool::test::waiters_become(pool, 1));
    pool.close();
    REQUIRE(elsewhere.let_go_by(4));
}

}  // namespace

TEST_CASE("no executor of a handler's context is held when the handler's work ends: acquire") {
    foreign_context elsewhere;
    const bool erased = GENERATE(false, true);
    CAPTURE(erased);
    if (erased) {
        acquire_in_every_way<asio::any_io_executor>(elsewhere);
    } else {
        acquire_in_every_way<counted_executor>(elsewhere);
    }
}

TEST_CASE("no executor of a handler's context is held when the handler's work ends: cancellation") {
    foreign_context elsewhere;
    const fake_servers servers(1);
    io_threads io;
    fake_pool pool(io.executor(), small_pool(1), servers.driver());
    const fake_lease held = pool.acquire();
    asio::cancellation_signal signal;
    pool.async_acquire(1h, asio::bind_cancellation_slot(
                               signal.slot(), handler_on{elsewhere.executor(), [&](error_code error, auto&&) {
                                                             if (error == asio::error::operation_aborted)
                                                                 ++elsewhere.completed;
                                                         }}));
    signal.emit(asio::cancellation_type::terminal);
    CHECK(elsewhere.let_go_by(1));
}

TEST_CASE("no executor of a handler's context is held when the handler's work ends: close") {
    foreign_context elsewhere;
    const fake_servers servers(1);
    io_threads io;
    fake_pool pool(io.executor(), small_pool(1), servers.driver());
    {
        const fake_lease held = pool.acquire();
        pool.async_close(handler_on{elsewhere.executor(), [&](error_code) { ++elsewhere.completed; }});
    }
    CHECK(elsewhere.let_go_by(1));
}

TEST_CASE("no executor of a handler's context is held when the handler's work ends: a query") {
    foreign_context elsewhere;
    asio::io_context context;
    auto handler =
        handler_on{elsewhere.executor(), [&](const std::exception_ptr&, int) { ++elsewhere.completed; }};
    using podpool::detail::completed_by;
    const auto whom = GENERATE(completed_by::initiation, completed_by::anyone, completed_by::connection);
    const auto works = GENERATE(podpool::detail::own_work::none, podpool::detail::own_work::while_it_runs);
    auto waiting = podpool::detail::typed_query_handler<decltype(handler), int>::make(
        std::move(handler), context.get_executor(), works);
    waiting.release()->complete(nullptr, 1, whom);
    CHECK(elsewhere.let_go_by(1));
}
