// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

namespace podpool::bench {

/// The pool that everybody writes by hand, with a lease that gives back: what podpool is compared with.
/// It balances nothing, renews nothing, has no deadline and counts nothing.
///
/// `ReadsClock`: it also notes when a connection was used last, as the simplest idle timeout needs.
template <class Connection, bool ReadsClock = false>
class hand_pool {
    struct entry {
        Connection* connection = nullptr;
        std::chrono::steady_clock::time_point last_used;
    };

public:
    class lease {
    public:
        lease(hand_pool& pool, entry held) : pool_(&pool), held_(held) {}
        lease(const lease&) = delete;
        lease& operator=(const lease&) = delete;
        ~lease() { pool_->give_back(held_); }
        Connection& operator*() const { return *held_.connection; }

    private:
        hand_pool* pool_;
        entry held_;
    };

    explicit hand_pool(const std::vector<Connection*>& connections) {
        for (Connection* const each : connections) idle_.push_back(entry{each, {}});
    }

    lease acquire() {
        std::unique_lock held(mutex_);
        returned_.wait(held, [this] { return !idle_.empty(); });
        const entry taken = idle_.back();
        idle_.pop_back();
        return lease(*this, taken);
    }

private:
    void give_back(entry back) {
        if constexpr (ReadsClock) back.last_used = std::chrono::steady_clock::now();
        {
            const std::lock_guard held(mutex_);
            idle_.push_back(back);
        }
        returned_.notify_one();
    }

    std::mutex mutex_;
    std::condition_variable returned_;
    std::deque<entry> idle_;
};

}  // namespace podpool::bench
