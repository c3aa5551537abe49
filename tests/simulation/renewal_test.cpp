// SPDX-License-Identifier: BSL-1.0
// Connections grow old: each is renewed before its lifetime ends, paced, and opened before the old one
// closes. The world watches that none is handed out past its lifetime.
#include "scenario.hpp"

using namespace podpool;
using namespace podpool::simulation;

namespace {

options kept_full(std::size_t conns, duration lifetime) {
    options settings = pool_of(conns);
    settings.min_conns = conns;
    settings.max_conn_lifetime = lifetime;
    return settings;
}

/// The dials on all pods after `from`, as a figure per second over `period`.
std::size_t most_dials_after(world& here, time_point from, duration period) {
    for (pod& each : here.pods()) {
        std::erase_if(each.dials, [&](const auto& dial) { return dial.first < from; });
    }
    return here.most_dials_within(period);
}

}  // namespace

TEST_CASE("#g 100 pools of 20 born together renew over their whole lifetime, not in one storm") {
    // One lifetime of 30 min with 2000 sessions: even pace is 1.1 dials a second; HikariCP's 2.5 % jitter
    // gives 47, 25 % gives 5.9.
    const auto seed = GENERATE(1U, 2U);
    world here(seed);
    here.check_every = 50;
    const auto pods = here.add_pods(4);
    for (int number = 0; number < 100; ++number) {
        options settings = kept_full(20, 30min);
        settings.health_check_period = 5min;
        simulated_pool& pool = here.add_pool(settings);
        here.arrivals(pool, 0.5, 70min, caller_plan(spread(1ms, 20ms)));
    }
    here.run_for(1min);
    REQUIRE(total(here.sessions(pods)) == 2000);
    const time_point born = here.now();
    const std::size_t before = here.dials();
    here.run_for(65min);

    const std::size_t dials = here.dials() - before;
    const std::size_t peak_second = most_dials_after(here, born, 1s);
    const std::size_t peak_minute = most_dials_after(here, born, 60s);
    INFO("seed " << seed << ", renewals " << dials << ", most dials in a second " << peak_second
                 << ", in a minute " << peak_minute);
    CHECK(peak_second <= 12);
    CHECK(peak_minute <= 60UL * 3);
    // Mean age at renewal is 2/3 of the lifetime at first, 7/8 of it later, and a little is lost to pacing.
    CHECK(dials >= 2000UL * 2);
    CHECK(dials <= 2000UL * 4);
    CHECK(evenness(here.sessions(pods)).max_over_mean <= 1.05);
    for (const auto& pool : here.pools()) {
        CHECK(pool->callers().failed() == 0);
        CHECK(pool->callers().longest_wait == 0s);  // there was always an idle one
        CHECK(pool->most_sockets() <= 21);
    }
    here.finish();
}

TEST_CASE("#g one pool of 100 of equal age keeps its renewals apart and never has fewer connections") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    const auto pods = here.add_pods(4);
    options settings = kept_full(100, 10min);
    settings.max_conn_lifetime_jitter = 0s;
    simulated_pool& pool = here.add_pool(settings);
    here.run_for(5s);
    pool.retire_all();  // all again at one moment, in the first generation still
    here.run_for(5s);
    const time_point born = here.now();
    std::size_t least_open = 100;
    for (int second = 0; second < 25 * 60; ++second) {
        here.run_for(1s);
        least_open = std::min(least_open, pool.snapshot().open);
    }
    const std::size_t peak = most_dials_after(here, born, 60s);
    INFO("seed " << seed << ", most renewals in a minute " << peak << ", least open " << least_open);
    CHECK(peak <= 24);  // never faster than twice the steady rate of 10 a minute, and its rounding
    CHECK(least_open == 100);
    CHECK(pool.most_sockets() == 101);
    CHECK(closes(pool.snapshot(), close_reason::lifetime) >= 200);
    here.finish();
}

