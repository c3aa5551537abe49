// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/pool.hpp>
#include <podpool/postgres.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace podpool::soak {

/// How a write ended, as its caller must see it.
enum class outcome : char {
    acknowledged,  ///< the server said that it is done
    not_sent,      ///< there was no connection, or its COMMIT was never sent
    refused,       ///< the driver said that it isn't done: the server said so, or it was never sent
    ambiguous,     ///< it was under way when the connection or the caller's patience ended
};

/// Callers with deadlines that write unique ids and read through one pool, over and over, and remember what
/// became of each id; none is ever written a second time.
///
/// They begin at once and end with the scope. Thread safety: one thread; figures may be read at any time.
class workload {
public:
    using clock = std::chrono::steady_clock;

    static constexpr std::size_t writers = 6;
    static constexpr std::size_t readers = 6;
    static constexpr std::chrono::seconds acquire_timeout{30};
    static constexpr std::chrono::seconds statement_deadline{10};

    /// The longest time between two successes of one caller.
    struct outage {
        clock::time_point from;
        clock::duration length{0};
    };

    /// `expected`: how long it will run; memory for what is remembered is taken beforehand.
    workload(pool<postgres>& pool, std::chrono::seconds expected);
    workload(const workload&) = delete;
    workload& operator=(const workload&) = delete;
    ~workload() { stop(); }

    /// Lets everybody finish; the figures stay.
    void stop();

    /// Successes of each caller so far, writers first.
    [[nodiscard]] std::vector<std::uint64_t> successes() const;
    /// Requests by how they ended.
    [[nodiscard]] std::map<std::string, std::uint64_t> writes() const;
    [[nodiscard]] std::map<std::string, std::uint64_t> reads() const;
    /// Answers that belonged to another question.
    [[nodiscard]] std::uint64_t wrong_answers() const;
    /// Readers that asked for a standby and were answered by a primary.
    [[nodiscard]] std::uint64_t wrong_roles() const;
    [[nodiscard]] outage longest_of_writers() const;
    [[nodiscard]] outage longest_of_readers() const;
    /// What became of a writer's ids, by sequence; only after stop().
    [[nodiscard]] const std::vector<outcome>& outcomes_of(std::size_t writer) const {
        return outcomes_.at(writer);
    }

private:
    /// What came of one statement.
    struct answer {
        std::string problem;   ///< empty: it succeeded before its deadline
        bool settled = false;  ///< it failed, and has surely not run
        postgres_result rows;
    };
    struct caller {
        std::uint64_t successes = 0;
        clock::time_point last_success;
        outage longest;
    };

    boost::asio::awaitable<void> write_on(std::size_t writer);
    boost::asio::awaitable<void> write_once(std::size_t writer);
    boost::asio::awaitable<void> read_on(std::size_t reader);
    boost::asio::awaitable<void> read_once(std::size_t reader, std::int64_t sequence);
    boost::asio::awaitable<answer> insert(postgres_connection& connection, clock::time_point deadline,
                                          std::size_t writer, std::int64_t sequence);
    boost::asio::awaitable<void> pause() const;
    void note_write(std::size_t writer, outcome ended, const std::string& how);
    void note_read(std::size_t reader, const std::string& problem);
    static void note_success(caller& who);
    [[nodiscard]] outage longest(std::size_t first, std::size_t end) const;

    pool<postgres>& pool_;
    std::atomic<bool> stopping_{false};
    mutable std::mutex mutex_;
    std::vector<caller> callers_;                  // guarded by mutex_
    std::map<std::string, std::uint64_t> writes_;  // guarded by mutex_
    std::map<std::string, std::uint64_t> reads_;   // guarded by mutex_
    std::uint64_t wrong_answers_ = 0;              // guarded by mutex_
    std::uint64_t wrong_roles_ = 0;                // guarded by mutex_
    std::vector<std::vector<outcome>> outcomes_;   // the runner's until it has ended
    std::unique_ptr<boost::asio::io_context> context_ = std::make_unique<boost::asio::io_context>();
    std::thread runner_;
};

}  // namespace podpool::soak
