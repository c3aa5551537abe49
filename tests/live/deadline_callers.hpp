// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pods.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace podpool::test {

/// Coroutines that lease a connection, run a short statement with a deadline of their own and give the
/// connection back, over and over, and a pool on their executor. They end at the end of the scope.
class deadline_callers {
public:
    deadline_callers(const std::string& url, std::size_t callers) : pool_(context_.get_executor(), url) {
        for (std::size_t i = 0; i < callers; ++i) {
            boost::asio::co_spawn(context_, call(), boost::asio::detached);
        }
        runner_ = std::thread([this] { context_.run(); });
    }
    deadline_callers(const deadline_callers&) = delete;
    deadline_callers& operator=(const deadline_callers&) = delete;
    ~deadline_callers() { stop(); }

    /// Lets everybody finish; the figures stay.
    void stop() {
        if (!runner_.joinable()) return;
        stopping_ = true;
        pool_.async_close([](boost::system::error_code) {});
        runner_.join();
    }

    [[nodiscard]] podpool::pool<database>& pool() { return pool_; }
    /// Waits until `more` further statements have been answered; false if they aren't within a minute.
    [[nodiscard]] bool go_on(std::size_t more) const {
        const std::size_t goal = answers_ + more;
        return eventually([&] { return answers_ >= goal; });
    }
    [[nodiscard]] std::size_t failed_acquires() const { return failed_acquires_; }
    /// Statements that failed or took longer than their deadline, by address.
    [[nodiscard]] std::map<std::string, std::size_t> lost() const {
        const std::lock_guard held(mutex_);
        return lost_;
    }

private:
    boost::asio::awaitable<void> call() {
        static const std::string statement = dialect::sleep(std::chrono::milliseconds(5));
        using namespace boost::asio::experimental::awaitable_operators;
        constexpr auto token = boost::asio::as_tuple(boost::asio::use_awaitable);
        while (!stopping_) {
            auto [failed, connection] = co_await pool_.async_acquire(std::chrono::seconds(20), token);
            if (failed) {
                ++failed_acquires_;
                continue;
            }
            boost::asio::steady_timer deadline(co_await boost::asio::this_coro::executor,
                                               std::chrono::seconds(1));
            const auto outcome =
                co_await (connection->async_query(statement, token) || deadline.async_wait(token));
            if (outcome.index() == 0 && std::get<0>(std::get<0>(outcome)) == nullptr) {
                ++answers_;
            } else {
                const std::lock_guard held(mutex_);
                ++lost_[connection.endpoint().address];
            }
        }
    }

    std::atomic<bool> stopping_{false};
    std::atomic<std::size_t> answers_{0};
    std::atomic<std::size_t> failed_acquires_{0};
    mutable std::mutex mutex_;
    std::map<std::string, std::size_t> lost_;  // guarded by mutex_
    boost::asio::io_context context_;
    podpool::pool<database> pool_;
    std::thread runner_;
};

}  // namespace podpool::test
