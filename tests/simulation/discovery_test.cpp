// SPDX-License-Identifier: BSL-1.0
// DNS scales, flaps, fails and empties. The world itself watches that no connection of a pod that is
// missing from the last good answer is handed out.
#include "scenario.hpp"

using namespace podpool;
using namespace podpool::simulation;

TEST_CASE("#c an answer that flips new, old, new drops nothing and fails nobody") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    world here(seed);
    auto pods = here.add_pods(3);
    simulated_pool& pool = here.add_pool(pool_of(12));
    here.burst(pool, 24, caller_plan(50ms));
    here.clients(pool, 6, spread(0ms, 20ms), 5min, caller_plan(spread(1ms, 20ms)));
    here.run_for(10s);
    pods.push_back(&here.add_pod());
    for (pod* each : pods) each->dials.clear();
    // Two CoreDNS replicas, one with an old cache: the answers alternate.
    const std::vector<pod*> old(pods.begin(), pods.begin() + 3);
    here.names().take_turns({here.reply_with(pods), here.reply_with(old)});
    here.run_for(2min);

    const stats seen = pool.snapshot();
    INFO("seed " << seed << ", sessions " << listed(here.sessions(pods)));
    CHECK(closes(seen, close_reason::endpoint_removed) == 0);
    CHECK(pool.callers().failed() == 0);
    CHECK(seen.endpoints.size() == 4);
    // The new pod's share may be opened, but nothing again for each flip.
    CHECK(here.most_dials_within(1s) <= 3);
    here.run_for(4min);
    here.finish();
}

TEST_CASE("#c a pod that is missing from one answer and comes back loses no session") {
    const auto missing = GENERATE(1U, 2U);  // answers in a row; the third closes
    world here(1);
    auto pods = here.add_pods(3);
    options settings = pool_of(12);
    settings.min_conns = 12;
    simulated_pool& pool = here.add_pool(settings);
    here.run_for(12s);
    REQUIRE(here.sessions(pods) == std::vector<std::size_t>{4, 4, 4});
    std::vector<name_server::reply> turns{here.reply_with(pods)};
    for (unsigned answer = 0; answer < missing; ++answer) {
        turns.push_back(here.reply_with({pods[0], pods[1]}));
    }
    here.names().take_turns(turns);
    here.run_for(2min);
    CHECK(here.sessions(pods) == std::vector<std::size_t>{4, 4, 4});
    CHECK(pool.opens() == 12);
    CHECK(closes(pool.snapshot(), close_reason::endpoint_removed) == 0);
    here.finish();
}

TEST_CASE("#c pods replaced as a whole: no stale session is left and nobody fails (#1648)") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    world here(seed);
    const auto old = here.add_pods(3);
    simulated_pool& pool = here.add_pool(pool_of(12));
    here.burst(pool, 24, caller_plan(50ms));
    here.clients(pool, 8, spread(0ms, 20ms), 2min, caller_plan(spread(1ms, 20ms)));
    here.run_for(10s);
    std::vector<pod*> fresh;
    for (int count = 0; count < 3; ++count) fresh.push_back(&here.add_pod());
    // new, old, new, old, then new for good
    here.names().take_turns({here.reply_with(fresh), here.reply_with(old)});
    here.run_for(20s);
    here.publish(fresh);
    here.run_for(16s);
    INFO("seed " << seed << ", sessions old " << listed(here.sessions(old)) << " new "
                 << listed(here.sessions(fresh)));
    CHECK(total(here.sessions(old)) == 0);
    CHECK(total(here.sessions(fresh)) >= 6);
    CHECK(largest_gap(here.sessions(fresh)) <= 1);
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.callers().longest_wait < 200ms);
    here.run_for(2min);
    here.finish();
}

TEST_CASE("#c SERVFAIL for ten minutes changes nothing but what stats say") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    const auto pods = here.add_pods(3);
    options settings = pool_of(12);
    settings.max_conn_lifetime = 3min;  // renewals go on through it
    settings.min_conns = 12;
    simulated_pool& pool = here.add_pool(settings);
    here.clients(pool, 8, spread(0ms, 50ms), 15min, caller_plan(spread(1ms, 20ms)));
    here.run_for(1min);
    for (pod* each : pods) each->dials.clear();
    here.names().fail("SERVFAIL");
    here.run_for(10min);
    const stats seen = pool.snapshot();
    INFO("seed " << seed << ", sessions " << listed(here.sessions(pods)));
    CHECK(seen.discovery_error == "SERVFAIL");
    CHECK(seen.discovery_failures >= 115);
    CHECK(*seen.discovery_age > 9min);
    CHECK(pool.callers().failed() == 0);
    CHECK(closes(seen, close_reason::endpoint_removed) == 0);
    CHECK(seen.renewals > 40);
    // One renewal at a time, 7.5 s apart but for those that wait for their lease.
    CHECK(here.most_dials_within(1s) <= 2);
    CHECK(largest_gap(here.sessions(pods)) <= 1);
    here.publish(pods);
    here.run_for(6s);
    CHECK(pool.snapshot().discovery_error.empty());
    here.run_for(5min);
    here.finish();
}

