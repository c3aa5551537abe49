// SPDX-License-Identifier: BSL-1.0
// The figures that the documentation quotes: `simulation_test "[.figures]"` prints them as Markdown.
#include "scenario.hpp"

#include <cstdio>

using namespace podpool;
using namespace podpool::simulation;

namespace {

constexpr std::uint64_t rounds = 5;

/// The mean and the worst of a figure over some seeds.
struct figure {
    double sum = 0;
    double worst = 0;
    int count = 0;

    void add(double value) {
        sum += value;
        worst = std::max(worst, value);
        ++count;
    }
    [[nodiscard]] double mean() const { return sum / count; }
};

void print_cold_start() {
    std::puts("\n### Cold start: 100 callers at once, 20 ms of work, max_conns 30, dials of 1 to 3 ms\n");
    std::puts("| pods | largest gap between pods | longest wait (ms) | dials |\n|---|---|---|---|");
    for (const std::size_t pod_count : {2U, 3U, 5U, 8U}) {
        figure gap;
        figure wait;
        figure dials;
        for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
            world here(seed);
            const auto pods = here.add_pods(pod_count);
            simulated_pool& pool = here.add_pool(pool_of(30));
            here.burst(pool, 100, caller_plan(20ms));
            here.run_for(5s);
            gap.add(static_cast<double>(largest_gap(here.sessions(pods))));
            wait.add(in_milliseconds(pool.callers().longest_wait));
            dials.add(static_cast<double>(here.dials()));
            here.finish();
        }
        std::printf("| %zu | %.0f | %.0f | %.0f |\n", pod_count, gap.worst, wait.worst, dials.worst);
    }
}

void print_spike() {
    std::puts("\n### Spike: min_conns 5, max_conns 50, connect 150 ms, 50 callers at once\n");
    std::puts("| work | connections afterwards | longest wait (ms) |\n|---|---|---|");
    for (const duration work : {duration(2ms), duration(20ms), duration(200ms)}) {
        figure opens;
        figure wait;
        for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
            world here(seed);
            for (pod* each : here.add_pods(1)) each->connect_time = 150ms;
            options settings = pool_of(50);
            settings.min_conns = 5;
            simulated_pool& pool = here.add_pool(settings);
            here.run_for(5s);
            here.burst(pool, 50, caller_plan(work));
            here.run_for(5s);
            opens.add(static_cast<double>(pool.opens()));
            wait.add(in_milliseconds(pool.callers().longest_wait));
            here.finish();
        }
        std::printf("| %.0f ms | %.0f | %.0f |\n", in_milliseconds(work), opens.worst, wait.worst);
    }
}

struct scale_up {
    std::size_t pools;
    std::size_t size;
    std::size_t pods_before;
    std::size_t pods_after;
    std::size_t clients;  // per pool
};

void print_scale_up(bool rebalance) {
    std::printf("\n### Scale-up under load, max_conn_lifetime 30 min, pool_rebalance %s\n\n",
                rebalance ? "on" : "off: renewals only");
    std::puts(
        "| pools x sessions | pods | new pods at 95 % of their share after | max/mean after a lifetime | "
        "most dials in a second | failed acquires |\n|---|---|---|---|---|---|");
    for (const scale_up& plan : {scale_up{1, 30, 3, 5, 10}, scale_up{20, 20, 3, 4, 3},
                                 scale_up{100, 20, 3, 4, 1}, scale_up{100, 3, 4, 5, 1}}) {
        world here(1);
        here.check_every = 100;
        auto pods = here.add_pods(plan.pods_before);
        for (std::size_t number = 0; number < plan.pools; ++number) {
            options settings = pool_of(plan.size);
            settings.min_conns = plan.size;
            settings.rebalance = rebalance;
            simulated_pool& pool = here.add_pool(settings);
            here.clients(pool, plan.clients, spread(100ms, 2s), 80min, caller_plan(spread(1ms, 20ms)));
        }
        here.run_for(40min);
        for (pod& each : here.pods()) each.dials.clear();
        std::vector<pod*> fresh;
        while (pods.size() < plan.pods_after) fresh.push_back(pods.emplace_back(&here.add_pod()));
        here.publish(pods);
        const double fair =
            static_cast<double>(plan.pools * plan.size * fresh.size()) / static_cast<double>(plan.pods_after);
        const time_point from = here.now();
        const bool reached = here.run_until(
            [&] { return static_cast<double>(total(here.sessions(fresh))) >= 0.95 * fair; }, 35min);
        const duration took = here.now() - from;
        here.run_for(from + 35min - here.now());
        std::uint64_t failed = 0;
        for (const auto& pool : here.pools()) failed += pool->callers().failed();
        std::printf("| %zu x %zu | %zu to %zu | %s%.0f s | %.2f | %zu | %llu |\n", plan.pools, plan.size,
                    plan.pods_before, plan.pods_after, reached ? "" : "not in ", in_seconds(took),
                    evenness(here.sessions(pods)).max_over_mean, here.most_dials_within(1s),
                    static_cast<unsigned long long>(failed));
        here.finish();
    }
}

