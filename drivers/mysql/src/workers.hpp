// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace podpool::detail {

/// The threads on which a driver's blocking calls run: one for each call that is in flight, so that calls
/// to a server that hangs never keep another server's waiting.
///
/// A call that comes when all `most` threads are busy waits for one. A thread that has had nothing to do
/// for a while ends. Jobs must not throw, and must not destroy the last owner of this object.
/// Thread safety: submit() and most() may be called on any thread.
class mysql_workers {
public:
    using job = std::function<void()>;

    /// `most`: how many threads there may be, at least 1.
    explicit mysql_workers(std::size_t most);
    mysql_workers(const mysql_workers&) = delete;
    mysql_workers& operator=(const mysql_workers&) = delete;
    /// Runs what was submitted and waits for it.
    ~mysql_workers();

    /// Runs a job on a thread of its own. Throws std::system_error if there is none and none can be made.
    void submit(job todo);

    /// Threads that exist now.
    [[nodiscard]] std::size_t threads() const;

private:
    void run(std::list<std::thread>::iterator self);
    void join_ended();

    const std::size_t most_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<job> waiting_;         // guarded by mutex_
    std::list<std::thread> threads_;  // guarded by mutex_
    std::list<std::thread> ended_;    // guarded by mutex_: they have left run(), or are about to
    std::size_t idle_ = 0;            // guarded by mutex_
    bool closing_ = false;            // guarded by mutex_
};

}  // namespace podpool::detail
