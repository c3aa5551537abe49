// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "latencies.hpp"
#include "rounds.hpp"
#include "workers.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace podpool::bench {

constexpr const char* statement = "select 1";

/// What a round of queries gives, in this order.
enum query_figure : std::size_t { queries_per_second, latency_p50, latency_p99 };

/// A measurement's figures.
inline measurement evaluate_queries(const teamwork& work, const latencies& noted) {
    std::vector<double> all = noted.all();
    return {{work.cycles_per_second(), quantile(all, 0.5), quantile(all, 0.99)}, 0};
}

/// Repeats `query` until the deadline and notes how long each took; returns how many there were.
template <class Query>
std::uint64_t query_until(clock::time_point deadline, std::size_t thread, latencies& noted,
                          const Query& query) {
    std::uint64_t queries = 0;
    for (auto asked = clock::now(); asked < deadline; ++queries) {
        query();
        const auto answered = clock::now();
        noted.add(thread, answered - asked);
        asked = answered;
    }
    return queries;
}

/// Threads that repeat `query(index of the thread)`.
inline contender querying(std::string name, std::size_t callers, placement where, clock::duration length,
                          std::function<void(std::size_t)> query) {
    return {std::move(name), [callers, where, length, query = std::move(query)] {
                latencies noted(callers);
                const auto work =
                    run_together(callers, where, length, [&](std::size_t index, clock::time_point deadline) {
                        return query_until(deadline, index, noted, [&] { query(index); });
                    });
                return evaluate_queries(work, noted);
            }};
}

}  // namespace podpool::bench
