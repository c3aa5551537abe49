// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "process_figures.hpp"
#include "replicated_set.hpp"
#include "workload.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace podpool::soak {

/// What the ledger holds of what the writers remember.
struct ledger_figures {
    std::uint64_t acknowledged = 0;
    std::uint64_t acknowledged_missing = 0;
    std::uint64_t written_twice = 0;
    std::uint64_t not_sent = 0;
    std::uint64_t not_sent_found = 0;
    std::uint64_t refused = 0;
    std::uint64_t refused_found = 0;
    std::uint64_t ambiguous_found = 0;
    std::uint64_t ambiguous_not_found = 0;
    std::uint64_t unknown_found = 0;  ///< nobody has asked for these
    std::string first_problem;        ///< writer, sequence and what is wrong

    [[nodiscard]] bool good() const { return first_problem.empty(); }
};

/// Compares the ledger on the primary with what the writers remember; the load must have stopped.
ledger_figures compare_ledger(replicated_set& servers, const workload& load);

/// Waits until every server counts as many sessions of the pool as the pool does; empty, or what differs
/// after a minute.
std::string disagreement(replicated_set& servers, const pool<postgres>& pool, const std::string& pool_name);

/// Waits until no server has a session of this pool; what is left after a minute.
std::size_t leaked_sessions(replicated_set& servers, const std::string& pool_name);

/// Everything that a run found.
struct findings {
    std::uint64_t seed = 0;
    std::chrono::steady_clock::duration injected{0};
    std::chrono::steady_clock::duration calm{0};
    ledger_figures ledger;
    std::size_t callers_without_success = 0;  ///< after the last fault had ended
    std::string disagreement;
    bool closed = false;
    std::size_t leaked = 0;
    process_figures before;
    process_figures after;
    std::chrono::steady_clock::duration warm_at{0};
    process_figures warm;
    process_figures at_end;
};

/// What must hold, and whether it does.
struct check {
    std::string what;
    bool holds;
};

std::vector<check> judge(const findings& found, const workload& load);

}  // namespace podpool::soak
