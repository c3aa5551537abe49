// SPDX-License-Identifier: BSL-1.0
// Pods that take logins and answer checks, but fail statements: the fewer sessions are in use there, the more
// callers would come.
#include "scenario.hpp"

using namespace podpool;
using namespace podpool::simulation;

namespace {

/// Sixteen callers that use a connection for 5 ms and come again after 5 ms.
void load(world& here, simulated_pool& pool, duration length) {
    here.clients(pool, 16, 5ms, length, caller_plan(5ms));
}

const endpoint_stats& figures_of(const stats& pool, const pod& server) {
    return *std::find_if(pool.endpoints.begin(), pool.endpoints.end(),
                         [&](const endpoint_stats& each) { return each.where == server.where; });
}

}  // namespace

TEST_CASE(
    "#29 a pod that fails every statement costs as many callers as it takes to see that, not all of them") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    const auto errors_of = [&](std::optional<std::size_t> eject_after) {
        world here(seed);
        const auto pods = here.add_pods(3);
        options settings = full_pool(30);
        settings.eject_after = eject_after;
        simulated_pool& pool = here.add_pool(settings);
        here.run_for(2s);
        load(here, pool, 60s);
        here.run_for(5s);
        pods[1]->fails_statements = true;
        here.run_for(50s);
        const outcomes& callers = pool.callers();
        CHECK(callers.failed() == 0);
        here.finish();
        return callers.server_errors;
    };
    const std::uint64_t ejecting = errors_of(5);
    const std::uint64_t keeping = errors_of(std::nullopt);
    INFO("seed " << seed << ": " << ejecting << " errors, without ejection " << keeping);
    // Five in a row, what was leased at that moment, and one for each pause of 1, 2, 4, 8, 16 s.
    CHECK(ejecting <= 5 + 10 + 7);
    CHECK(keeping > 10'000);
}

TEST_CASE("#29 an ejected pod serves again as soon as one lease found it well, with its share") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    world here(seed);
    const auto pods = here.add_pods(3);
    simulated_pool& pool = here.add_pool(full_pool(30));
    here.run_for(2s);
    load(here, pool, 100s);
    pods[1]->fails_statements = true;
    here.run_for(10s);
    CHECK(figures_of(pool.snapshot(), *pods[1]).state == endpoint_state::failing);
    CHECK(figures_of(pool.snapshot(), *pods[1]).ejections > 0);
    CHECK(figures_of(pool.snapshot(), *pods[1]).retry_in);

    pods[1]->fails_statements = false;
    const std::uint64_t errors = pool.callers().server_errors;
    // The pauses so far were of 1, 2, 4 and 8 s, or half of it.
    here.run_for(17s);
    CHECK(figures_of(pool.snapshot(), *pods[1]).state == endpoint_state::ready);
    CHECK(pool.callers().server_errors == errors);
    here.run_for(60s);
    CHECK(largest_gap(here.sessions(pods)) <= 1);
    for (pod* each : pods) each->leases = 0;
    here.run_for(15s);
    INFO("seed " << seed << ", leases " << pods[0]->leases << ' ' << pods[1]->leases << ' '
                 << pods[2]->leases);
    CHECK(pods[1]->leases * 4 > pods[0]->leases);
    here.finish();
}

TEST_CASE("#31 pods that all fail statements are used all the same, and half of them are never ejected") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    const auto pods = here.add_pods(5);
    simulated_pool& pool = here.add_pool(full_pool(20));
    here.run_for(2s);
    load(here, pool, 30s);
    for (pod* each : pods) each->fails_statements = true;
    for (int second = 0; second < 30; ++second) {
        here.run_for(1s);
        const stats figures = pool.snapshot();
        const auto ejected =
            std::count_if(figures.endpoints.begin(), figures.endpoints.end(),
                          [](const auto& each) { return each.state == endpoint_state::failing; });
        CHECK(ejected <= 2);
    }
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.callers().served > 10'000);
    here.finish();
}

TEST_CASE("#29 callers who wait get the room that an ejected pod's idle connections take") {
    world here(1);
    const auto pods = here.add_pods(2);
    simulated_pool& pool = here.add_pool(full_pool(10));
    here.run_for(2s);
    pods[0]->fails_statements = true;
    // More than the other pod's five connections can serve.
    here.clients(pool, 10, 0ms, 20s, caller_plan(10ms));
    here.run_for(3s);
    INFO(listed(here.sessions(pods)));
    CHECK(here.sessions(pods)[1] >= 8);
    CHECK(pool.callers().failed() == 0);
    pods[0]->fails_statements = false;
    // One move in ten seconds.
    here.run_for(90s);
    CHECK(largest_gap(here.sessions(pods)) <= 1);
    here.finish();
}
