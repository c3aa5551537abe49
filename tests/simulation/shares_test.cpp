// SPDX-License-Identifier: BSL-1.0
// Fleets whose pods should not all carry the same, or not for every client: weights, zones, subsets, and the
// cap on opens per second.
#include "scenario.hpp"

#include <set>

using namespace podpool;
using namespace podpool::simulation;

namespace {

std::set<const pod*> used_by(const simulated_pool& pool, const std::vector<pod*>& pods) {
    std::set<const pod*> used;
    for (const pod* each : pods) {
        if (pool.sessions_on(*each) > 0) used.insert(each);
    }
    return used;
}

/// How far the fullest and the emptiest pod are from what each should carry.
std::pair<double, double> extremes(const std::vector<std::size_t>& counts, const std::vector<double>& due) {
    double least = 1e9;
    double most = 0;
    for (std::size_t index = 0; index < counts.size(); ++index) {
        const double ratio = static_cast<double>(counts[index]) / due[index];
        least = std::min(least, ratio);
        most = std::max(most, ratio);
    }
    return {least, most};
}

}  // namespace

TEST_CASE("a fleet of small pools shares its sessions out by weight, and again when a weight changes") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    here.check_every = 20;
    const auto pods = here.add_pods(3);
    pods[2]->weight = 2;
    here.publish(pods);
    for (int number = 0; number < 80; ++number) here.add_pool(full_pool(5));
    here.run_for(3min);
    const auto before = extremes(here.sessions(pods), {100, 100, 200});
    INFO("seed " << seed << ", sessions " << listed(here.sessions(pods)));
    CHECK(before.first >= 0.85);
    CHECK(before.second <= 1.15);

    pods[0]->weight = 3;
    pods[2]->weight = 1;
    here.publish(pods);
    here.run_for(4min);
    const auto after = extremes(here.sessions(pods), {240, 80, 80});
    INFO("then " << listed(here.sessions(pods)));
    CHECK(after.first >= 0.85);
    CHECK(after.second <= 1.15);
    here.finish();
}

TEST_CASE("zones of different size: every pod carries the same, and only the smallest zone looks elsewhere") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    here.check_every = 20;
    const auto pods = here.add_pods(6);
    const std::vector<std::string> zones{"a", "b", "b", "c", "c", "c"};
    for (std::size_t index = 0; index < pods.size(); ++index) pods[index]->zone = zones[index];
    here.publish(pods);
    std::vector<std::pair<std::string, simulated_pool*>> clients;
    for (const std::string zone : {"a", "b", "c"}) {
        for (int number = 0; number < 20; ++number) {
            options settings = full_pool(6);
            settings.zone = zone;
            simulated_pool& pool = here.add_pool(settings);
            here.arrivals(pool, 2, 12min, caller_plan(spread(1ms, 50ms)));
            clients.emplace_back(zone, &pool);
        }
    }
    here.run_for(3min);
    INFO("seed " << seed << ", sessions " << listed(here.sessions(pods)));
    const auto [least, most] = extremes(here.sessions(pods), std::vector<double>(6, 60));
    CHECK(least >= 0.85);
    CHECK(most <= 1.15);
    for (const auto& [zone, pool] : clients) {
        for (const pod* each : pods) {
            if (zone != "a" && each->zone != zone) CHECK(pool->sessions_on(*each) == 0);
        }
    }

    // The whole zone b dies: its clients go on elsewhere, and come home when it is back.
    here.kill(*pods[1]);
    here.kill(*pods[2]);
    here.run_for(2min);
    CHECK(total(here.sessions({pods[0], pods[3], pods[4], pods[5]})) == 360);
    for (std::size_t index : {1U, 2U}) pods[index]->mood = pod_mood::accepts;
    here.run_for(5min);
    INFO("then " << listed(here.sessions(pods)));
    CHECK(total(here.sessions({pods[1], pods[2]})) >= 100);
    for (const auto& [zone, pool] : clients) CHECK(pool->callers().failed() == 0);
    here.run_for(3min);
    here.finish();
}

TEST_CASE(
    "a fleet with subsets: few connections each, all pods in use, and little moves when the set changes") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    here.check_every = 50;
    auto pods = here.add_pods(40);
    std::vector<simulated_pool*> pools;
    for (int number = 0; number < 200; ++number) {
        options settings = full_pool(8);
        settings.subset = 4;
        settings.max_conn_lifetime = 10h;
        settings.server_totals = false;
        pools.push_back(&here.add_pool(settings));
    }
    here.run_for(1min);
    std::vector<std::set<const pod*>> before;
    for (const simulated_pool* pool : pools) {
        before.push_back(used_by(*pool, pods));
        CHECK(before.back().size() == 4);
    }
    const auto counts = here.sessions(pods);
    INFO("seed " << seed << ", sessions " << listed(counts));
    // 800 choices among 40 pods: 20 on average, with a deviation of 4.2.
    CHECK(*std::min_element(counts.begin(), counts.end()) >= 2 * 6);
    CHECK(*std::max_element(counts.begin(), counts.end()) <= 2 * 36);

    pods.push_back(&here.add_pod());
    here.publish(pods);
    here.run_for(5min);
    std::size_t changed = 0;
    for (std::size_t index = 0; index < pools.size(); ++index) {
        const auto now = used_by(*pools[index], pods);
        CHECK(now.size() == 4);
        if (now == before[index]) continue;
        ++changed;
        CHECK(now.contains(pods.back()));
    }
    // 4 of 41 of the pools on average: 20, with a deviation of 4.2.
    CHECK(changed >= 5);
    CHECK(changed <= 37);
    CHECK(pods.back()->sessions.size() == 2 * changed);
    here.finish();
}

TEST_CASE("#f a pod that comes up empty under a flood of callers isn't flooded, and isn't starved either") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    here.check_every = 20;
    auto pods = here.add_pods(2);
    options settings = pool_of(120);
    settings.max_opens_per_second = 5;
    simulated_pool& pool = here.add_pool(settings);
    here.clients(pool, 20, spread(0ms, 20ms), 4min, caller_plan(spread(50ms, 100ms)));
    here.run_for(1min);
    pods.push_back(&here.add_pod());
    here.publish(pods);
    here.clients(pool, 90, spread(0ms, 20ms), 3min, caller_plan(spread(50ms, 100ms)));
    here.run_for(2min);
    std::vector<time_point> dials;
    for (const auto& [when, who] : pods.back()->dials) dials.push_back(when);
    INFO("seed " << seed << ", sessions " << listed(here.sessions(pods)) << ", dials in the busiest second "
                 << most_within(1s, dials));
    CHECK(most_within(1s, dials) <= 10);  // five at once and five in the second after
    CHECK(evenness(here.sessions(pods)).max_over_mean <= 1.1);
    CHECK(pool.callers().failed() == 0);
    here.run_for(2min);
    here.finish();
}