TEST_CASE("#c an empty answer or NXDOMAIN keeps every pod in use") {
    world here(1);
    const auto pods = here.add_pods(3);
    simulated_pool& pool = here.add_pool(pool_of(12));
    here.clients(pool, 8, spread(0ms, 50ms), 3min, caller_plan(spread(1ms, 20ms)));
    here.run_for(30s);
    for (pod* each : pods) each->dials.clear();
    here.names().answer({});
    const std::uint64_t before = pods[0]->leases;
    here.run_for(2min);
    CHECK(pool.snapshot().discovery_failures >= 20);
    CHECK(pods[0]->leases > before + 1000);
    // Nothing is lost, so nothing is opened again; demand may want one more.
    CHECK(here.most_dials_within(1s) <= 1);
    CHECK(pool.callers().failed() == 0);
    here.run_for(1min);
    here.finish();
}

TEST_CASE("SERVFAIL while a pod dies: the others take over, and its return is noticed without DNS") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    const auto pods = here.add_pods(2);
    simulated_pool& pool = here.add_pool(pool_of(8));
    here.clients(pool, 8, spread(0ms, 10ms), 2min, caller_plan(spread(1ms, 20ms)));
    here.run_for(10s);
    here.names().fail("SERVFAIL");
    here.kill(*pods[0]);
    here.run_for(30s);
    CHECK(pool.callers().failed() == 0);
    CHECK(here.sessions(pods)[1] >= 5);
    pods[0]->mood = pod_mood::accepts;
    here.kill(*pods[1]);
    here.run_for(10s);
    // At most one back-off of 5 s without a pod; then the first one serves again.
    CHECK(pool.callers().longest_wait < 6s);
    CHECK(pool.callers().failed() == 0);
    CHECK(here.sessions(pods)[0] >= 5);
    here.run_for(2min);
    here.finish();
}

TEST_CASE("a failed attempt asks DNS again within about a second, not after pool_dns_refresh") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    auto pods = here.add_pods(1);
    options settings = pool_of(8);
    settings.dns_refresh = 1min;
    simulated_pool& pool = here.add_pool(settings);
    here.clients(pool, 4, spread(0ms, 10ms), 2min, caller_plan(spread(1ms, 20ms)));
    here.run_for(20s);
    // The pod is replaced by one with another address; only DNS knows.
    pod& fresh = here.add_pod();
    here.publish({&fresh});
    here.kill(*pods[0]);
    const time_point from = here.now();
    REQUIRE(here.run_until([&] { return fresh.leases > 0; }, 1min));
    INFO("seed " << seed << ", served again after " << in_milliseconds(here.now() - from) << " ms");
    CHECK(here.now() - from < 1500ms);
    CHECK(pool.callers().failed() == 0);
    // And questions keep their distance, however many attempts fail.
    CHECK(here.names().questions() <= 8);
    here.run_for(2min);
    here.finish();
}

TEST_CASE("when nothing in the new answer is reachable, connections of the old pods still serve") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    const auto old = here.add_pods(2);
    simulated_pool& pool = here.add_pool(pool_of(8));
    here.clients(pool, 4, spread(0ms, 10ms), 1min, caller_plan(spread(1ms, 5ms)));
    here.run_for(10s);
    // The new pod is listed before it listens.
    pod& fresh = here.add_pod();
    fresh.mood = pod_mood::refuses;
    here.publish({&fresh});
    const std::uint64_t before = old[0]->leases + old[1]->leases;
    here.run_for(8s);
    CHECK(old[0]->leases + old[1]->leases > before + 100);
    CHECK(pool.callers().failed() == 0);
    fresh.mood = pod_mood::accepts;
    here.run_for(20s);
    INFO("seed " << seed << ", longest wait " << in_milliseconds(pool.callers().longest_wait) << " ms");
    CHECK(total(here.sessions(old)) == 0);
    CHECK(fresh.leases > 100);
    CHECK(pool.callers().longest_wait < 6s);
    here.run_for(1min);
    here.finish();
}

TEST_CASE("a partial answer narrows the use to the pods in it and opens no more than the pool may") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    const auto pods = here.add_pods(4);
    simulated_pool& pool = here.add_pool(pool_of(12));
    here.burst(pool, 24, caller_plan(50ms));
    here.clients(pool, 12, spread(0ms, 5ms), 2min, caller_plan(spread(1ms, 20ms)));
    here.run_for(10s);
    // One answer in ten has lost three records of four.
    std::vector<name_server::reply> turns(9, here.reply_with(pods));
    turns.push_back(here.reply_with({pods[2]}));
    here.names().take_turns(turns);
    here.run_for(2min);
    INFO("seed " << seed << ", longest wait " << in_milliseconds(pool.callers().longest_wait) << ", opens "
                 << pool.opens());
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.callers().longest_wait < 300ms);
    CHECK(pool.most_sockets() <= 13);
    here.finish();
}
