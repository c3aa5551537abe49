// SPDX-License-Identifier: BSL-1.0
// Pods come and go while callers work.
#include "scenario.hpp"

using namespace podpool;
using namespace podpool::simulation;

namespace {

options short_lived(std::size_t max_conns, duration lifetime) {
    options settings = pool_of(max_conns);
    settings.max_conn_lifetime = lifetime;
    return settings;
}

/// How long until every pod is within one session of even.
duration time_to_even(world& here, const std::vector<pod*>& pods, duration limit) {
    const time_point from = here.now();
    here.run_until([&] { return largest_gap(here.sessions(pods)) <= 1; }, limit);
    return here.now() - from;
}

}  // namespace

TEST_CASE("#a 3 to 5 pods: within a lifetime every pod is within one session of even, no acquire fails") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    const auto load = GENERATE(5U, 40U, 100U);  // clients: idle, busy, overrun
    world here(seed);
    auto pods = here.add_pods(3);
    simulated_pool& pool = here.add_pool(short_lived(30, 60s));
    here.burst(pool, 60, caller_plan(50ms));
    here.clients(pool, load, spread(0ms, 100ms), 4min, caller_plan(spread(20ms, 100ms)));
    here.run_for(80s);
    REQUIRE(largest_gap(here.sessions(pods)) <= 1);

    pods.push_back(&here.add_pod());
    pods.push_back(&here.add_pod());
    for (pod* each : pods) each->dials.clear();
    here.publish(pods);
    const std::uint64_t before = pool.opens();
    const duration took = time_to_even(here, pods, 2min);
    INFO("seed " << seed << ", clients " << load << ", sessions " << listed(here.sessions(pods))
                 << ", even after " << in_seconds(took) << " s, opens " << pool.opens() - before);
    CHECK(took <= 60s);
    // And it stays so.
    std::size_t widest = 0;
    for (int second = 0; second < 60; ++second) {
        here.run_for(1s);
        widest = std::max(widest, largest_gap(here.sessions(pods)));
    }
    CHECK(widest <= 2);  // one more while a replacement opens before its predecessor closes
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.callers().lost_in_use == 0);
    // Renewals keep a second between them, moves nearly four.
    CHECK(here.most_dials_within(1s) <= 3);
    here.run_for(1min);
    here.finish();
}

TEST_CASE("#b 5 to 3 pods: no new use at once, leases finish, idle ones close after the grace") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    world here(seed);
    auto pods = here.add_pods(5);
    simulated_pool& pool = here.add_pool(pool_of(30));
    here.burst(pool, 60, caller_plan(50ms));
    here.clients(pool, 20, spread(0ms, 20ms), 2min, caller_plan(spread(1ms, 20ms)));
    here.run_for(30s);
    REQUIRE(largest_gap(here.sessions(pods)) <= 1);
    here.burst(pool, 5, caller_plan(40s));  // long work, some of it on the pods that go

    const std::vector<pod*> gone{pods[3], pods[4]};
    const std::vector<pod*> stay{pods[0], pods[1], pods[2]};
    for (pod* each : pods) each->dials.clear();
    here.publish(stay);
    here.run_for(6s);  // one answer later: the world's truths watch that nothing is handed out
    const std::uint64_t leases = gone[0]->leases + gone[1]->leases;
    here.run_for(14s);  // and three answers later
    std::size_t left = 0;
    for (const pod* each : gone) left += each->sessions.size();
    INFO("seed " << seed << ", left on the pods that went " << left << ", sessions "
                 << listed(here.sessions(stay)));
    CHECK(left <= 5);  // the long leases
    here.run_for(30s);
    CHECK(gone[0]->leases + gone[1]->leases == leases);
    CHECK(total(here.sessions(gone)) == 0);
    // At most what the pods that went have held, two fifths of thirty.
    CHECK(here.most_dials_within(1s) <= 12);
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.callers().lost_in_use == 0);
    CHECK(pool.snapshot().endpoints.size() == 3);
    CHECK(largest_gap(here.sessions(stay)) <= 1);
    here.run_for(1min);
    here.finish();
}

TEST_CASE("a rolling restart with new addresses costs no acquire, no query, and ends even") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    world here(seed);
    auto pods = here.add_pods(4);
    simulated_pool& pool = here.add_pool(short_lived(24, 2min));
    here.burst(pool, 48, caller_plan(50ms));
    here.clients(pool, 12, spread(0ms, 20ms), 12min, caller_plan(spread(1ms, 50ms)));
    here.run_for(3min);
    for (pod* each : pods) each->dials.clear();
    for (std::size_t index = 0; index < 4; ++index) {
        // A surge of one: the new pod is ready, the old one leaves DNS, drains for 30 s and ends.
        pod* const old = pods[index];
        pods[index] = &here.add_pod();
        here.publish(pods);
        here.run_for(30s);
        INFO("sessions on the old pod when it ends: " << old->sessions.size());
        CHECK(old->sessions.empty());
        here.kill(*old);
    }
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.callers().lost_in_use == 0);
    CHECK(pool.callers().got_dead == 0);
    const duration took = time_to_even(here, pods, 4min);
    INFO("seed " << seed << ", sessions " << listed(here.sessions(pods)) << ", even after "
                 << in_seconds(took));
    CHECK(took <= 2min);
    here.run_for(8min);
    // The six sessions of the pod that goes, a renewal (2.5 s apart) and a move (3.75 s).
    CHECK(here.most_dials_within(1s) <= 6 + 2);
    here.finish();
}

