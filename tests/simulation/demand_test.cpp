// SPDX-License-Identifier: BSL-1.0
// Callers come: the pool grows for them, fairly and no more than needed.
#include "scenario.hpp"

using namespace podpool;
using namespace podpool::simulation;

TEST_CASE("#d a cold start with 100 callers at once leaves every pod within one session of even") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    const auto pod_count = GENERATE(2U, 3U, 5U);
    world here(seed);
    const auto pods = here.add_pods(pod_count);
    simulated_pool& pool = here.add_pool(pool_of(31));
    here.burst(pool, 100, caller_plan(20ms));
    here.run_for(10s);

    INFO("seed " << seed << ", sessions per pod " << listed(here.sessions(pods)) << ", longest wait "
                 << in_milliseconds(pool.callers().longest_wait) << " ms");
    CHECK(pool.callers().served == 100);
    CHECK(pool.callers().failed() == 0);
    CHECK(total(here.sessions(pods)) == 31);
    CHECK(largest_gap(here.sessions(pods)) <= 1);
    // DNS, one dial to prove each pod, one for the rest, then four turns of 20 ms.
    CHECK(pool.callers().longest_wait < 150ms);
    // One attempt for each connection, whatever the number of callers.
    CHECK(here.most_dials_within(1s) <= 31);
    here.finish();
}

TEST_CASE("#1 a pool never holds more sockets than max_conns, whatever its callers do") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    here.add_pods(3);
    options settings = pool_of(7);
    settings.max_conn_lifetime = 20s;  // renewals go on all the time
    simulated_pool& pool = here.add_pool(settings);
    caller_plan plan(spread(1ms, 30ms));
    plan.patience = spread(1ms, 100ms);
    here.arrivals(pool, 800, 60s, plan);
    here.run_for(2min);

    INFO("seed " << seed << ", most sockets " << pool.most_sockets());
    CHECK(pool.most_sockets() <= 8);  // one more while a replacement opens
    CHECK(pool.callers().answered() == pool.callers().asked);
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.callers().cancelled > 0);
    here.finish();
}

TEST_CASE("#20 a spike of 50 callers with 2 ms of work opens fewer than 7 connections of 150 ms") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    const auto reset = GENERATE(reset_mode::none, reset_mode::full);
    world here(seed);
    for (pod* each : here.add_pods(1)) each->connect_time = 150ms;
    options settings = pool_of(50);
    settings.min_conns = 5;
    settings.reset = reset;
    simulated_pool& pool = here.add_pool(settings);
    here.run_for(5s);
    REQUIRE(pool.opens() == 5);
    // A pool that has worked before knows how long its leases last.
    for (int round = 0; round < 40; ++round) {
        here.burst(pool, 1, caller_plan(2ms));
        here.run_for(100ms);
    }
    const std::uint64_t before = pool.opens();
    here.burst(pool, 50, caller_plan(2ms));
    here.run_for(5s);

    INFO("seed " << seed << ", opens " << pool.opens() << ", longest wait "
                 << in_milliseconds(pool.callers().longest_wait) << " ms");
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.opens() < 7);
    CHECK(pool.callers().longest_wait < 50ms);
    CHECK(before == 5);
    here.finish();
}

TEST_CASE("#20 a spike on a pool that has never worked opens fewer than 7 connections, too") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    for (pod* each : here.add_pods(1)) each->connect_time = 150ms;
    options settings = pool_of(50);
    settings.min_conns = 5;
    simulated_pool& pool = here.add_pool(settings);
    here.run_for(5s);
    here.burst(pool, 50, caller_plan(2ms));
    here.run_for(5s);

    INFO("seed " << seed << ", opens " << pool.opens());
    CHECK(pool.opens() < 7);
    CHECK(pool.callers().longest_wait < 50ms);
    here.finish();
}

TEST_CASE("#20 a spike of long work opens as many connections as it has callers") {
    world here(1);
    for (pod* each : here.add_pods(2)) each->connect_time = 20ms;
    options settings = pool_of(50);
    settings.min_conns = 5;
    simulated_pool& pool = here.add_pool(settings);
    here.run_for(5s);
    here.burst(pool, 50, caller_plan(500ms));
    here.run_for(5s);

    INFO("opens " << pool.opens() << ", longest wait " << in_milliseconds(pool.callers().longest_wait));
    CHECK(pool.opens() == 50);
    // One opening proves the estimate wrong, the next round brings the rest.
    CHECK(pool.callers().longest_wait < 100ms);
    here.finish();
}

TEST_CASE("#2 an acquire past the maximum waits and succeeds on the first return") {
    world here(1);
    here.add_pods(2);
    simulated_pool& pool = here.add_pool(pool_of(2));
    here.burst(pool, 2, caller_plan(1s));
    here.run_for(500ms);
    here.burst(pool, 1, caller_plan(1ms));
    REQUIRE(pool.waiting() == 1);
    here.run_for(400ms);
    CHECK(pool.waiting() == 1);
    CHECK(here.run_until([&] { return pool.waiting() == 0; }, 200ms));
    CHECK(pool.callers().served == 3);
    CHECK(pool.opens() == 2);
    here.finish();
}

