// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "cli/load.hpp"

#include <podpool/pool.hpp>
#include <podpool/postgres.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace podpool::cli {

/// Clients that are coroutines, all of them and the pool on one thread.
class coroutine_load final : public load {
public:
    coroutine_load(const options& settings, const load_request& request);
    ~coroutine_load() override;

    [[nodiscard]] stats pool_stats() const override { return pool_->stats(); }
    [[nodiscard]] tally total() const override;
    void stop(std::chrono::nanoseconds grace) override;

private:
    boost::asio::awaitable<void> run_client();
    boost::asio::awaitable<void> query_once();
    void count_error(const std::exception_ptr& thrown);
    void client_ended();

    const std::string sql_;
    boost::asio::io_context context_{1};
    std::optional<pool<postgres>> pool_;
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

}  // namespace podpool::cli
