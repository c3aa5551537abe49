// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "cli/tally.hpp"

#include <podpool/stats.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace podpool::cli {

/// Clients that all do the same: take a connection, run a statement, give it back, again.
struct load_request {
    std::size_t clients = 0;
    std::string sql = "select 1";
    /// Coroutines on one thread instead of one blocking thread per client.
    bool coroutines = false;
};

/// A pool and its clients, running from construction to stop().
///
/// Thread safety: one thread at a time. A client that met an error waits error_pause before it goes on.
class load {
public:
    static constexpr std::chrono::milliseconds error_pause{100};

    load() = default;
    load(const load&) = delete;
    load& operator=(const load&) = delete;
    virtual ~load() = default;

    [[nodiscard]] virtual stats pool_stats() const = 0;
    /// What all clients together did up to now.
    [[nodiscard]] virtual tally total() const = 0;
    /// Closes the pool, starts no further query and waits for those that run, at most `grace`; then they
    /// are cut off and counted as errors. Idempotent; destructors call it.
    virtual void stop(std::chrono::nanoseconds grace) = 0;
};

}  // namespace podpool::cli
