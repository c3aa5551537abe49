// SPDX-License-Identifier: BSL-1.0
// pool_discovery=kubernetes: the API server tells what is ready, terminating and gone.
#include "scenario.hpp"

using namespace podpool;
using namespace podpool::simulation;

namespace {

options watching(std::size_t size) {
    options settings = full_pool(size);
    settings.discovery = discovery_kind::kubernetes;
    return settings;
}

/// Ten callers in a pool of ten, with leases of up to a second.
void load(world& here, simulated_pool& pool, duration length) {
    here.clients(pool, 10, spread(0ms, 50ms), length, caller_plan(spread(1ms, 1s)));
}

void expect_nothing_lost(const simulated_pool& pool) {
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.callers().lost_in_use == 0);
    CHECK(pool.callers().got_dead == 0);
}

}  // namespace

TEST_CASE("new pods that the API server tells of have their share by the pace of moves") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    auto pods = here.add_pods(3);
    simulated_pool& pool = here.add_pool(watching(30));
    load(here, pool, 5min);
    here.run_for(30s);
    pods.push_back(&here.add_pod());
    pods.push_back(&here.add_pod());
    here.publish(pods);
    REQUIRE(here.run_until([&] { return !pods[3]->dials.empty() && !pods[4]->dials.empty(); }, 20s));
    CHECK(here.run_until([&] { return largest_gap(here.sessions(pods)) <= 1; }, 60s));
    expect_nothing_lost(pool);
    here.run_for(5min);
    here.finish();
}

TEST_CASE("a rolling restart with a pause before each shutdown loses no statement and no caller") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    world here(seed);
    auto pods = here.add_pods(5);
    simulated_pool& pool = here.add_pool(watching(10));
    load(here, pool, 3min);
    here.run_for(10s);
    for (std::size_t turn = 0; turn < 5; ++turn) {
        pod& leaving = *pods[turn];
        here.terminate(leaving, 5s);
        // From the moment that every client knows, nothing is begun there.
        here.run_for(200ms);
        const std::size_t dials = leaving.dials.size();
        const std::uint64_t leases = leaving.leases;
        here.run_for(1200ms);
        CHECK(leaving.dials.size() == dials);
        CHECK(leaving.leases == leases);
        CHECK(leaving.sessions.empty());
        here.run_for(6s);
        pods[turn] = &here.add_pod();
        here.publish(pods);
        here.run_for(5s);
    }
    expect_nothing_lost(pool);
    CHECK(closes(pool.snapshot(), close_reason::broken) == 0);
    here.run_for(3min);
    here.finish();
}

TEST_CASE("when all pods terminate they serve to the end, and whatever comes first takes over") {
    world here(1);
    const auto old = here.add_pods(3);
    simulated_pool& pool = here.add_pool(watching(6));
    load(here, pool, 2min);
    here.run_for(10s);
    for (pod* const each : old) here.terminate(*each, 20s);
    here.run_for(10s);
    std::uint64_t leases = 0;
    for (const pod* const each : old) leases += each->leases;
    here.run_for(5s);
    std::uint64_t later = 0;
    for (const pod* const each : old) later += each->leases;
    CHECK(later > leases);
    pod& fresh = here.add_pod();
    here.publish({&fresh});
    here.run_for(3s);
    CHECK(fresh.sessions.size() == 6);
    CHECK(total(here.sessions(old)) == 0);
    expect_nothing_lost(pool);
    here.run_for(2min);
    here.finish();
}

TEST_CASE("a Service that is deleted leaves its sessions to serve, and is found again") {
    world here(1);
    const auto pods = here.add_pods(3);
    simulated_pool& pool = here.add_pool(watching(6));
    load(here, pool, 5min);
    here.run_for(10s);
    here.publish({});
    here.run_for(1s);
    const std::size_t dials = here.dials();
    const std::uint64_t served = pool.callers().served;
    here.run_for(1min);
    CHECK(here.dials() == dials);
    CHECK(pool.callers().served > served);
    CHECK(total(here.sessions(pods)) == 6);
    here.publish(pods);
    here.run_for(30s);
    CHECK(here.sessions(pods) == std::vector<std::size_t>{2, 2, 2});
    expect_nothing_lost(pool);
    here.run_for(5min);
    here.finish();
}

TEST_CASE("a probe that fails for a moment costs no session and nothing is opened there meanwhile") {
    world here(1);
    const auto pods = here.add_pods(3);
    simulated_pool& pool = here.add_pool(watching(12));
    here.clients(pool, 4, spread(0ms, 50ms), 2min, caller_plan(spread(1ms, 20ms)));
    here.run_for(20s);
    const std::uint64_t opens = pool.opens();
    const std::size_t dials = pods[1]->dials.size();
    pods[1]->ready = false;
    here.announce();
    here.run_for(1s);
    const std::uint64_t leases = pods[1]->leases;
    here.run_for(10s);
    CHECK(pods[1]->leases == leases);
    CHECK(pods[1]->dials.size() == dials);
    CHECK(pods[1]->sessions.size() == 4);
    pods[1]->ready = true;
    here.announce();
    here.run_for(10s);
    CHECK(pods[1]->leases > leases);
    CHECK(pool.opens() == opens);
    here.run_for(2min);
    here.finish();
}

TEST_CASE("another pod at a known address is another server: what was opened to the former one goes") {
    world here(1);
    const auto pods = here.add_pods(2);
    pods[0]->uid = "first";
    here.publish(pods);
    simulated_pool& pool = here.add_pool(watching(6));
    here.run_for(10s);
    REQUIRE(here.sessions(pods) == std::vector<std::size_t>{3, 3});
    pods[0]->uid = "second";
    here.announce();
    here.run_for(200ms);
    CHECK(pods[0]->dials.size() >= 3);
    CHECK(closes(pool.snapshot(), close_reason::endpoint_removed) == 3);
    here.run_for(30s);
    CHECK(here.sessions(pods) == std::vector<std::size_t>{3, 3});
    here.finish();
}

TEST_CASE(
    "while the API server is down the last set serves, and what has changed is learnt when it is back") {
    world here(1);
    auto pods = here.add_pods(3);
    simulated_pool& pool = here.add_pool(watching(12));
    load(here, pool, 5min);
    here.run_for(10s);
    here.watch().go_down("connection refused");
    pods.push_back(&here.add_pod());
    here.publish(pods);
    here.run_for(2min);
    CHECK(pods[3]->dials.empty());
    CHECK(pool.snapshot().discovery_error == "connection refused");
    here.watch().come_back();
    CHECK(here.run_until([&] { return pods[3]->sessions.size() == 3; }, 60s));
    CHECK(pool.snapshot().discovery_error.empty());
    expect_nothing_lost(pool);
    here.run_for(5min);
    here.finish();
}
