// SPDX-License-Identifier: BSL-1.0
// Sizes: minimum, idle, per endpoint, and changes at run time.
#include "scenario.hpp"

using namespace podpool;
using namespace podpool::simulation;

TEST_CASE("#18 an idle pool shrinks to its minimum after the idle time, and not before") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    const auto pods = here.add_pods(3);
    options settings = pool_of(20);
    settings.min_conns = 6;
    settings.max_conn_idle_time = 5min;
    simulated_pool& pool = here.add_pool(settings);
    here.burst(pool, 40, caller_plan(100ms));
    here.run_for(10s);
    REQUIRE(pool.snapshot().open == 20);
    here.run_for(4min + 40s);
    CHECK(pool.snapshot().open == 20);
    here.run_for(30s);
    CHECK(pool.snapshot().open == 6);
    CHECK(closes(pool.snapshot(), close_reason::idle_timeout) == 14);
    here.finish();
}

TEST_CASE("#18 a connection that was in use whenever upkeep looked is still closed after the idle time") {
    world here(1);
    here.add_pods(1);
    options settings = pool_of(4);
    settings.reset = reset_mode::none;  // the return is the hot path: nothing is looked at
    simulated_pool& pool = here.add_pool(settings);
    here.burst(pool, 1, caller_plan(1s));
    here.run_for(2s);
    REQUIRE(pool.snapshot().idle == 1);
    here.run_for(9min);
    CHECK(pool.snapshot().open == 1);
    here.run_for(2min);
    CHECK(pool.snapshot().open == 0);
    here.finish();
}

TEST_CASE("an idle connection is checked once a period, whatever happened before") {
    world here(1);
    const auto pods = here.add_pods(1);
    options settings = pool_of(4);
    settings.reset = reset_mode::none;
    simulated_pool& pool = here.add_pool(settings);
    here.burst(pool, 1, caller_plan(1s));
    here.run_for(2s);
    here.drop_sessions(*pods[0]);
    // Found by a check within a period of 30 s, not by a caller.
    here.run_for(32s);
    CHECK(closes(pool.snapshot(), close_reason::broken) == 1);
    here.finish();
}

TEST_CASE("#19 idle and health checks never touch a connection that is in use") {
    // The world throws if anything is closed or checked while somebody holds it.
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    here.add_pods(2);
    options settings = pool_of(10);
    settings.max_conn_idle_time = 1s;
    settings.health_check_period = 100ms;
    settings.max_conn_lifetime = 5s;
    simulated_pool& pool = here.add_pool(settings);
    here.arrivals(pool, 4, 1min, caller_plan(spread(1ms, 3s)));
    here.run_for(70s);
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.callers().lost_in_use == 0);
    here.finish();
}

TEST_CASE("pool_min_conns and pool_min_idle_conns are kept, evenly, before anybody asks") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    const auto pods = here.add_pods(3);
    options settings = pool_of(30);
    settings.min_conns = 9;
    settings.min_idle_conns = 6;
    simulated_pool& pool = here.add_pool(settings);
    here.run_for(2s);
    CHECK(here.sessions(pods) == std::vector<std::size_t>{3, 3, 3});
    here.burst(pool, 9, caller_plan(10s));
    here.run_for(2s);
    CHECK(pool.snapshot().idle == 6);
    CHECK(pool.snapshot().open == 15);
    CHECK(largest_gap(here.sessions(pods)) <= 1);
    here.run_for(15min);
    CHECK(pool.snapshot().open == 9);
    here.finish();
}

TEST_CASE("#24 resize up wakes those who wait, resize down waits for returns") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    const auto pods = here.add_pods(3);
    simulated_pool& pool = here.add_pool(pool_of(4));
    here.burst(pool, 12, caller_plan(10s));
    here.run_for(1s);
    REQUIRE(pool.waiting() == 8);
    pool.resize(12);
    here.run_for(1s);
    CHECK(pool.waiting() == 0);
    CHECK(largest_gap(here.sessions(pods)) <= 1);
    pool.resize(5);
    CHECK(pool.snapshot().active == 12);
    here.run_for(10s);
    CHECK(pool.snapshot().open == 5);
    CHECK(pool.callers().lost_in_use == 0);
    CHECK(largest_gap(here.sessions(pods)) <= 3);
    here.finish();
}

