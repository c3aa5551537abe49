// SPDX-License-Identifier: BSL-1.0
// Pods refuse, hang, die, are full, refuse the login or have the wrong role.
#include "scenario.hpp"

using namespace podpool;
using namespace podpool::simulation;

namespace {

/// Attempts on a pod between two moments.
std::size_t dials_between(const pod& server, time_point from, time_point to) {
    return static_cast<std::size_t>(
        std::count_if(server.dials.begin(), server.dials.end(),
                      [&](const auto& dial) { return dial.first >= from && dial.first < to; }));
}

}  // namespace

TEST_CASE("#i with one pod refusing, nobody fails or waits for more than one attempt on it") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    world here(seed);
    const auto pods = here.add_pods(3);
    pods[1]->mood = pod_mood::refuses;
    simulated_pool& pool = here.add_pool(pool_of(12));
    here.run_for(1s);
    // Callers one by one on a cold pool: each may pay for one refused dial, 0.3 ms.
    for (int round = 0; round < 200; ++round) {
        const std::size_t before = pods[1]->dials.size();
        here.burst(pool, 1, caller_plan(spread(5ms, 50ms)));
        here.run_for(30ms);
        CHECK(pods[1]->dials.size() - before <= 1);
    }
    INFO("seed " << seed << ", attempts on the dead pod " << pods[1]->dials.size());
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.callers().longest_wait < 10ms);
    // Two callers at most are there at a time.
    CHECK(here.most_dials_within(1s) <= 2 + refused_within_a_second);
    here.finish();
}

TEST_CASE("#33 with one pod down the others share evenly, not only its neighbour") {
    const auto seed = GENERATE(1U, 2U, 3U);
    const auto dead = GENERATE(0U, 1U, 3U);
    world here(seed);
    auto pods = here.add_pods(4);
    pods[dead]->mood = pod_mood::refuses;
    simulated_pool& pool = here.add_pool(pool_of(30));
    here.burst(pool, 60, caller_plan(50ms));
    here.run_for(5s);
    for (pod* each : pods) each->leases = 0;
    here.clients(pool, 30, spread(0ms, 10ms), 10s, caller_plan(spread(1ms, 10ms)));
    here.run_for(12s);

    pods.erase(pods.begin() + dead);
    std::vector<std::size_t> leases;
    for (const pod* each : pods) leases.push_back(each->leases);
    INFO("seed " << seed << ", sessions " << listed(here.sessions(pods)) << ", leases " << listed(leases));
    CHECK(largest_gap(here.sessions(pods)) <= 1);
    CHECK(evenness(leases).max_over_mean < 1.05);
    CHECK(pool.callers().failed() == 0);
    here.finish();
}

TEST_CASE("with one pod hanging callers are served by the others long before the connect timeout") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    world here(seed);
    const auto pods = here.add_pods(3);
    pods[0]->mood = pod_mood::hangs;
    simulated_pool& pool = here.add_pool(pool_of(10));
    here.burst(pool, 50, caller_plan(20ms));
    here.run_for(3s);

    INFO("seed " << seed << ", longest wait " << in_milliseconds(pool.callers().longest_wait) << " ms");
    CHECK(pool.callers().served == 50);
    // One patience of 250 ms, then everything goes to the others; the connect timeout is 5 s.
    CHECK(pool.callers().longest_wait < 500ms);
    CHECK(pods[0]->dials.size() == 1);
    // The one that hangs takes one place of ten.
    CHECK(here.most_dials_within(1s) <= 10);
    here.run_for(60s);
    here.finish();
}

TEST_CASE("a pod that begins to hang under load holds up only those who use it") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    const auto pods = here.add_pods(3);
    options settings = pool_of(12);
    settings.max_conn_lifetime = 1min;
    simulated_pool& pool = here.add_pool(settings);
    // Half of the capacity is wanted; statements on the silent pod give up after 1 s.
    caller_plan plan(spread(2ms, 8ms));
    plan.statement_timeout = 1s;
    here.arrivals(pool, 1000, 60s, plan);
    here.run_for(10s);
    const time_point hung = here.now();
    pods[0]->mood = pod_mood::hangs;
    here.run_for(20s);

    INFO("seed " << seed << ", longest wait " << in_milliseconds(pool.callers().longest_wait)
                 << " ms, attempts on the silent pod " << dials_between(*pods[0], hung, here.now()));
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.callers().longest_wait < 1500ms);
    CHECK(dials_between(*pods[0], hung, here.now()) <= 12);
    pods[0]->mood = pod_mood::accepts;
    here.run_for(60s);
    CHECK(largest_gap(here.sessions(pods)) <= 2);
    here.finish();
}