TEST_CASE("an idle pool opens only what its lifetime takes") {
    // Whatever is closed for another reason while a replacement opens would be opened again.
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    here.add_pods(3);
    options settings = kept_full(6, 30min);
    settings.max_conns = 10;
    simulated_pool& pool = here.add_pool(settings);
    here.run_for(10h);

    const stats seen = pool.snapshot();
    INFO("seed " << seed << ", opens " << pool.opens() << ", renewals " << seen.renewals << ", idle closes "
                 << closes(seen, close_reason::idle_timeout));
    CHECK(closes(seen, close_reason::idle_timeout) == 0);
    // 10 h of 6 connections that live for 22.5 to 30 min, less up to a tenth for pacing.
    CHECK(pool.opens() >= 120);
    CHECK(pool.opens() <= 190);
    CHECK(seen.open == 6);
    // Time stands still between events: an idle pool is asleep but for checks and renewals.
    CHECK(pool.ticks() < 20'000);
    here.finish();
}

TEST_CASE("#15 a lease is not cut at max lifetime; its connection is replaced on return") {
    world here(1);
    here.add_pods(2);
    options settings = pool_of(4);
    settings.max_conn_lifetime = 1min;
    simulated_pool& pool = here.add_pool(settings);
    here.burst(pool, 4, caller_plan(5min));
    here.run_for(4min);
    CHECK(pool.snapshot().active == 4);
    CHECK(pool.opens() == 4);
    here.run_for(62s);
    CHECK(pool.callers().lost_in_use == 0);
    CHECK(closes(pool.snapshot(), close_reason::lifetime) == 4);
    here.finish();
}

TEST_CASE("#14 a pool that is never idle renews in time, on return") {
    const auto seed = GENERATE(1U, 2U, 3U);
    const auto overshoot = GENERATE(0U, 1U, 3U);
    world here(seed);
    const auto pods = here.add_pods(3);
    options settings = pool_of(9);
    settings.max_conn_lifetime = 30s;
    settings.renew_overshoot = overshoot;
    simulated_pool& pool = here.add_pool(settings);
    here.clients(pool, 40, spread(0ms, 1ms), 3min, caller_plan(spread(5ms, 50ms)));
    here.run_for(3min);

    INFO("seed " << seed << ", overshoot " << overshoot << ", opens " << pool.opens() << ", most sockets "
                 << pool.most_sockets() << ", longest wait " << in_milliseconds(pool.callers().longest_wait));
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.most_sockets() <= 9 + overshoot);
    CHECK(pool.opens() >= 9UL * 6);
    CHECK(pool.opens() <= 9UL * 14);
    CHECK(pool.callers().longest_wait < 400ms);
    here.run_for(20s);
    here.finish();
}

TEST_CASE("pool_renew_overshoot=0 closes first and never has a socket too many") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    const auto pods = here.add_pods(3);
    options settings = kept_full(9, 1min);
    settings.renew_overshoot = 0;
    simulated_pool& pool = here.add_pool(settings);
    here.arrivals(pool, 20, 10min, caller_plan(spread(1ms, 20ms)));
    std::size_t least_open = 9;
    here.run_for(5s);
    for (int second = 0; second < 600; ++second) {
        here.run_for(1s);
        least_open = std::min(least_open, pool.snapshot().open + pool.snapshot().opening);
    }
    INFO("seed " << seed << ", least open " << least_open);
    CHECK(pool.most_sockets() == 9);
    CHECK(pool.callers().failed() == 0);
    CHECK(least_open >= 8);
    CHECK(pool.opens() >= 90);
    CHECK(largest_gap(here.sessions(pods)) <= 2);
    here.finish();
}

TEST_CASE("renewal with every pod refusing: old connections serve until their very end, then it recovers") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    const auto pods = here.add_pods(3);
    options settings = kept_full(12, 2min);
    settings.max_conns = 20;
    simulated_pool& pool = here.add_pool(settings);
    here.arrivals(pool, 50, 4min, caller_plan(spread(1ms, 5ms)));
    here.run_for(70s);
    for (pod* each : pods) each->mood = pod_mood::refuses;  // sessions live on, new ones fail
    here.run_for(30s);
    CHECK(pool.callers().failed() == 0);
    CHECK(total(here.sessions(pods)) >= 3);
    const std::size_t before = here.dials();
    here.run_for(30s);
    INFO("seed " << seed << ", attempts in 30 s " << here.dials() - before);
    // Pauses of 10 ms that double and are 2.5 s at least in the end: nine short ones on a pod that nobody has
    // asked before, then one in 3.75 s on average.
    CHECK(here.dials() - before <= 3UL * 17);
    for (pod* each : pods) each->mood = pod_mood::accepts;
    here.run_for(30s);
    CHECK(pool.snapshot().open >= 12);
    CHECK(pool.callers().refused_with(errc::acquire_timeout) == 0);
    here.run_for(2min);
    here.finish();
}

TEST_CASE("#16 the minimum size is restored after lifetimes end") {
    world here(1);
    const auto pods = here.add_pods(2);
    options settings = kept_full(6, 20s);
    settings.max_conns = 12;
    simulated_pool& pool = here.add_pool(settings);
    here.run_for(15s);
    for (pod* each : pods) each->mood = pod_mood::refuses;
    here.run_for(1min);
    CHECK(pool.snapshot().open == 0);
    for (pod* each : pods) each->mood = pod_mood::accepts;
    here.run_for(6s);
    CHECK(pool.snapshot().open == 6);
    here.finish();
}

TEST_CASE("#17 lifetimes are spread: a pool's connections end at different moments") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    here.add_pods(1);
    simulated_pool& pool = here.add_pool(kept_full(50, 10min));
    here.run_for(2s);
    std::vector<time_point> renewals;
    std::uint64_t seen = pool.opens();
    const time_point born = here.now();
    while (renewals.size() < 50) {
        here.run_for(100ms);
        for (; seen < pool.opens(); ++seen) renewals.push_back(here.now());
    }
    INFO("seed " << seed << ", first after " << in_seconds(renewals.front() - born) << " s, last after "
                 << in_seconds(renewals.back() - born) << " s");
    CHECK(renewals.front() - born < 4min);
    CHECK(renewals.back() - born > 8min);
    CHECK(renewals.back() - born <= 10min);
    here.finish();
}
