// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "cli/load.hpp"

#include <podpool/pool.hpp>
#include <podpool/postgres.hpp>

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace podpool::cli {

/// Clients that block, a thread each.
class thread_load final : public load {
public:
    thread_load(const options& settings, const load_request& request);
    ~thread_load() override;

    [[nodiscard]] stats pool_stats() const override { return pool_.stats(); }
    [[nodiscard]] tally total() const override;
    void stop(std::chrono::nanoseconds grace) override;

private:
    static constexpr int no_socket = -1;

    /// What a client's thread shares with the one that reads and stops.
    struct client {
        mutable std::mutex mutex;
        tally counted;           // guarded by mutex
        int socket = no_socket;  // guarded by mutex: that of the query under way
        bool cut = false;        // guarded by mutex
        std::thread thread;
    };

    void run(client& self);
    void query_once(client& self);
    [[nodiscard]] bool is_stopping() const;
    void cut_off(client& slow);

    const std::string sql_;
    pool<postgres> pool_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;    // guarded by mutex_
    std::size_t running_ = 0;  // guarded by mutex_
    std::vector<std::unique_ptr<client>> clients_;
};

}  // namespace podpool::cli