TEST_CASE("a pod that begins to hang costs one caller his deadline, not one per session") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    world here(seed);
    const auto pods = here.add_pods(3);
    options settings = pool_of(24);
    settings.min_conns = 24;
    simulated_pool& pool = here.add_pool(settings);
    // Hardly any load: the pod that hangs has eight idle sessions.
    caller_plan plan(spread(1ms, 3ms));
    plan.statement_timeout = 1s;
    here.run_for(5s);
    here.arrivals(pool, 20, 25s, plan);
    here.run_for(1s);
    REQUIRE(here.sessions(pods)[0] == 8);
    pods[0]->mood = pod_mood::hangs;
    here.run_for(24s);

    INFO("seed " << seed << ", held up " << pool.callers().lost_in_use);
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.callers().lost_in_use >= 1);
    // Whoever comes before the first one has given up may be sent there, too.
    CHECK(pool.callers().lost_in_use <= 2);
    pods[0]->mood = pod_mood::accepts;
    here.run_for(90s);
    CHECK(largest_gap(here.sessions(pods)) <= 1);
    here.finish();
}

TEST_CASE("#31 a pod that comes and goes every few seconds costs nobody an acquire, and is asked rarely") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    const auto pods = here.add_pods(3);
    simulated_pool& pool = here.add_pool(pool_of(12));
    here.clients(pool, 6, spread(0ms, 20ms), 6min, caller_plan(spread(1ms, 20ms)));
    here.run_for(10s);
    pods[1]->dials.clear();
    constexpr std::size_t turns = 30;
    std::size_t in_flight = 0;
    for (std::size_t turn = 0; turn < turns; ++turn) {
        in_flight += leased_on(*pods[1]);
        here.kill(*pods[1]);
        here.run_for(5s);
        pods[1]->mood = pod_mood::accepts;
        here.run_for(5s);
    }
    INFO("seed " << seed << ", attempts " << pods[1]->dials.size() << ", lost "
                 << pool.callers().lost_in_use);
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.callers().lost_in_use == in_flight);
    // While it is down pauses double from 10 ms to 5 s; its share is opened again when it is up.
    CHECK(pods[1]->dials.size() <= turns * (10 + 4));
    here.run_for(60s);
    CHECK(largest_gap(here.sessions(pods)) <= 1);
    here.finish();
}

TEST_CASE("#35 a pod killed under load costs only the queries in flight on it") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    const auto why = GENERATE(failure_kind::connection_lost, failure_kind::endpoint_down);
    world here(seed);
    const auto pods = here.add_pods(3);
    simulated_pool& pool = here.add_pool(pool_of(12));
    here.clients(pool, 10, spread(0ms, 20ms), 30s, caller_plan(spread(1ms, 20ms)));
    here.run_for(10s);
    const std::size_t in_flight = leased_on(*pods[1]);
    here.kill(*pods[1], why);
    here.run_for(25s);

    INFO("seed " << seed << ", in flight on it " << in_flight << ", lost " << pool.callers().lost_in_use
                 << ", got dead " << pool.callers().got_dead);
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.callers().lost_in_use == in_flight);
    // One caller may get a dead one before anybody has noticed; then all others are looked at first.
    CHECK(pool.callers().got_dead <= 1);
    CHECK(here.sessions(pods)[1] == 0);
    here.finish();
}

TEST_CASE("#35 a shutdown notice closes the idle connections of its pod and of no other") {
    world here(1);
    const auto pods = here.add_pods(3);
    options settings = pool_of(12);
    settings.min_conns = 12;
    simulated_pool& pool = here.add_pool(settings);
    here.run_for(5s);
    here.burst(pool, 3, caller_plan(200ms));  // one on each pod
    here.run_for(100ms);
    pods[0]->mood = pod_mood::refuses;
    here.drop_sessions(*pods[0], failure_kind::endpoint_down);
    here.run_for(10ms);
    const stats seen = pool.snapshot();
    CHECK(seen.endpoints[0].open == 0);
    CHECK(seen.endpoints[0].closes[static_cast<std::size_t>(close_reason::endpoint_failed)] == 4);
    CHECK(closes(seen, close_reason::endpoint_failed) == 4);
    CHECK(seen.endpoints[1].open >= 4);
    here.run_for(5s);
    here.finish();
}

