// SPDX-License-Identifier: BSL-1.0
// Surplus connections move when endpoints come, and stay where they are otherwise.
#include "scenario.hpp"

using namespace podpool;
using namespace podpool::simulation;

TEST_CASE("3 to 5 pods: surplus connections move within a minute or so, whether callers are many or none") {
    const auto seed = GENERATE(1U, 2U, 3U);
    const auto clients = GENERATE(0U, 10U, 60U);  // idle, busy, overrun
    world here(seed);
    auto pods = here.add_pods(3);
    simulated_pool& pool = here.add_pool(full_pool(30));
    here.clients(pool, clients, spread(0ms, 100ms), 8min, caller_plan(spread(20ms, 100ms)));
    here.run_for(2min);
    REQUIRE(largest_gap(here.sessions(pods)) <= 1);
    REQUIRE(moves(here) == 0);

    pods.push_back(&here.add_pod());
    pods.push_back(&here.add_pod());
    for (pod* each : pods) each->dials.clear();
    here.publish(pods);
    const bool even = here.run_until([&] { return largest_gap(here.sessions(pods)) <= 1; }, 100s);
    INFO("seed " << seed << ", clients " << clients << ", sessions " << listed(here.sessions(pods)));
    CHECK(even);
    // Two in ten seconds, as the pace for thirty says, and no burst.
    CHECK(here.most_dials_within(1s) <= 3);
    here.run_for(2min);
    const std::uint64_t needed = moves(here);
    CHECK(needed >= 10);
    CHECK(needed <= 16);  // a leased connection's turn may come when it is no longer needed
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.callers().lost_in_use == 0);
    here.run_for(4min);
    here.finish();
}

TEST_CASE(
    "3 to 5 pods with as many callers as connections and resets as long as statements: even in a minute") {
    const auto seed = GENERATE(1U, 2U);
    const bool sends = GENERATE(false, true);
    world here(seed);
    here.check_every = 50;
    here.sends_resets = sends;
    const auto add_pod = [&here] {
        pod& added = here.add_pod();
        added.answer_time = spread(10ms, 30ms);
        return &added;
    };
    std::vector<pod*> pods{add_pod(), add_pod(), add_pod()};
    here.publish(pods);
    for (int process = 0; process < 3; ++process) {
        simulated_pool& pool = here.add_pool(full_pool(10));
        here.clients(pool, 10, spread(0ms), 75s, caller_plan(spread(10ms, 30ms)));
    }
    here.run_for(10s);
    pods.push_back(add_pod());
    pods.push_back(add_pod());
    here.publish(pods);
    here.run_for(60s);
    INFO("seed " << seed << ", resets sent " << sends << ", sessions " << listed(here.sessions(pods)));
    CHECK(largest_gap(here.sessions(pods)) <= 1);
    for (const auto& pool : here.pools()) CHECK(pool->callers().failed() == 0);
    here.run_for(10s);  // whoever never pauses must have ended before the pools close
    here.finish();
}

TEST_CASE("nothing moves while nothing changes: an hour of idling, of steady load, of bursts") {
    const auto seed = GENERATE(1U, 2U, 3U);
    const auto pattern = GENERATE(0, 1, 2);
    world here(seed);
    here.check_every = 20;
    here.add_pods(5);
    options settings = pool_of(30);
    settings.max_conn_idle_time = 1min;
    settings.max_conn_lifetime = 10h;
    simulated_pool& pool = here.add_pool(settings);
    here.burst(pool, 60, caller_plan(50ms));
    if (pattern == 1) here.clients(pool, 8, spread(0ms, 500ms), 61min, caller_plan(spread(1ms, 50ms)));
    here.run_for(1min);
    const std::uint64_t before = moves(here);
    for (int minute = 0; minute < 60; ++minute) {
        if (pattern == 2 && minute % 3 == 0) here.burst(pool, 40, caller_plan(spread(10ms, 2s)));
        here.run_for(1min);
    }
    INFO("seed " << seed << ", pattern " << pattern);
    CHECK(moves(here) == before);
    here.finish();
}

TEST_CASE("nothing moves while an address that is missing may come back, nor with pool_rebalance=off") {
    const auto seed = GENERATE(1U, 2U, 3U);
    const bool off = GENERATE(false, true);
    world here(seed);
    auto pods = here.add_pods(3);
    options settings = full_pool(30);
    settings.rebalance = !off;
    simulated_pool& pool = here.add_pool(settings);
    here.run_for(1min);
    pods.push_back(&here.add_pod());
    if (off) {
        here.publish(pods);
    } else {
        // Resolvers that disagree: each answer lacks the pod that the next one names.
        here.names().take_turns(
            {world::reply_with({pods[0], pods[1], pods[3]}), world::reply_with({pods[0], pods[1], pods[2]})});
    }
    here.run_for(3min);
    INFO("seed " << seed << ", sessions " << listed(here.sessions(pods)));
    CHECK(moves(here) == 0);
    CHECK(pool.callers().failed() == 0);
    here.finish();
}

TEST_CASE("a pod that comes back after an outage gets its share again without waiting for lifetimes") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    auto pods = here.add_pods(3);
    simulated_pool& pool = here.add_pool(full_pool(15));
    here.clients(pool, 5, spread(0ms, 50ms), 10min, caller_plan(spread(1ms, 20ms)));
    here.run_for(1min);
    here.kill(*pods[1]);
    here.run_for(1min);
    pods[1]->mood = pod_mood::accepts;
    const bool even = here.run_until([&] { return largest_gap(here.sessions(pods)) <= 1; }, 3min);
    INFO("seed " << seed << ", sessions " << listed(here.sessions(pods)));
    CHECK(even);
    CHECK(pool.callers().failed() == 0);
    here.run_for(6min);
    here.finish();
}

TEST_CASE("a new pod gets its share while another is down, which gets its own when it is back") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    auto pods = here.add_pods(2);
    simulated_pool& pool = here.add_pool(full_pool(12));
    here.clients(pool, 5, spread(0ms, 50ms), 10min, caller_plan(spread(1ms, 20ms)));
    here.run_for(1min);
    here.kill(*pods[1]);
    here.run_for(1min);
    REQUIRE(here.sessions({pods[0]}) == std::vector<std::size_t>{12});
    pods.push_back(&here.add_pod());
    here.publish(pods);
    const bool even = here.run_until([&] { return here.sessions({pods[2]}).front() >= 6; }, 80s);
    INFO("seed " << seed << ", sessions " << listed(here.sessions(pods)));
    CHECK(even);
    pods[1]->mood = pod_mood::accepts;
    CHECK(here.run_until([&] { return largest_gap(here.sessions(pods)) <= 1; }, 2min));
    CHECK(pool.callers().failed() == 0);
    here.run_for(4min);
    here.finish();
}
