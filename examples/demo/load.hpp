// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/podpool.hpp>
#include <podpool/postgres.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace demo {

using postgres_pool = podpool::pool<podpool::postgres>;

/// The application: threads that acquire, query and release until it is destroyed.
class load {
public:
    load(postgres_pool& pool, unsigned threads);
    load(const load&) = delete;
    load& operator=(const load&) = delete;
    ~load();

    /// What happened so far.
    struct figures {
        std::map<std::string, std::uint64_t> queries;  ///< by address
        std::uint64_t failed_acquires = 0;
        std::map<std::string, std::uint64_t> failed_queries;  ///< by reason
    };
    [[nodiscard]] figures now();

private:
    void work();
    void one_round();

    postgres_pool& pool_;
    std::atomic<bool> ended_{false};
    std::mutex mutex_;
    figures figures_;
    std::vector<std::thread> threads_;
};

}  // namespace demo