TEST_CASE("a rolling restart in place costs the queries in flight and no acquire") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    const bool listed_all_along = GENERATE(true, false);  // or taken out of DNS while it restarts
    world here(seed);
    auto pods = here.add_pods(4);
    simulated_pool& pool = here.add_pool(short_lived(24, 2min));
    here.burst(pool, 48, caller_plan(50ms));
    here.clients(pool, 12, spread(0ms, 100ms), 10min, caller_plan(spread(1ms, 100ms)));
    here.run_for(3min);
    for (pod* each : pods) each->dials.clear();
    std::uint64_t in_flight = 0;
    for (pod* each : pods) {
        if (!listed_all_along) {
            auto others = pods;
            std::erase(others, each);
            here.publish(others);
        }
        in_flight += leased_on(*each);
        here.kill(*each, failure_kind::endpoint_down);
        here.run_for(20s);
        each->mood = pod_mood::accepts;
        here.publish(pods);
        here.run_for(20s);
    }
    INFO("seed " << seed << ", in flight " << in_flight << ", lost " << pool.callers().lost_in_use
                 << ", got dead " << pool.callers().got_dead);
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.callers().lost_in_use == in_flight);
    CHECK(pool.callers().got_dead <= 4);
    CHECK(pool.callers().longest_wait < 200ms);
    const duration took = time_to_even(here, pods, 4min);
    INFO("sessions " << listed(here.sessions(pods)) << ", even after " << in_seconds(took));
    CHECK(took <= 2min);
    here.run_for(5min);
    // The same, and the attempts on the pod while it restarts.
    CHECK(here.most_dials_within(1s) <= 6 + 2 + refused_within_a_second);
    here.finish();
}

TEST_CASE("1 to 4 pods: a growing pool gives its new connections to the new pods") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    auto pods = here.add_pods(1);
    simulated_pool& pool = here.add_pool(pool_of(40));
    here.burst(pool, 10, caller_plan(50ms));
    here.run_for(2s);
    REQUIRE(pods[0]->sessions.size() == 10);
    for (int added = 0; added < 3; ++added) pods.push_back(&here.add_pod());
    here.publish(pods);
    here.run_for(6s);
    here.burst(pool, 80, caller_plan(100ms));
    here.run_for(5s);
    INFO("seed " << seed << ", sessions " << listed(here.sessions(pods)));
    CHECK(here.sessions(pods) == std::vector<std::size_t>{10, 10, 10, 10});
    CHECK(pool.callers().failed() == 0);
    here.finish();
}

TEST_CASE("#a a deployment of 20 pools reaches a new pod's share within a lifetime, without a burst") {
    world here(7);
    here.check_every = 20;
    auto pods = here.add_pods(3);
    for (int number = 0; number < 20; ++number) {
        options settings = short_lived(10, 5min);
        settings.min_conns = 10;
        simulated_pool& pool = here.add_pool(settings);
        here.clients(pool, 3, spread(10ms, 200ms), 14min, caller_plan(spread(1ms, 20ms)));
    }
    here.run_for(6min);
    pods.push_back(&here.add_pod());
    for (pod* each : pods) each->dials.clear();
    here.publish(pods);
    const time_point scaled = here.now();
    const double fair = 200.0 / 4;
    const pod& fresh = *pods.back();
    here.run_until([&] { return static_cast<double>(fresh.sessions.size()) >= 0.95 * fair; }, 6min);
    const duration took = here.now() - scaled;
    INFO("95 % of its share after " << in_seconds(took) << " s, sessions " << listed(here.sessions(pods)));
    CHECK(took <= 5min);
    here.run_for(7min);
    std::uint64_t failed = 0;
    for (const auto& pool : here.pools()) failed += pool->callers().failed() + pool->callers().lost_in_use;
    CHECK(failed == 0);
    CHECK(evenness(here.sessions(pods)).max_over_mean <= 1.15);
    // A pool moves one in 10 s and renews one in 15 s at most: 3.3 dials per second by all twenty on average,
    // thrice that by chance. Pools that acted together would dial twenty at once.
    CHECK(here.most_dials_within(1s) <= 10);
    here.finish();
}