TEST_CASE("#34 many leases broken at once by one shutdown count as one failure of the pod") {
    world here(1);
    const auto pods = here.add_pods(1);
    simulated_pool& pool = here.add_pool(pool_of(20));
    here.burst(pool, 20, caller_plan(10s));
    here.run_for(1s);
    REQUIRE(pods[0]->sessions.size() == 20);
    here.drop_sessions(*pods[0], failure_kind::endpoint_down);  // and it is up again at once
    here.run_for(1ms);
    here.burst(pool, 1, caller_plan(1ms));
    here.run_for(10s);
    INFO("longest wait " << in_milliseconds(pool.callers().longest_wait) << " ms");
    CHECK(pool.callers().served == 21);
    CHECK(pool.callers().longest_wait < 100ms);
    here.finish();
}

TEST_CASE("#22 every pod down at start: callers wait, attempts back off, and it fills when they come up") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    world here(seed);
    const auto pods = here.add_pods(3);
    for (pod* each : pods) each->mood = pod_mood::refuses;
    options settings = pool_of(20);
    settings.min_conns = 6;
    settings.acquire_timeout = 5min;
    simulated_pool& pool = here.add_pool(settings);
    here.burst(pool, 100, caller_plan(5ms));
    here.run_for(1min);

    INFO("seed " << seed << ", dials in the first minute " << here.dials() << ", most in a second "
                 << here.most_dials_within(1s));
    CHECK(pool.waiting() == 100);
    // 10 ms doubling to 5 s, each drawn between half and all of it: 10 to 15 attempts to get there, then
    // one per 2.5 to 5 s and pod.
    for (const pod* each : pods) CHECK(each->dials.size() <= 35);
    CHECK(here.most_dials_within(1s) <= 24);
    const time_point steady = here.now() - 30s;
    for (const pod* each : pods) CHECK(dials_between(*each, steady, here.now()) <= 13);

    for (pod* each : pods) each->mood = pod_mood::accepts;
    here.run_for(6s);
    CHECK(pool.callers().served == 100);
    CHECK(pool.snapshot().open >= 6);
    here.finish();
}

TEST_CASE("#37 every pod down for a minute and back: nobody gets a dead connection twice, no storm") {
    const auto seed = GENERATE(1U, 2U, 3U, 4U, 5U);
    world here(seed);
    const auto pods = here.add_pods(3);
    options settings = pool_of(20);
    settings.acquire_timeout = 3s;
    simulated_pool& pool = here.add_pool(settings);
    here.clients(pool, 30, spread(1ms, 20ms), 3min, caller_plan(spread(1ms, 10ms)));
    here.run_for(30s);
    REQUIRE(pool.callers().failed() == 0);
    const time_point down = here.now();
    for (pod* each : pods) here.kill(*each);
    here.run_for(1min);
    std::size_t attempts = 0;
    for (const pod* each : pods) attempts += dials_between(*each, down, here.now());
    const std::uint64_t failed_while_down = pool.callers().failed();
    for (pod* each : pods) each->mood = pod_mood::accepts;
    const time_point up = here.now();
    here.run_for(10s);
    const std::uint64_t failed_after = pool.callers().failed();
    here.run_for(90s);

    INFO("seed " << seed << ", attempts while down " << attempts << ", refused callers " << failed_while_down
                 << ", failed later " << failed_after - failed_while_down);
    CHECK(attempts <= 3UL * 35);
    CHECK(failed_while_down > 0);
    // Whoever asked before the pods were back may still time out, nobody after.
    CHECK(pool.callers().failed() == failed_after);
    CHECK(pool.callers().got_dead <= 3);
    std::size_t attempts_after = 0;
    for (const pod* each : pods) attempts_after += dials_between(*each, up, up + 10s);
    CHECK(attempts_after <= 25);
    here.finish();
}

TEST_CASE("a wrong login everywhere refuses callers at once, tries rarely, and recovers when mended") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    const auto pods = here.add_pods(3);
    for (pod* each : pods) each->mood = pod_mood::rejects;
    simulated_pool& pool = here.add_pool(pool_of(20));
    here.run_for(1s);
    here.burst(pool, 50, caller_plan(1ms));
    here.run_for(1s);
    CHECK(pool.callers().refused_with(errc::connection_rejected) == 50);
    INFO("seed " << seed << ", refusals took up to " << in_milliseconds(pool.callers().refusal.largest()));
    CHECK(pool.callers().refusal.largest() < 20ms);
    CHECK(here.dials() == 3);

    // An application that goes on asking: a locked account is what many attempts would earn.
    here.arrivals(pool, 100, 5min, caller_plan(1ms));
    here.run_for(5min);
    INFO("attempts in five minutes " << here.dials());
    CHECK(here.dials() <= 3UL * 30);
    CHECK(pool.callers().served == 0);
    CHECK(pool.callers().refusal.largest() < 20ms);

    for (pod* each : pods) each->mood = pod_mood::accepts;
    here.arrivals(pool, 100, 2min, caller_plan(1ms));
    here.run_for(31s);
    const std::uint64_t refused = pool.callers().failed();
    here.run_for(2min);
    CHECK(pool.callers().failed() == refused);
    CHECK(pool.callers().served > 8000);
    here.finish();
}

