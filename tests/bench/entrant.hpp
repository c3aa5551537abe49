// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "bench_settings.hpp"
#include "contenders/contender.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace podpool::bench {

/// One contender of a contest.
struct entrant {
    std::string name;
    std::string program;
    std::string kind;
    /// Added to the connection string.
    std::string keys;
    /// Whether there may be more callers than connections.
    bool has_pool = true;
};

/// What all entrants of a contest do.
struct task {
    std::string name;
    workload work = workload::select_1;
    std::size_t callers = 1;
    std::size_t connections = 1;
    bool one_core = false;
    own_work between = own_work::none;
};

/// podpool as it comes, with `pool_reset=full` and `rollback`, blocking and as coroutines; then the same of
/// an older podpool, if there is one; then the peers.
std::vector<entrant> all_entrants(const bench_settings& settings);

/// What the name of an older podpool's entrant begins with.
inline constexpr const char* older_mark = "older ";

/// The command that starts it on a server.
std::vector<std::string> command_of(const entrant& who, const task& what, const std::string& uri);

}  // namespace podpool::bench
