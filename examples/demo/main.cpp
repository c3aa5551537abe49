// SPDX-License-Identifier: BSL-1.0
#include "story.hpp"

#include <CLI/CLI.hpp>

#include <atomic>
#include <csignal>
#include <exception>
#include <iostream>
#include <string>

namespace {

// A signal handler can reach nothing else.
std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void note_signal(int) { interrupted = true; }

bool can_run() {
    std::string why;
    if (podpool::test::postgres_cluster::available(why) && podpool::test::real_dns_server::available(why)) {
        return true;
    }
    std::cerr << "podpool_demo: can't start the servers: " << why << '\n';
    return false;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "Three real PostgreSQL servers behind one name, load through podpool, a scale-up to five, a kill.",
        "podpool_demo");
    int per_phase = 6;
    int lifetime = 8;
    demo::settings wanted;
    app.add_option("--seconds-per-phase", per_phase, "how long each state is shown at least")
        ->check(CLI::Range(1, 600))
        ->capture_default_str();
    app.add_option("--lifetime", lifetime, "pool_max_conn_lifetime in seconds")
        ->check(CLI::Range(1, 600))
        ->capture_default_str();
    app.add_option("--output", wanted.output, "where the picture goes")->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& problem) {
        return app.exit(problem) == 0 ? 0 : 2;
    }
    wanted.per_phase = std::chrono::seconds(per_phase);
    wanted.lifetime = std::chrono::seconds(lifetime);

    if (!can_run()) return 1;
    std::signal(SIGINT, note_signal);
    std::signal(SIGTERM, note_signal);
    try {
        demo::story told(wanted, [] { return interrupted.load(); });
        return told.tell() ? 0 : 1;
    } catch (const std::exception& problem) {
        std::cerr << "podpool_demo: " << problem.what() << '\n';
        return 1;
    }
}
