// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pods.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace podpool::test {

/// Threads that lease a connection, run a statement and give the connection back, over and over; keeps
/// what went wrong for them. Stops at the end of its scope.
class load {
public:
    using clock = std::chrono::steady_clock;

    /// A statement that failed during a lease.
    struct failed_query {
        podpool::endpoint where;
        std::string text;
        clock::time_point asked_at;     ///< before the connection was asked for
        clock::time_point returned_at;  ///< after it was given back
    };

    load(pool<database>& pool, std::size_t callers,
         std::string sql = dialect::sleep(std::chrono::milliseconds(10)), role wanted = role::any);
    load(const load&) = delete;
    load& operator=(const load&) = delete;
    ~load() { stop(); }

    /// Ends the threads; the figures stay.
    void stop();

    /// Statements that succeeded.
    [[nodiscard]] std::uint64_t queries() const { return queries_; }
    /// The longest that any of them has waited for a lease.
    [[nodiscard]] std::chrono::milliseconds longest_wait() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(longest_wait_.load());
    }
    /// Waits until `more` further statements have succeeded; false if they don't within a minute.
    [[nodiscard]] bool goes_on(std::uint64_t more = 100) const;
    /// What the failed acquires said.
    [[nodiscard]] std::vector<std::string> failed_acquires() const;
    [[nodiscard]] std::vector<failed_query> failed_queries() const;
    /// Servers that callers were given although the pool knew, before and after, that they have another role
    /// than the wanted one.
    [[nodiscard]] std::vector<podpool::endpoint> wrong_servers() const;

private:
    void work();
    void note_wait(clock::duration waited);
    [[nodiscard]] lease<database> acquire();

    pool<database>& pool_;
    std::string sql_;
    role wanted_;
    std::atomic<bool> stopping_{false};
    std::atomic<std::uint64_t> queries_{0};
    std::atomic<clock::duration> longest_wait_{clock::duration::zero()};
    mutable std::mutex mutex_;
    std::vector<std::string> failed_acquires_;      // guarded by mutex_
    std::vector<failed_query> failed_queries_;      // guarded by mutex_
    std::vector<podpool::endpoint> wrong_servers_;  // guarded by mutex_
    std::vector<std::thread> threads_;
};

}  // namespace podpool::test
