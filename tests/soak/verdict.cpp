// SPDX-License-Identifier: BSL-1.0
#include "verdict.hpp"

#include "support/wait_for.hpp"

#include <numeric>

namespace podpool::soak {

namespace {

// What a sanitizer keeps in quarantine, or remembers of accesses, counts as the process's.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_is_ours = false;
#else
constexpr bool memory_is_ours = true;
#endif

using session_counts = std::map<std::string, std::size_t>;

void compare_one(outcome ended, std::size_t times, const std::string& id, ledger_figures& sum) {
    const auto wrong = [&](const char* what) {
        if (sum.first_problem.empty()) sum.first_problem = id + " " + what;
    };
    if (times > 1) {
        ++sum.written_twice;
        wrong("is there twice");
    }
    switch (ended) {
        case outcome::acknowledged:
            ++sum.acknowledged;
            if (times == 0) {
                ++sum.acknowledged_missing;
                wrong("was acknowledged and is missing");
            }
            break;
        case outcome::not_sent:
            ++sum.not_sent;
            if (times > 0) {
                ++sum.not_sent_found;
                wrong("was never sent or never committed, and is there");
            }
            break;
        case outcome::refused:
            ++sum.refused;
            if (times > 0) {
                ++sum.refused_found;
                wrong("was refused and is there");
            }
            break;
        case outcome::ambiguous:
            ++(times > 0 ? sum.ambiguous_found : sum.ambiguous_not_found);
            break;
    }
}

std::string text_of(const session_counts& counts) {
    std::string text;
    for (const auto& [address, count] : counts)
        text += (text.empty() ? "" : ", ") + address + ": " + std::to_string(count);
    return text;
}

}  // namespace

ledger_figures compare_ledger(replicated_set& servers, const workload& load) {
    ledger_figures sum;
    for (std::size_t writer = 0; writer < workload::writers; ++writer) {
        const std::vector<outcome>& remembered = load.outcomes_of(writer);
        const std::string whose = "writer " + std::to_string(writer) + ", id ";
        std::vector<std::size_t> times(remembered.size());
        for (const std::uint64_t sequence : servers.ledger_of(writer)) {
            if (sequence < times.size()) {
                ++times[sequence];
                continue;
            }
            ++sum.unknown_found;
            if (sum.first_problem.empty())
                sum.first_problem = whose + std::to_string(sequence) + " is there and was never written";
        }
        for (std::size_t id = 0; id < times.size(); ++id)
            compare_one(remembered[id], times[id], whose + std::to_string(id), sum);
    }
    return sum;
}

std::string disagreement(replicated_set& servers, const pool<postgres>& pool, const std::string& pool_name) {
    session_counts believed;
    session_counts counted;
    const bool agreed = test::wait_for([&] {
        believed.clear();
        for (const endpoint_stats& one : pool.stats().endpoints) {
            if (one.open > 0) believed[one.where.address] = one.open;
        }
        counted = servers.sessions(pool_name);
        std::erase_if(counted, [](const auto& one) { return one.second == 0; });
        return believed == counted;
    });
    return agreed ? "" : "the pool says " + text_of(believed) + "; the servers say " + text_of(counted);
}

std::size_t leaked_sessions(replicated_set& servers, const std::string& pool_name) {
    std::size_t left = 0;
    const bool none = test::wait_for([&] {
        const session_counts counted = servers.sessions(pool_name);
        left = std::accumulate(counted.begin(), counted.end(), std::size_t{0},
                               [](std::size_t sum, const auto& one) { return sum + one.second; });
        return left == 0;
    });
    return none ? 0 : left;
}

std::vector<check> judge(const findings& found, const workload& load) {
    const ledger_figures& ledger = found.ledger;
    std::string agreed = "each server counts as many sessions as the pool does";
    if (!found.disagreement.empty()) agreed += ": " + found.disagreement;
    std::vector<check> checks{
        {"every acknowledged write is in the ledger", ledger.acknowledged_missing == 0},
        {"no write is there twice", ledger.written_twice == 0},
        {"no write that was refused, not sent or not committed is there",
         ledger.refused_found == 0 && ledger.not_sent_found == 0 && ledger.unknown_found == 0},
        {"every answer belonged to its question", load.wrong_answers() == 0},
        {"every caller succeeded again once all faults had ended", found.callers_without_success == 0},
        {agreed, found.disagreement.empty()},
        {"the pool closed within a minute", found.closed},
        {"no session is left on any server", found.leaked == 0},
        {"no descriptor is left", found.after.descriptors <= found.before.descriptors},
        {"no thread is left", found.after.threads <= found.before.threads},
    };
    if (memory_is_ours) {
        constexpr std::size_t noise = 16U << 20U;  // of the allocator: the load comes and goes
        const bool steady = found.at_end.resident_bytes < found.warm.resident_bytes + noise;
        checks.push_back({"memory grew by less than 16 MB", steady});
    }
    return checks;
}

}  // namespace podpool::soak
