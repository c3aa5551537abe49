// SPDX-License-Identifier: BSL-1.0
#include "database.hpp"
#include "groups.hpp"
#include "hand_pool.hpp"
#include "stub_driver.hpp"

namespace podpool::bench {

namespace {

const char* const group_name = "query";
const figure rate{"queries/s", 0};
const figure wait{"µs", 0};

contender through_pool(pool<postgres>& from, std::size_t callers, placement where, clock::duration length) {
    return querying("podpool", callers, where, length, [&from](std::size_t) {
        const auto leased = from.acquire();
        const auto rows = leased->query(statement);
    });
}

contender through_hand_pool(hand_pool<PGconn>& from, std::size_t callers, clock::duration length) {
    return querying("hand-written", callers, placement::anywhere, length, [&from](std::size_t) {
        const auto leased = from.acquire();
        query_libpq(&*leased);
    });
}

/// One caller: with client and server on two cores the time depends on how deep the cores sleep, so all of
/// them share one.
void move_to_one_core(const std::vector<PGconn*>& libpq, pool<postgres>& ours) {
    for (PGconn* const each : libpq) keep_on_first_core(PQbackendPID(each));
    const auto leased = ours.acquire();
    keep_on_first_core(PQbackendPID(leased->native_handle()));
}

void compare_with_dedicated(database& server, std::size_t callers, std::size_t rounds,
                            const bench_settings& settings, report& into) {
    const auto libpq = server.open_libpq(callers);
    pool<postgres> ours(server.uri(callers));
    wait_until_full(ours, callers);
    const placement where = callers == 1 ? placement::one_core : placement::anywhere;
    if (callers == 1) move_to_one_core(libpq, ours);
    const outcome result = run_rounds({through_pool(ours, callers, where, settings.long_round),
                                       dedicated_libpq(libpq, where, settings.long_round)},
                                      settings.rounds_or(rounds));
    constexpr double times_dedicated = 0.97;
    const std::string workload =
        "select 1, blocking, " + std::to_string(callers) + (callers == 1 ? " caller, one core" : " callers");
    row throughput(group_name, workload, rate, result.of(0, queries_per_second));
    throughput.against("dedicated libpq", result.of(1, queries_per_second));
    throughput.goal = aim{aim::bound::at_least, times_dedicated, false};
    into.rows.push_back(throughput);
    row slow(group_name, workload + ": p99", wait, result.of(0, latency_p99));
    slow.against("dedicated libpq", result.of(1, latency_p99));
    into.rows.push_back(slow);
}

void compare_with_hand(database& server, std::size_t rounds, const bench_settings& settings, report& into) {
    constexpr std::size_t callers = 32;
    constexpr std::size_t connections = 8;
    hand_pool<PGconn> hand(server.open_libpq(connections));
    pool<postgres> ours(server.uri(connections));
    wait_until_full(ours, connections);
    const outcome result = run_rounds({through_pool(ours, callers, placement::anywhere, settings.long_round),
                                       through_hand_pool(hand, callers, settings.long_round)},
                                      settings.rounds_or(rounds));
    const std::string workload = "select 1, blocking, 32 callers on 8 connections";
    row throughput(group_name, workload, rate, result.of(0, queries_per_second));
    throughput.against("hand-written + libpq", result.of(1, queries_per_second));
    throughput.goal = aim{aim::bound::at_least, 1.0, false};
    into.rows.push_back(throughput);
    row slow(group_name, workload + ": p99", wait, result.of(0, latency_p99));
    slow.against("hand-written + libpq", result.of(1, latency_p99));
    slow.goal = aim{aim::bound::at_most, 1.0, false};
    into.rows.push_back(slow);
}

}  // namespace

void run_query_group(const bench_settings& settings, report& into) {
    constexpr std::size_t few_rounds = 9;
    database server;
    for (const std::size_t callers : {std::size_t{1}, std::size_t{8}, std::size_t{32}}) {
        compare_with_dedicated(server, callers, few_rounds, settings, into);
    }
    compare_with_hand(server, few_rounds, settings, into);
}

}  // namespace podpool::bench
