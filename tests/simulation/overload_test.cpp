// SPDX-License-Identifier: BSL-1.0
// More callers than the pool can serve.
#include "scenario.hpp"
#include "support/measured.hpp"

#include <cmath>

using namespace podpool;
using namespace podpool::simulation;

namespace {

/// A pool of 10 whose uses take 10 ms, so that it can serve 1000 a second.
options pool_with(overload_policy overload) {
    options settings = pool_of(10);
    settings.min_conns = 10;
    settings.max_waiters = 100'000;
    settings.acquire_timeout = 2s;
    settings.overload = overload;
    return settings;
}

caller_plan work() { return caller_plan(spread(5ms, 15ms)); }

}  // namespace

TEST_CASE(
    "twice as many callers as can be served: with codel the served ones wait for little, and none less "
    "is served") {
    const auto seed = GENERATE(1U, 2U, 3U);
    struct outcome {
        double served_per_second;
        double p99_wait;
    };
    const auto play = [seed](overload_policy overload) {
        world here(seed);
        here.check_every = 50;
        here.add_pods(3);
        simulated_pool& pool = here.add_pool(pool_with(overload));
        here.run_for(5s);
        here.arrivals(pool, 2000, 20s, work());
        const std::uint64_t before = pool.snapshot().acquires;
        here.run_for(20s);
        const stats seen = pool.snapshot();
        const outcome result{static_cast<double>(seen.acquires - before) / 20,
                             in_milliseconds(seen.wait_time.quantile(0.99))};
        here.run_for(5s);
        here.finish();
        return result;
    };
    const outcome fifo = play(overload_policy::fifo);
    const outcome codel = play(overload_policy::codel);
    INFO("seed " << seed << ": fifo serves " << fifo.served_per_second << "/s, p99 of waiting "
                 << fifo.p99_wait << " ms; codel " << codel.served_per_second << "/s, " << codel.p99_wait
                 << " ms");
    test::measured("seed " + std::to_string(seed) + ", 2000 callers/s on a capacity of 1000/s: fifo serves " +
                   std::to_string(std::lround(fifo.served_per_second)) + "/s with a p99 wait of " +
                   std::to_string(std::lround(fifo.p99_wait)) + " ms, codel " +
                   std::to_string(std::lround(codel.served_per_second)) + "/s with " +
                   std::to_string(std::lround(codel.p99_wait)) + " ms");
    CHECK(fifo.served_per_second >= 900);
    CHECK(codel.served_per_second >= 900);
    CHECK(codel.p99_wait <= 250);  // an interval of twenty times ten milliseconds, and the histogram's steps
    CHECK(fifo.p99_wait >= 1000);
}

TEST_CASE("codel refuses nobody for a burst that the pool works off, nor while a cold pool opens") {
    const auto seed = GENERATE(1U, 2U, 3U);
    world here(seed);
    for (pod* const each : here.add_pods(3)) each->connect_time = spread(400ms, 600ms);
    simulated_pool& pool = here.add_pool(pool_with(overload_policy::codel));
    here.burst(pool, 100, work());
    here.run_for(3s);
    here.burst(pool, 100, work());
    here.run_for(3s);
    INFO("seed " << seed);
    CHECK(pool.callers().failed() == 0);
    CHECK(pool.snapshot().sheds == 0);
    here.finish();
}