void print_expiry() {
    std::puts(
        "\n### A deployment born together: 100 pools of 20, max_conn_lifetime 30 min, 65 min of life\n");
    std::puts(
        "| most dials in a second | in a minute | mean per second | late or failed |\n|---|---|---|---|");
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
        world here(seed);
        here.check_every = 100;
        here.add_pods(4);
        for (int number = 0; number < 100; ++number) {
            options settings = pool_of(20);
            settings.min_conns = 20;
            settings.health_check_period = 5min;
            simulated_pool& pool = here.add_pool(settings);
            here.arrivals(pool, 0.5, 65min, caller_plan(spread(1ms, 20ms)));
        }
        here.run_for(1min);
        for (pod& each : here.pods()) each.dials.clear();
        here.run_for(65min);
        std::uint64_t failed = 0;
        for (const auto& pool : here.pools()) failed += pool->callers().failed();
        std::printf("| %zu | %zu | %.1f | %llu |\n", here.most_dials_within(1s), here.most_dials_within(60s),
                    static_cast<double>(here.dials()) / (65 * 60), static_cast<unsigned long long>(failed));
        here.finish();
    }
}

void print_outage() {
    std::puts("\n### Every pod down for a minute, 30 clients, max_conns 20\n");
    std::puts("| attempts per pod in the minute | served again after (s), mean | worst |\n|---|---|---|");
    figure attempts;
    figure back;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        world here(seed);
        const auto pods = here.add_pods(3);
        options settings = pool_of(20);
        settings.acquire_timeout = 3s;
        simulated_pool& pool = here.add_pool(settings);
        here.clients(pool, 30, spread(1ms, 20ms), 3min, caller_plan(spread(1ms, 10ms)));
        here.run_for(20s);
        for (pod* each : pods) {
            here.kill(*each);
            each->dials.clear();
        }
        here.run_for(1min);
        attempts.add(static_cast<double>(here.dials()) / 3);
        for (pod* each : pods) each->mood = pod_mood::accepts;
        const time_point up = here.now();
        const std::uint64_t served = pool.callers().served;
        here.run_until([&] { return pool.callers().served > served; }, 1min);
        back.add(in_seconds(here.now() - up));
        here.run_for(3min);
        here.finish();
    }
    std::printf("| %.0f | %.1f | %.1f |\n", attempts.mean(), back.mean(), back.worst);
}

void print_hanging_pod() {
    std::puts("\n### One pod of three hangs at a cold start of 50 callers, connect timeout 5 s\n");
    std::puts("| longest wait (ms) | attempts on it |\n|---|---|");
    figure wait;
    figure attempts;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        world here(seed);
        const auto pods = here.add_pods(3);
        pods[0]->mood = pod_mood::hangs;
        simulated_pool& pool = here.add_pool(pool_of(10));
        here.burst(pool, 50, caller_plan(20ms));
        here.run_for(4s);
        wait.add(in_milliseconds(pool.callers().longest_wait));
        attempts.add(static_cast<double>(pods[0]->dials.size()));
        here.run_for(30s);
        here.finish();
    }
    std::printf("| %.0f | %.0f |\n", wait.worst, attempts.worst);
}

struct deployment {
    std::size_t pools;
    std::size_t size;
    std::size_t pods;
};

double sessions_after_start(const deployment& shape, balance_policy policy, std::uint64_t seed) {
    world here(seed);
    here.check_every = 100;
    const auto pods = here.add_pods(shape.pods);
    for (std::size_t number = 0; number < shape.pools; ++number) {
        options settings = pool_of(shape.size);
        settings.min_conns = shape.size;
        settings.balance = policy;
        here.add_pool(settings);
    }
    here.run_for(20s);
    const double figure = evenness(here.sessions(pods)).max_over_mean;
    here.finish();
    return figure;
}

void print_policies() {
    std::puts("\n### Sessions per pod after a start, max/mean over all pools\n");
    std::puts(
        "| pools x sessions / pods | least_active | p2c | round_robin | random |\n|---|---|---|---|---|");
    for (const deployment& shape :
         {deployment{20, 10, 3}, deployment{20, 5, 8}, deployment{200, 1, 5}, deployment{300, 3, 20}}) {
        std::printf("| %zu x %zu / %zu |", shape.pools, shape.size, shape.pods);
        for (const balance_policy policy : {balance_policy::least_active, balance_policy::p2c,
                                            balance_policy::round_robin, balance_policy::random}) {
            figure value;
            for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
                value.add(sessions_after_start(shape, policy, seed));
            }
            std::printf(" %.2f |", value.mean());
        }
        std::puts("");
    }
}

}  // namespace

TEST_CASE("figures for the documentation", "[.figures]") {
    print_cold_start();
    print_spike();
    for (const bool rebalance : {true, false}) print_scale_up(rebalance);
    print_expiry();
    print_outage();
    print_hanging_pod();
    print_policies();
    std::puts("");
}
