// SPDX-License-Identifier: BSL-1.0
// podpool_soak --minutes N [--seed S]: faults of every kind at real PostgreSQL servers while a pool's callers
// write and read, then a check that what was acknowledged is there, and that nothing is left behind.
#include "chaos.hpp"
#include "interruption.hpp"
#include "replicated_set.hpp"
#include "report.hpp"
#include "support/packet_filter.hpp"
#include "verdict.hpp"
#include "workload.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <random>
#include <string>
#include <thread>

namespace {

using namespace podpool::soak;
using namespace std::chrono_literals;
using soak_clock = std::chrono::steady_clock;

constexpr const char* pool_name = "soak";
constexpr std::size_t first_standbys = 4;
constexpr auto calm_time = 15s;
/// What CTest takes for skipped.
constexpr int cannot_run = 77;

struct arguments {
    double minutes = 0;
    std::uint64_t seed = 0;
    bool own_network = false;
};

/// Reads the command line; false: `exit_code` is what remains to be returned.
bool read_arguments(int count, const char* const* words, arguments& wanted, int& exit_code) {
    constexpr double most_minutes = 60.0 * 24 * 14;
    CLI::App app(
        "Faults of every kind at real PostgreSQL servers under load, and a check of what was written.");
    wanted.seed = std::random_device{}();
    app.add_option("--minutes", wanted.minutes, "how long faults are injected")
        ->required()
        ->check(CLI::Range(0.1, most_minutes));
    app.add_option("--seed", wanted.seed, "settles which faults are drawn (default: a random one)");
    app.add_flag("--own-network", wanted.own_network,
                 "in a network namespace of its own, where packets may vanish; needs root, ip and nft");
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& problem) {
        exit_code = app.exit(problem) == 0 ? 0 : 2;
        return false;
    }
    return true;
}

bool can_run() {
    std::string why;
    if (podpool::test::postgres_cluster::available(why) && podpool::test::real_dns_server::available(why))
        return true;
    std::printf("skipped: %s\n", why.c_str());
    return false;
}

/// Load goes on without faults; how many callers never succeed in that time.
std::size_t callers_that_stay_out(const workload& load) {
    const auto before = load.successes();
    std::this_thread::sleep_for(calm_time);
    const auto after = load.successes();
    std::size_t out = 0;
    for (std::size_t i = 0; i < after.size(); ++i) out += after[i] == before[i] ? 1 : 0;
    return out;
}

int run(const arguments& wanted) {
    using podpool::test::packet_filter;
    const packet_filter packets =
        wanted.own_network ? packet_filter() : packet_filter("no network of its own (--own-network)");
    const interruption stop;
    const auto time = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::duration<double, std::ratio<60>>(wanted.minutes));
    std::printf("soak: seed %llu, %lld s of faults; starting %zu servers\n",
                static_cast<unsigned long long>(wanted.seed), static_cast<long long>(time.count()),
                first_standbys + 1);
    std::fflush(stdout);
    replicated_set servers(first_standbys);
    if (!packets.available()) std::printf("soak: packets don't vanish: %s\n", packets.why_not().c_str());

    findings found;
    found.seed = wanted.seed;
    servers.disconnect();
    found.before = process_figures::now();
    auto pool = std::make_unique<podpool::pool<podpool::postgres>>(
        servers.url(pool_name, "pool_min_conns=20&pool_max_conns=20&pool_acquire_timeout=30s"));
    workload load(*pool, time + calm_time + 60s);
    chaos faults(servers, packets, wanted.seed, pool_name);
    const soak_clock::duration warm_at = std::min<soak_clock::duration>(60s, time / 2);
    const auto measure = [&](soak_clock::duration since) {
        if (found.warm_at > 0s) return;
        found.warm_at = since;
        found.warm = process_figures::now();
    };
    faults.run(time, stop, [&](soak_clock::duration since) {
        if (since >= warm_at) measure(since);
    });
    found.injected = soak_clock::now() - faults.began();
    // When it was stopped before.
    measure(found.injected);
    found.calm = calm_time;
    found.callers_without_success = callers_that_stay_out(load);
    found.at_end = process_figures::now();
    load.stop();

    faults.say("load has stopped, checking");
    servers.wait_until_streaming();
    found.ledger = compare_ledger(servers, load);
    found.disagreement = disagreement(servers, *pool, pool_name);
    found.closed = pool->close(60s);
    pool.reset();
    found.leaked = leaked_sessions(servers, pool_name);
    servers.disconnect();
    found.after = process_figures::now();
    return report(found, load, faults, packets) ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
    arguments wanted;
    int exit_code = 0;
    if (!read_arguments(count, words, wanted, exit_code)) return exit_code;
    if (!can_run()) return cannot_run;
    try {
        return run(wanted);
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "soak: no verdict: %s\n", problem.what());
        return 3;
    }
}