TEST_CASE("#24 resize up and down under load fails nobody and holds the bound") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    world here(seed);
    here.add_pods(3);
    simulated_pool& pool = here.add_pool(pool_of(10));
    here.clients(pool, 30, spread(0ms, 5ms), 1min, caller_plan(spread(1ms, 10ms)));
    for (int round = 0; round < 50; ++round) {
        here.run_for(1s);
        const std::size_t size = 1 + here.rng().below(20);
        pool.resize(size);
        here.run_for(200ms);
        CHECK(pool.sockets() <= size + 1);
    }
    here.run_for(10s);
    CHECK(pool.callers().failed() == 0);
    here.finish();
}

TEST_CASE("a resize of an idle pool closes the surplus at once and keeps it even") {
    world here(1);
    const auto pods = here.add_pods(3);
    options settings = pool_of(30);
    settings.min_conns = 30;
    simulated_pool& pool = here.add_pool(settings);
    here.run_for(5s);
    pool.resize(6);
    here.run_for(100ms);
    CHECK(here.sessions(pods) == std::vector<std::size_t>{2, 2, 2});
    CHECK(closes(pool.snapshot(), close_reason::surplus) == 24);
    here.finish();
}

TEST_CASE("pool_max_conns_per_endpoint holds on every pod, through demand, minimum and renewal") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    auto pods = here.add_pods(2);
    options settings = pool_of(20);
    settings.max_conns_per_endpoint = 4;
    settings.min_conns = 12;
    settings.max_conn_lifetime = 20s;
    simulated_pool& pool = here.add_pool(settings);
    here.clients(pool, 20, spread(0ms, 2ms), 2min, caller_plan(spread(1ms, 10ms)));
    here.run_for(1min);
    CHECK(total(here.sessions(pods)) == 8);
    pods.push_back(&here.add_pod());
    here.publish(pods);
    here.run_for(1min);
    INFO("seed " << seed << ", sessions " << listed(here.sessions(pods)));
    CHECK(total(here.sessions(pods)) >= 11);
    for (const pod* each : pods) CHECK(each->most_sessions <= 4);
    CHECK(pool.callers().failed() == 0);
    here.run_for(10s);
    here.finish();
}

TEST_CASE("an overshoot above one is usable with a single pod, too") {
    world here(1);
    const auto pods = here.add_pods(1);
    options settings = pool_of(40);
    settings.min_conns = 40;
    settings.max_conn_lifetime = 10s;
    settings.renew_overshoot = 4;
    for (pod* each : pods) each->connect_time = 400ms;
    simulated_pool& pool = here.add_pool(settings);
    here.run_for(1min);
    CHECK(pool.most_sockets() > 41);
    CHECK(pool.most_sockets() <= 44);
    here.finish();
}

TEST_CASE(
    "#23 #39 retire_all closes idle connections now and leased ones on return; new ones are unaffected") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    const auto pods = here.add_pods(3);
    options settings = pool_of(12);
    settings.min_conns = 6;
    simulated_pool& pool = here.add_pool(settings);
    here.run_for(2s);
    here.burst(pool, 4, caller_plan(2s));
    here.run_for(100ms);
    pool.retire_all();
    CHECK(pool.snapshot().idle == 0);
    CHECK(pool.snapshot().draining == 4);
    here.run_for(500ms);
    // The minimum is filled again while the old leases are still out.
    CHECK(pool.snapshot().idle == 6);
    here.run_for(3s);
    CHECK(pool.snapshot().draining == 0);
    CHECK(pool.snapshot().open == 6);
    CHECK(closes(pool.snapshot(), close_reason::retired) == 6);
    CHECK(pool.callers().lost_in_use == 0);
    here.finish();
}

TEST_CASE("#23 retire_all under load fails nobody") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    world here(seed);
    const auto pods = here.add_pods(3);
    simulated_pool& pool = here.add_pool(pool_of(12));
    here.clients(pool, 24, spread(0ms, 5ms), 1min, caller_plan(spread(1ms, 10ms)));
    for (int round = 0; round < 20; ++round) {
        here.run_for(here.rng().up_to(3s));
        pool.retire_all();
    }
    here.run_for(1min);
    INFO("seed " << seed << ", longest wait " << in_milliseconds(pool.callers().longest_wait) << " ms");
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.callers().longest_wait < 200ms);
    here.finish();
}