TEST_CASE("#3 an acquire times out at its deadline and not before") {
    world here(1);
    here.add_pods(1);
    simulated_pool& pool = here.add_pool(pool_of(1));
    here.burst(pool, 1, caller_plan(10s));
    caller_plan hasty(1ms);
    hasty.timeout = 2s;
    here.burst(pool, 5, hasty);
    here.run_for(5s);
    CHECK(pool.callers().refused_with(errc::acquire_timeout) == 5);
    CHECK(pool.callers().refusal.largest() == 2s);
    CHECK(pool.snapshot().timeouts == 5);
    here.finish();
}

TEST_CASE("#6 callers beyond pool_max_waiters are refused at once") {
    world here(1);
    here.add_pods(1);
    options settings = pool_of(1);
    settings.max_waiters = 10;
    simulated_pool& pool = here.add_pool(settings);
    here.run_for(1s);
    here.burst(pool, 15, caller_plan(100ms));
    // All fifteen find no connection: ten wait, five don't.
    CHECK(pool.callers().refused_with(errc::too_many_waiters) == 5);
    CHECK(pool.callers().refusal.largest() == 0s);
    here.run_for(10s);
    CHECK(pool.callers().served == 10);
    here.finish();
}

TEST_CASE("#5 #10 of 1000 callers that cancel at random none swallows a connection and none is lost") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    world here(seed);
    here.add_pods(3);
    simulated_pool& pool = here.add_pool(pool_of(10));
    caller_plan plan(spread(1ms, 20ms));
    plan.patience = spread(0ms, 2s);
    for (int caller = 0; caller < 1000; ++caller) {
        here.events().after(here.rng().up_to(200ms), [&pool, plan] { pool.call(plan); });
    }
    here.run_for(30s);

    const outcomes& seen = pool.callers();
    INFO("seed " << seed << ", served " << seen.served << ", cancelled " << seen.cancelled);
    CHECK(seen.asked == 1000);
    CHECK(seen.served + seen.cancelled == 1000);
    CHECK(seen.cancelled > 100);
    CHECK(seen.served > 100);
    CHECK(pool.snapshot().cancellations == seen.cancelled);
    // Every connection is back and idle.
    CHECK(pool.snapshot().idle == pool.sockets());
    // What was dialled for callers who have gone feeds the pool: one attempt for each connection.
    CHECK(here.most_dials_within(1s) <= 10);
    here.finish();
}

TEST_CASE("#9 the opening of a caller who gives up goes on and feeds the pool") {
    world here(1);
    for (pod* each : here.add_pods(1)) each->connect_time = 200ms;
    simulated_pool& pool = here.add_pool(pool_of(4));
    here.run_for(1s);
    caller_plan impatient(1ms);
    impatient.patience = 50ms;
    here.burst(pool, 1, impatient);
    here.run_for(1s);
    CHECK(pool.callers().cancelled == 1);
    CHECK(pool.snapshot().idle == 1);
    // Nobody is patient enough for an opening, yet the next one is served at once.
    here.burst(pool, 1, impatient);
    CHECK(pool.callers().served == 1);
    here.finish();
}

TEST_CASE("#7 callers are served in the order in which they came, under load and renewals") {
    // The world checks every grant against its own queue; here it has much to check.
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    here.add_pods(3);
    options settings = pool_of(4);
    settings.max_conn_lifetime = 10s;
    simulated_pool& pool = here.add_pool(settings);
    here.clients(pool, 40, spread(0ms, 5ms), 30s, caller_plan(spread(1ms, 5ms)));
    here.run_for(40s);
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.snapshot().waits > 10'000);
    // FIFO: nobody waits for much longer than his turn, 40 callers over 4 connections.
    CHECK(pool.callers().longest_wait < 150ms);
    here.finish();
}

TEST_CASE("#8 a failed opening wakes the next attempt and doesn't hang the pool") {
    world here(1);
    const auto pods = here.add_pods(1);
    pods[0]->mood = pod_mood::refuses;
    simulated_pool& pool = here.add_pool(pool_of(4));
    here.burst(pool, 20, caller_plan(5ms));
    here.run_for(300ms);
    CHECK(pool.waiting() == 20);
    pods[0]->mood = pod_mood::accepts;
    here.run_for(2s);
    CHECK(pool.callers().served == 20);
    here.finish();
}

TEST_CASE("#28 an acquire before the first DNS answer waits instead of failing") {
    world here(1);
    here.names().fail("SERVFAIL");
    simulated_pool& pool = here.add_pool(pool_of(4));
    here.burst(pool, 3, caller_plan(5ms));
    here.run_for(12s);
    CHECK(pool.waiting() == 3);
    here.add_pods(2);
    here.run_for(6s);
    CHECK(pool.callers().served == 3);
    here.finish();
}
