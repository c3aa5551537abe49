// SPDX-License-Identifier: BSL-1.0
#include "cycles.hpp"
#include "groups.hpp"
#include "latencies.hpp"

#include <algorithm>

namespace podpool::bench {

namespace {

constexpr std::size_t threads = 8;
constexpr std::size_t connections = 4;
constexpr std::chrono::milliseconds held_for{1};
constexpr std::size_t usual_rounds = 9;
const char* const group_name = "held";
const char* const workload = "8 threads on 4 connections, each held 1 ms";

enum figure_index : std::size_t { throughput, p50, p99, p999, least_share };

measurement evaluate(const teamwork& work, const latencies& waits) {
    std::vector<double> all = waits.all();
    std::uint64_t least = work.cycles();
    for (const worker_span& span : work.spans()) least = std::min(least, span.cycles);
    const double mean = static_cast<double>(work.cycles()) / static_cast<double>(work.spans().size());
    constexpr double per_milli = 1e-3;
    return {{work.cycles_per_second(), quantile(all, 0.5) * per_milli, quantile(all, 0.99) * per_milli,
             quantile(all, 0.999) * per_milli, static_cast<double>(least) / mean},
            0};
}

template <class Pool>
contender measured(const std::string& name, Pool& pool, std::chrono::nanoseconds length) {
    return {name, [&pool, length] {
                latencies waits(threads);
                const auto work = run_together(
                    threads, placement::anywhere, length, [&](std::size_t index, clock::time_point deadline) {
                        sleep_precisely();
                        std::uint64_t cycles = 0;
                        for (auto asked = clock::now(); asked < deadline; asked = clock::now(), ++cycles) {
                            const auto leased = pool.acquire();
                            waits.add(index, clock::now() - asked);
                            sleep_for(held_for);
                        }
                        return cycles;
                    });
                return evaluate(work, waits);
            }};
}

/// As many threads as connections that never wait for one: what the machine's sleeps allow.
contender sleepers(std::chrono::nanoseconds length) {
    return {"4 threads that only sleep", [length] {
                const auto work = run_together(connections, placement::anywhere, length,
                                               [](std::size_t, clock::time_point deadline) {
                                                   sleep_precisely();
                                                   std::uint64_t cycles = 0;
                                                   for (; clock::now() < deadline; ++cycles)
                                                       sleep_for(held_for);
                                                   return cycles;
                                               });
                return evaluate(work, latencies(1));
            }};
}

}  // namespace

void run_held_group(const bench_settings& settings, report& into) {
    stub_connections numbers(connections);
    hand_pool<int> hand(numbers.pointers());
    pool<stub_driver> ours(full_pool_options(connections));
    wait_until_full(ours, connections);
    const outcome result =
        run_rounds({measured("podpool", ours, settings.long_round),
                    measured("hand-written", hand, settings.long_round), sleepers(settings.long_round)},
                   settings.rounds_or(usual_rounds));
    const std::string text = workload;
    const figure rate{"cycles/s", 0};
    const figure wait{"ms", 2};
    row beside_floor(group_name, text + ": throughput", rate, result.of(0, throughput));
    beside_floor.against("4 threads that only sleep", result.of(2, throughput));
    into.rows.push_back(beside_floor);
    const auto add = [&](const std::string& what, const figure& unit, std::size_t index,
                         std::optional<aim> goal) {
        row line(group_name, text + ": " + what, unit, result.of(0, index));
        line.against("hand-written", result.of(1, index));
        line.goal = goal;
        into.rows.push_back(line);
    };
    add("throughput", rate, throughput, aim{aim::bound::at_least, 3700, true});
    // Beside barging, where most callers don't wait at all, a ratio of medians means nothing.
    into.rows.emplace_back(group_name, text + ": acquire p50", wait, result.of(0, p50));
    add("acquire p99", wait, p99, aim{aim::bound::at_most, 1.3, true});
    add("acquire p99.9", wait, p999, aim{aim::bound::at_most, 3.0, true});
    add("least busy caller's share of the mean", {"", 2}, least_share, {});
}

}  // namespace podpool::bench
