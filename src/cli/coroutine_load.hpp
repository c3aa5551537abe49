// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "cli/load.hpp"

#include <podpool/detail/start_thread.hpp>
#include <podpool/options.hpp>
#include <podpool/pool.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace podpool::cli {

/// Clients that are coroutines, all of them and the pool on one thread.
template <class Driver>
class coroutine_load final : public load {
public:
    coroutine_load(const options& settings, const load_request& request);
    ~coroutine_load() override;

    [[nodiscard]] stats pool_stats() const override { return pool_->stats(); }
    [[nodiscard]] tally total() const override;
    void stop(std::chrono::nanoseconds grace) override;

private:
    boost::asio::awaitable<void> run_client();
    boost::asio::awaitable<void> query_once(bool& acquired);
    void count_error(const std::exception_ptr& thrown, bool acquired);
    void client_ended();

    const std::string sql_;
    boost::asio::io_context context_{1};
    std::optional<pool<Driver>> pool_;
    // One per client; emitted on the context's thread only.
    std::deque<boost::asio::cancellation_signal> cut_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    tally counted_;            // guarded by mutex_
    std::size_t running_ = 0;  // guarded by mutex_
    bool stopping_ = false;    // guarded by mutex_
    bool cutting_ = false;     // guarded by mutex_
    std::thread thread_;
};

template <class Driver>
coroutine_load<Driver>::coroutine_load(const options& settings, const load_request& request)
    : sql_(request.sql), cut_(request.clients), running_(request.clients) {
    pool_.emplace(context_.get_executor(), settings);
    for (auto& signal : cut_) {
        boost::asio::co_spawn(context_, run_client(),
                              boost::asio::bind_cancellation_slot(
                                  signal.slot(), [this](const std::exception_ptr&) { client_ended(); }));
    }
    thread_ = detail::start_thread([this] { context_.run(); });
}

template <class Driver>
coroutine_load<Driver>::~coroutine_load() {
    stop({});
}

template <class Driver>
void coroutine_load<Driver>::client_ended() {
    const std::scoped_lock held(mutex_);
    --running_;
    changed_.notify_all();
}

template <class Driver>
boost::asio::awaitable<void> coroutine_load<Driver>::run_client() {
    boost::asio::steady_timer pause(co_await boost::asio::this_coro::executor);
    for (;;) {
        {
            const std::scoped_lock held(mutex_);
            if (stopping_) co_return;
        }
        std::exception_ptr thrown;
        bool acquired = false;
        try {
            co_await query_once(acquired);
        } catch (...) {
            thrown = std::current_exception();
        }
        if (!thrown) continue;
        if (is_pool_closed(thrown)) co_return;
        count_error(thrown, acquired);
        pause.expires_after(error_pause);
        co_await pause.async_wait(boost::asio::use_awaitable);
    }
}

template <class Driver>
boost::asio::awaitable<void> coroutine_load<Driver>::query_once(bool& acquired) {
    using clock = std::chrono::steady_clock;
    const auto wanted = clock::now();
    const auto lease = co_await pool_->async_acquire(boost::asio::use_awaitable);
    acquired = true;
    const auto got = clock::now();
    co_await lease->async_query(sql_, boost::asio::use_awaitable);
    const auto answered = clock::now();
    const std::scoped_lock held(mutex_);
    counted_.count_query(lease.endpoint(), wanted, got, answered);
}

template <class Driver>
void coroutine_load<Driver>::count_error(const std::exception_ptr& thrown, bool acquired) {
    const std::scoped_lock held(mutex_);
    if (cutting_) {
        counted_.count_cut_off();
    } else {
        counted_.template count_error<typename Driver::error>(thrown);
        if (!acquired) ++counted_.failed_acquires;
    }
}

template <class Driver>
tally coroutine_load<Driver>::total() const {
    const std::scoped_lock held(mutex_);
    return counted_;
}

template <class Driver>
void coroutine_load<Driver>::stop(std::chrono::nanoseconds grace) {
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
