// SPDX-License-Identifier: BSL-1.0
#include "scenario.hpp"

using namespace podpool;
using namespace podpool::simulation;

TEST_CASE("#26 close fails waiters at once, closes idle connections now and leased ones on return") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    const auto pods = here.add_pods(3);
    simulated_pool& pool = here.add_pool(pool_of(4));
    here.burst(pool, 10, caller_plan(2s));
    here.run_for(1s);
    REQUIRE(pool.waiting() == 6);
    pool.close();
    CHECK(pool.waiting() == 0);
    CHECK(pool.callers().refused_with(errc::pool_closed) == 6);
    CHECK(pool.snapshot().draining == 4);
    here.burst(pool, 1, caller_plan(1ms));
    CHECK(pool.callers().refused_with(errc::pool_closed) == 7);
    CHECK_FALSE(pool.try_call(caller_plan(1ms)));
    pool.close();  // idempotent
    here.run_for(500ms);
    CHECK_FALSE(pool.finished());
    here.run_for(1s);
    CHECK(pool.finished());
    CHECK(pool.callers().lost_in_use == 0);
    here.finish();
}

TEST_CASE("#26 close at any moment ends with every socket closed once and every caller answered once") {
    const auto seed = GENERATE(range(1U, 41U));
    world here(seed);
    const auto pods = here.add_pods(3);
    options settings = pool_of(6);
    settings.max_conn_lifetime = 2s;
    settings.health_check_period = 100ms;
    simulated_pool& pool = here.add_pool(settings);
    caller_plan plan(spread(1ms, 50ms));
    plan.patience = spread(0ms, 200ms);
    here.arrivals(pool, 300, 20s, plan);
    here.run_for(here.rng().up_to(3s));
    if (seed % 3 == 0) pods[0]->mood = pod_mood::hangs;
    if (seed % 4 == 0) here.kill(*pods[1]);
    if (seed % 5 == 0) here.publish({pods[2]});
    here.run_for(here.rng().up_to(6s));
    here.finish(20s);
    CHECK(pool.finished());
}

TEST_CASE("a pool that never found a pod closes at once") {
    world here(1);
    here.names().fail("NXDOMAIN");
    simulated_pool& pool = here.add_pool(pool_of(4));
    here.burst(pool, 3, caller_plan(1ms));
    here.run_for(1s);
    pool.close();
    CHECK(pool.finished());
    CHECK(pool.callers().refused_with(errc::pool_closed) == 3);
    here.finish();
}

TEST_CASE("the same seed gives the same history") {
    const auto run = [] {
        world here(42);
        const auto pods = here.add_pods(4);
        options settings = pool_of(20);
        settings.max_conn_lifetime = 20s;
        simulated_pool& pool = here.add_pool(settings);
        here.clients(pool, 30, spread(0ms, 10ms), 20s, caller_plan(spread(1ms, 20ms)));
        here.run_for(10s);
        here.kill(*pods[0]);
        here.run_for(15s);
        const outcomes seen = pool.callers();
        here.finish();
        return std::tuple(seen.served, seen.wait.sum(), pool.opens(), pool.ticks(), here.dials(), here.now());
    };
    CHECK(run() == run());
}
