// SPDX-License-Identifier: BSL-1.0
#include "workers.hpp"

#include "connector_instance.hpp"

#include <podpool/detail/start_thread.hpp>
#include <podpool/error.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace podpool::detail {

namespace {

/// How long a thread waits for its next job.
constexpr std::chrono::seconds patience{10};

}  // namespace

mysql_workers::mysql_workers(std::size_t most) : most_(std::max<std::size_t>(most, 1)) {}

mysql_workers::~mysql_workers() {
    std::unique_lock held(mutex_);
    closing_ = true;
    wake_.notify_all();
    wake_.wait(held, [this] { return threads_.empty(); });
    held.unlock();
    for (std::thread& one : ended_) one.join();
}

void mysql_workers::submit(job todo) {
    std::list<std::thread> done;
    {
        const std::lock_guard held(mutex_);
        waiting_.push_back(std::move(todo));
        done.swap(ended_);
        if (idle_ >= waiting_.size() || threads_.size() >= most_) {
            wake_.notify_one();
        } else {
            try {
                threads_.emplace_back();
                const auto self = std::prev(threads_.end());
                *self = start_thread([this, self] { run(self); });
            } catch (const error&) {
                threads_.pop_back();
                // Another one takes the job when it is free, if there is any.
                if (threads_.empty()) {
                    waiting_.pop_back();
                    throw;
                }
            }
        }
    }
    for (std::thread& one : done) one.join();
}

std::size_t mysql_workers::threads() const {
    const std::lock_guard held(mutex_);
    return threads_.size();
}

void mysql_workers::run(std::list<std::thread>::iterator self) {
    enter_connector_thread();
    std::unique_lock held(mutex_);
    for (;;) {
        if (waiting_.empty() && !closing_) {
            ++idle_;
            wake_.wait_for(held, patience, [this] { return !waiting_.empty() || closing_; });
            --idle_;
        }
        if (waiting_.empty()) break;
        job todo = std::move(waiting_.front());
        waiting_.pop_front();
        held.unlock();
        todo();
        todo = nullptr;
        held.lock();
    }
    ended_.splice(ended_.end(), threads_, self);
    if (closing_) wake_.notify_all();
}

}  // namespace podpool::detail
