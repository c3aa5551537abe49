// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "cli/load.hpp"

#include <podpool/detail/start_thread.hpp>
#include <podpool/options.hpp>
#include <podpool/pool.hpp>

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace podpool::cli {

/// Ends a query that blocks another thread; made on the thread that is about to query.
/// Each driver specializes it: constructible from (const Driver&, Driver::connection&), callable.
template <class Driver>
class interrupter;

/// Clients that block, a thread each.
template <class Driver>
class thread_load final : public load {
public:
    thread_load(const options& settings, const load_request& request);
    ~thread_load() override;

    [[nodiscard]] stats pool_stats() const override { return pool_.stats(); }
    [[nodiscard]] tally total() const override;
    void stop(std::chrono::nanoseconds grace) override;

private:
    /// What a client's thread shares with the one that reads and stops.
    struct client {
        mutable std::mutex mutex;
        tally counted;                            // guarded by mutex
        std::optional<interrupter<Driver>> busy;  // guarded by mutex: of the query under way
        bool cut = false;                         // guarded by mutex
        std::thread thread;
    };

    void run(client& self);
    void query_once(client& self, bool& acquired);
    [[nodiscard]] bool is_stopping() const;
    void cut_off(client& slow);

    const std::string sql_;
    const Driver driver_;
    pool<Driver> pool_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;    // guarded by mutex_
    std::size_t running_ = 0;  // guarded by mutex_
    std::vector<std::unique_ptr<client>> clients_;
};

template <class Driver>
thread_load<Driver>::thread_load(const options& settings, const load_request& request)
    : sql_(request.sql), driver_(settings), pool_(settings), running_(request.clients) {
    clients_.reserve(request.clients);
    for (std::size_t i = 0; i < request.clients; ++i) {
        clients_.push_back(std::make_unique<client>());
        client& started = *clients_.back();
        try {
            started.thread = detail::start_thread([this, &started] { run(started); });
        } catch (...) {
            // Too many threads for this machine: those that never began don't run.
            {
                const std::scoped_lock held(mutex_);
                running_ -= request.clients - i;
            }
            stop({});
            throw;
        }
    }
}

template <class Driver>
thread_load<Driver>::~thread_load() {
    stop({});
}

template <class Driver>
bool thread_load<Driver>::is_stopping() const {
    const std::scoped_lock held(mutex_);
    return stopping_;
}

template <class Driver>
void thread_load<Driver>::run(client& self) {
    while (!is_stopping()) {
        std::exception_ptr thrown;
        bool acquired = false;
        try {
            query_once(self, acquired);
        } catch (...) {
            thrown = std::current_exception();
        }
        if (!thrown) continue;
        if (is_pool_closed(thrown)) break;
        {
            const std::scoped_lock counting(self.mutex);
            self.counted.template count_error<typename Driver::error>(thrown);
            if (!acquired) ++self.counted.failed_acquires;
        }
        std::unique_lock held(mutex_);
        changed_.wait_for(held, error_pause, [this] { return stopping_; });
    }
    const std::scoped_lock held(mutex_);
    --running_;
    changed_.notify_all();
}

template <class Driver>
void thread_load<Driver>::query_once(client& self, bool& acquired) {
    using clock = std::chrono::steady_clock;
    const auto wanted = clock::now();
    const auto lease = pool_.acquire();
    acquired = true;
    const auto got = clock::now();
    {
        const std::scoped_lock held(self.mutex);
        self.busy.emplace(driver_, *lease);
    }
    std::exception_ptr thrown;
    try {
        lease->query(sql_);
    } catch (...) {
        thrown = std::current_exception();
    }
    const auto answered = clock::now();
    const std::scoped_lock held(self.mutex);
    self.busy.reset();
    if (!thrown) {
        self.counted.count_query(lease.endpoint(), wanted, got, answered);
    } else if (self.cut) {
        self.counted.count_cut_off();
    } else {
        std::rethrow_exception(thrown);
    }
}

template <class Driver>
tally thread_load<Driver>::total() const {
    tally sum;
    for (const auto& one : clients_) {
        const std::scoped_lock held(one->mutex);
        sum.merge(one->counted);
    }
    return sum;
}

template <class Driver>
void thread_load<Driver>::cut_off(client& slow) {
    const std::scoped_lock held(slow.mutex);
    slow.cut = true;
    if (slow.busy) (*slow.busy)();
}

template <class Driver>
void thread_load<Driver>::stop(std::chrono::nanoseconds grace) {
    std::unique_lock held(mutex_);
    stopping_ = true;
    changed_.notify_all();
    held.unlock();
    pool_.close();
    held.lock();
    if (!changed_.wait_for(held, grace, [this] { return running_ == 0; })) {
        held.unlock();
        for (const auto& one : clients_) cut_off(*one);
    }
    if (held) held.unlock();
    for (const auto& one : clients_) {
        if (one->thread.joinable()) one->thread.join();
    }
}

}  // namespace podpool::cli
