// SPDX-License-Identifier: BSL-1.0
#pragma once

// The build says which database's.
#include "dialect.hpp"

#include <podpool/podpool.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace demo {

/// The application under load: threads that lease a connection, query and give it back, without a pause.
class application {
public:
    using pool_type = podpool::pool<dialect::driver>;

    /// What its callers have seen go wrong so far.
    struct trouble {
        std::uint64_t failed_acquires = 0;
        std::uint64_t failed_queries = 0;
        std::map<std::string, std::uint64_t> by_address;  ///< failed queries
        std::map<std::string, std::uint64_t> reasons;     ///< of both, without the address
    };

    /// `uri` as podpool takes it; `threads` callers.
    application(const std::string& uri, std::size_t threads);
    application(const application&) = delete;
    application& operator=(const application&) = delete;
    /// Stops the callers and closes the pool.
    ~application();

    [[nodiscard]] trouble seen() const;
    [[nodiscard]] podpool::stats stats() const { return pool_.stats(); }

private:
    void call();

    pool_type pool_;
    std::atomic<bool> ended_{false};
    mutable std::mutex mutex_;
    trouble trouble_;  // guarded by mutex_
    std::vector<std::thread> threads_;
};

}  // namespace demo
