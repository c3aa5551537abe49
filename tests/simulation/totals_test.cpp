// SPDX-License-Identifier: BSL-1.0
// Small pools in many clients, which only the servers' own totals can make even.
#include "scenario.hpp"

using namespace podpool;
using namespace podpool::simulation;

namespace {

constexpr std::uint64_t seeds = 20;

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// Starts pools of one size that fill themselves, at random moments within some time.
void start_pools(world& here, std::size_t pools, std::size_t size, duration within) {
    here.check_every = 100;
    for (std::size_t number = 0; number < pools; ++number) {
        options settings = pool_of(size);
        settings.min_conns = size;
        here.events().after(here.rng().up_to(within), [&here, settings] { here.add_pool(settings); });
    }
}

}  // namespace

TEST_CASE("200 pools of 1 over 5 pods are even within a minute of a cold start, by the servers' totals") {
    std::vector<double> with;
    std::vector<double> without;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        for (const bool told : {true, false}) {
            world here(seed);
            const auto pods = here.add_pods(5);
            for (pod* each : pods) each->tells_total = told;
            start_pools(here, 200, 1, 5s);
            here.run_for(65s);
            (told ? with : without).push_back(evenness(here.sessions(pods)).max_over_mean);
            here.finish();
        }
    }
    INFO("max/mean " << median(with) << ", without totals " << median(without));
    CHECK(median(with) <= 1.05);
    CHECK(median(without) >= 1.1);  // else the totals would have nothing to do
}

TEST_CASE("200 pools of 3, 4 to 5 pods: even within a minute, the new pod has its share within two") {
    std::vector<double> even;
    std::vector<double> share;
    std::vector<double> dials;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        world here(seed);
        auto pods = here.add_pods(4);
        start_pools(here, 200, 3, 5s);
        here.run_for(6min);
        pods.push_back(&here.add_pod());
        for (pod& each : here.pods()) each.dials.clear();
        here.publish(pods);
        here.run_for(60s);
        even.push_back(evenness(here.sessions(pods)).max_over_mean);
        here.run_for(60s);
        share.push_back(evenness(here.sessions(pods)).newest_share);
        dials.push_back(static_cast<double>(here.most_dials_within(10s)) / 10);
        here.finish();
    }
    INFO("max/mean " << median(even) << ", newest share " << median(share) << ", dials per second "
                     << median(dials));
    CHECK(median(even) <= 1.05);
    CHECK(median(share) >= 0.95);
    CHECK(median(dials) <= 8);
}

TEST_CASE("1000 pools of 3 over 20 pods whose totals are 15 s old: even all the same, and nothing swings") {
    std::vector<double> even;
    std::vector<double> worst;
    for (std::uint64_t seed = 1; seed <= seeds / 4; ++seed) {
        world here(seed);
        const auto pods = here.add_pods(20);
        for (pod* each : pods) each->total_lag = 15s;
        start_pools(here, 1000, 3, 60s);
        here.run_for(3min);
        even.push_back(evenness(here.sessions(pods)).max_over_mean);
        double most = 0;
        for (int time = 0; time < 12; ++time) {
            here.run_for(10s);
            most = std::max(most, evenness(here.sessions(pods)).max_over_mean);
        }
        worst.push_back(most);
        here.finish();
    }
    INFO("max/mean " << median(even) << ", worst of the next two minutes " << median(worst));
    CHECK(median(even) <= 1.10);
    CHECK(median(worst) <= 1.10);
}

TEST_CASE(
    "totals move nothing while no endpoint comes or goes: an hour of idling, of steady load, of bursts") {
    const auto seed = GENERATE(1U, 2U, 3U);
    const auto pattern = GENERATE(0, 1, 2);
    world here(seed);
    const auto pods = here.add_pods(5);
    start_pools(here, 20, 3, 5s);
    here.run_for(10min);
    if (pattern == 1) {
        for (const auto& pool : here.pools()) {
            here.clients(*pool, 2, spread(0ms, 5s), 61min, caller_plan(spread(1ms, 50ms)));
        }
    }
    const std::uint64_t before = moves(here);
    for (int minute = 0; minute < 60; ++minute) {
        for (const auto& pool : here.pools()) {
            if (pattern == 2 && minute % 5 == 0) here.burst(*pool, 6, caller_plan(spread(10ms, 2s)));
        }
        here.run_for(1min);
    }
    std::uint64_t failed = 0;
    std::uint64_t turned_back = 0;
    for (const auto& pool : here.pools()) {
        failed += pool->callers().failed();
        turned_back += closes(pool->snapshot(), close_reason::surplus);
    }
    INFO("seed " << seed << ", pattern " << pattern << ", sessions " << listed(here.sessions(pods)));
    CHECK(moves(here) == before);
    CHECK(failed == 0);
    here.run_for(1min);
    std::uint64_t later = 0;
    for (const auto& pool : here.pools()) later += closes(pool->snapshot(), close_reason::surplus);
    CHECK(later == turned_back);
    // Renewals have replaced every session at least once, and left each where it was.
    CHECK(evenness(here.sessions(pods)).max_over_mean <= 1.1);
    here.finish();
}
