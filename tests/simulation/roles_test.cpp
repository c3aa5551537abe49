// SPDX-License-Identifier: BSL-1.0
// One pool over primaries and standbys, whose callers say which they want.
#include "scenario.hpp"

using namespace podpool;
using namespace podpool::simulation;

namespace {

void set_roles(const std::vector<pod*>& pods, role is) {
    for (pod* each : pods) each->is = is;
}

std::vector<std::size_t> leases(const std::vector<pod*>& of) {
    std::vector<std::size_t> counts;
    for (const pod* each : of) counts.push_back(each->leases);
    return counts;
}

}  // namespace

TEST_CASE("each role's sessions and leases are even on its own pods, and no others serve it") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    world here(seed);
    const auto pods = here.add_pods(5);
    const std::vector<pod*> primaries{pods[0], pods[3]};
    const std::vector<pod*> standbys{pods[1], pods[2], pods[4]};
    set_roles(primaries, role::primary);
    set_roles(standbys, role::standby);
    simulated_pool& pool = here.add_pool(pool_of(24));
    const caller_plan writer(spread(1ms, 10ms), role::primary);
    const caller_plan reader(spread(1ms, 10ms), role::standby);
    here.clients(pool, 8, spread(0ms, 5ms), 40s, writer);
    here.clients(pool, 12, spread(0ms, 5ms), 40s, reader);
    here.run_for(10s);
    for (pod* each : pods) each->leases = 0;
    here.run_for(32s);

    INFO("seed " << seed << ", sessions " << listed(here.sessions(pods)) << ", leases "
                 << listed(leases(pods)));
    CHECK(largest_gap(here.sessions(primaries)) <= 1);
    CHECK(largest_gap(here.sessions(standbys)) <= 1);
    CHECK(evenness(leases(primaries)).max_over_mean < 1.05);
    // 14 sessions on three of them: those with one more idle connection are free more often.
    CHECK(evenness(leases(standbys)).max_over_mean < 1.25);
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.callers().refused_writes == 0);
    here.finish();
}

TEST_CASE("a promotion costs the writes that are under way, and both roles go on evenly on their new pods") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    const auto leaderless = GENERATE(0s, 3s);
    world here(seed);
    const auto pods = here.add_pods(4);
    set_roles(pods, role::standby);
    pods[0]->is = role::primary;
    options settings = pool_of(16);
    settings.acquire_timeout = 20s;
    simulated_pool& pool = here.add_pool(settings);
    here.clients(pool, 4, spread(0ms, 10ms), 60s, caller_plan(spread(1ms, 10ms), role::primary));
    here.clients(pool, 8, spread(0ms, 10ms), 60s, caller_plan(spread(1ms, 10ms), role::standby));
    here.clients(pool, 1, spread(0ms, 10ms), 60s, caller_plan(spread(1ms, 10ms)));
    here.run_for(10s);
    CHECK(pool.callers().longest_wait < 50ms);

    pods[0]->is = role::standby;
    here.run_for(leaderless);
    pods[2]->is = role::primary;
    here.run_for(20s);
    const std::vector<pod*> standbys{pods[0], pods[1], pods[3]};
    for (pod* each : pods) each->leases = 0;
    here.run_for(20s);

    INFO("seed " << seed << ", without a primary " << in_seconds(leaderless) << " s, refused writes "
                 << pool.callers().refused_writes << ", longest wait "
                 << in_milliseconds(pool.callers().longest_wait) << " ms, leases " << listed(leases(pods)));
    CHECK(pool.callers().failed() == 0);
    // Each of the four writers may be on the old primary when the first is told, and none twice.
    CHECK(pool.callers().refused_writes >= 1);
    CHECK(pool.callers().refused_writes <= 4);
    // Everybody is asked at once and then at 250 ms doubling: the last pause isn't longer than all before it.
    CHECK(pool.callers().longest_wait < 2 * leaderless + 500ms);
    CHECK(pool.snapshot().endpoints[2].role == role::primary);
    CHECK(pods[2]->leases > 1000);
    CHECK(evenness(leases(standbys)).max_over_mean < 1.25);
    here.run_for(20s);
    here.finish();
}
