// SPDX-License-Identifier: BSL-1.0
#include "cli/coroutine_load.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>

namespace podpool::cli {

coroutine_load::coroutine_load(const options& settings, const load_request& request)
    : sql_(request.sql), cut_(request.clients), running_(request.clients) {
    pool_.emplace(context_.get_executor(), settings);
    for (auto& signal : cut_) {
        boost::asio::co_spawn(context_, run_client(),
                              boost::asio::bind_cancellation_slot(
                                  signal.slot(), [this](const std::exception_ptr&) { client_ended(); }));
    }
    thread_ = std::thread([this] { context_.run(); });
}

coroutine_load::~coroutine_load() { stop({}); }

void coroutine_load::client_ended() {
    const std::scoped_lock held(mutex_);
    --running_;
    changed_.notify_all();
}

boost::asio::awaitable<void> coroutine_load::run_client() {
    boost::asio::steady_timer pause(co_await boost::asio::this_coro::executor);
    for (;;) {
        {
            const std::scoped_lock held(mutex_);
            if (stopping_) co_return;
        }
        std::exception_ptr thrown;
        try {
            co_await query_once();
        } catch (...) {
            thrown = std::current_exception();
        }
        if (!thrown) continue;
        if (is_pool_closed(thrown)) co_return;
        count_error(thrown);
        pause.expires_after(error_pause);
        co_await pause.async_wait(boost::asio::use_awaitable);
    }
}

boost::asio::awaitable<void> coroutine_load::query_once() {
    using clock = std::chrono::steady_clock;
    const auto wanted = clock::now();
    const auto lease = co_await pool_->async_acquire(boost::asio::use_awaitable);
    const auto got = clock::now();
    co_await lease->async_query(sql_, boost::asio::use_awaitable);
    const auto answered = clock::now();
    const std::scoped_lock held(mutex_);
    counted_.count_query(lease.endpoint(), wanted, got, answered);
}

void coroutine_load::count_error(const std::exception_ptr& thrown) {
    const std::scoped_lock held(mutex_);
    if (cutting_) {
        counted_.count_cut_off();
    } else {
        counted_.count_error(thrown);
    }
}

tally coroutine_load::total() const {
    const std::scoped_lock held(mutex_);
    return counted_;
}

void coroutine_load::stop(std::chrono::nanoseconds grace) {
    if (!thread_.joinable()) return;
    std::unique_lock held(mutex_);
    stopping_ = true;
    held.unlock();
    pool_->close();
    held.lock();
    if (!changed_.wait_for(held, grace, [this] { return running_ == 0; })) {
        cutting_ = true;
        boost::asio::post(context_, [this] {
            for (auto& signal : cut_) signal.emit(boost::asio::cancellation_type::terminal);
        });
    }
    held.unlock();
    thread_.join();
}

}  // namespace podpool::cli