TEST_CASE("a login refused by one pod only is no caller's concern") {
    world here(1);
    const auto pods = here.add_pods(3);
    pods[2]->mood = pod_mood::rejects;
    simulated_pool& pool = here.add_pool(pool_of(10));
    here.burst(pool, 30, caller_plan(5ms));
    here.run_for(30s);
    CHECK(pool.callers().served == 30);
    CHECK(pods[2]->dials.size() <= 8);
    here.finish();
}

TEST_CASE("full servers: callers share what could be opened and attempts back off") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    const auto pods = here.add_pods(2);
    for (pod* each : pods) each->max_connections = 4;
    simulated_pool& pool = here.add_pool(pool_of(20));
    here.clients(pool, 20, spread(0ms, 1ms), 1min, caller_plan(spread(1ms, 3ms)));
    here.run_for(70s);

    INFO("seed " << seed << ", dials " << here.dials());
    CHECK(pool.callers().failed() == 0);
    CHECK(total(here.sessions(pods)) == 8);
    // 100 ms doubling to 5 s: 6 to 10 attempts to get there, then one per 2.5 to 5 s and pod.
    CHECK(here.dials() <= 8 + 2 * 36);
    CHECK(pool.snapshot().endpoints[0].last_failure.kind == failure_kind::overloaded);
    here.finish();
}

TEST_CASE("#36 #h with two standbys of three every session is on the primary, and follows it when it moves") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    const auto pods = here.add_pods(3);
    pods[0]->mood = pod_mood::standby;
    pods[2]->mood = pod_mood::standby;
    options settings = pool_of(10);
    settings.acquire_timeout = 10s;
    simulated_pool& pool = here.add_pool(settings);
    here.clients(pool, 10, spread(0ms, 10ms), 2min, caller_plan(spread(1ms, 10ms)));
    here.run_for(30s);
    CHECK(here.sessions(pods)[1] >= 5);
    CHECK(pods[0]->leases + pods[2]->leases == 0);
    CHECK(pool.callers().longest_wait < 50ms);
    CHECK(pods[0]->dials.size() <= 25);

    // Fail-over: the old primary becomes a standby, whoever writes to it reads 25006.
    pods[1]->mood = pod_mood::standby;
    here.drop_sessions(*pods[1], failure_kind::wrong_role);
    pods[2]->mood = pod_mood::accepts;
    const std::uint64_t before = pods[1]->leases;
    here.run_for(30s);
    INFO("seed " << seed << ", longest wait " << in_milliseconds(pool.callers().longest_wait) << " ms");
    CHECK(pool.callers().failed() == 0);
    CHECK(pods[1]->leases - before <= 1);
    CHECK(pods[2]->leases > 1000);
    CHECK(pool.callers().longest_wait < 6s);
    here.run_for(90s);
    here.finish();
}

TEST_CASE("#13 a failed check replaces the connection before a caller meets it") {
    world here(1);
    const auto pods = here.add_pods(2);
    options settings = pool_of(6);
    settings.min_conns = 6;
    simulated_pool& pool = here.add_pool(settings);
    here.run_for(10s);
    here.drop_sessions(*pods[0]);
    here.run_for(70s);  // two health check periods
    CHECK(closes(pool.snapshot(), close_reason::broken) == 3);
    CHECK(total(here.sessions(pods)) == 6);
    here.burst(pool, 6, caller_plan(1ms));
    here.run_for(1s);
    CHECK(pool.callers().got_dead == 0);
    CHECK(pool.callers().longest_wait == 0s);
    here.finish();
}

TEST_CASE("#12 a connection lost while it is reset is replaced, not handed out") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    const auto pods = here.add_pods(2);
    for (pod* each : pods) each->answer_time = spread(5ms, 20ms);
    simulated_pool& pool = here.add_pool(pool_of(4));
    here.clients(pool, 8, spread(0ms, 2ms), 30s, caller_plan(spread(1ms, 3ms)));
    for (std::size_t round = 0; round < 20; ++round) {
        here.run_for(1s);
        here.drop_sessions(*pods[round % 2]);
    }
    here.run_for(20s);
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.callers().got_dead <= 20);
    here.finish();
}
