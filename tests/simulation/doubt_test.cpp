// SPDX-License-Identifier: BSL-1.0
// A server ends one session, or says the same because it shuts down.
#include "scenario.hpp"

using namespace podpool;
using namespace podpool::simulation;

TEST_CASE("a session that an administrator ends costs one session, not its pod's others") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    const auto pod_count = GENERATE(1U, 3U);
    world here(seed);
    const auto pods = here.add_pods(pod_count);
    simulated_pool& pool = here.add_pool(full_pool(30));
    here.run_for(2s);
    here.clients(pool, 20, spread(0ms, 5ms), 20s, caller_plan(spread(1ms, 5ms)));
    here.run_for(1s);
    for (int ended = 0; ended < 5; ++ended) {
        const std::uint64_t opens = pool.snapshot().opens;
        REQUIRE(here.end_one_session(*pods[0]));
        here.run_for(1s);
        INFO("seed " << seed << ", pods " << pod_count);
        CHECK(pool.snapshot().opens <= opens + 1);
    }
    // One that was idle is missed by a check at the latest.
    here.run_for(60s);
    CHECK(total(here.sessions(pods)) == 30);
    CHECK(largest_gap(here.sessions(pods)) <= 1);
    CHECK(closes(pool.snapshot(), close_reason::endpoint_failed) == 0);
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.callers().lost_in_use + pool.callers().got_dead <= 5);
    here.finish();
}

TEST_CASE("a pod that shuts down loses all its sessions at once, and nobody is given a dead one") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    world here(seed);
    const auto pods = here.add_pods(3);
    simulated_pool& pool = here.add_pool(full_pool(30));
    here.run_for(2s);
    here.clients(pool, 20, spread(0ms, 5ms), 10s, caller_plan(spread(1ms, 5ms)));
    here.run_for(1s);
    const std::uint64_t used = leased_on(*pods[1]);
    here.shut_down(*pods[1]);
    // The first caller may be there sooner than anybody knows.
    here.run_for(1ms);
    const std::uint64_t too_soon = pool.callers().got_dead;
    here.run_for(1s);
    INFO("seed " << seed << ", leased at the end " << used);
    CHECK(pool.snapshot().endpoints[1].open == 0);
    CHECK(pool.callers().failed() == 0);
    CHECK(too_soon <= 1);
    CHECK(pool.callers().got_dead == too_soon);
    CHECK(pool.callers().lost_in_use <= used);
    CHECK(closes(pool.snapshot(), close_reason::endpoint_failed) > 0);
    here.run_for(10s);
    CHECK(pool.callers().failed() == 0);
    here.finish();
}

TEST_CASE("a full server that ends one session is asked on another one, which stays") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    const auto pods = here.add_pods(1);
    simulated_pool& pool = here.add_pool(full_pool(10));
    here.run_for(2s);
    here.clients(pool, 3, spread(0ms, 5ms), 5s, caller_plan(spread(1ms, 5ms)));
    here.run_for(1s);
    // Another client takes the place of the session that ends.
    pods[0]->max_connections = 9;
    REQUIRE(here.end_one_session(*pods[0]));
    here.run_for(2s);
    CHECK(closes(pool.snapshot(), close_reason::endpoint_failed) == 0);
    CHECK(here.sessions(pods)[0] == 9);
    CHECK(pool.callers().failed() == 0);
    here.finish();
}
