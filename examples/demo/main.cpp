// SPDX-License-Identifier: BSL-1.0
#include "pods.hpp"
#include "settings.hpp"
#include "story.hpp"

#include <CLI/CLI.hpp>

#include <atomic>
#include <csignal>
#include <exception>
#include <iostream>
#include <string>

namespace {

// A signal handler can reach nothing else.
std::atomic<int> received_signal{0};
static_assert(std::atomic<int>::is_always_lock_free);

void note_signal(int signal) { received_signal = signal; }

/// The exit code that shells give to a program that a signal has ended.
int exit_code_of(int signal) { return 128 + signal; }

int run(const demo::settings& wanted) {
    std::string why;
    if (!demo::pods::available(why)) {
        std::cerr << "podpool_demo: can't start the servers: " << why << '\n';
        return 1;
    }
    bool held = false;
    try {
        demo::story told(wanted, [] { return received_signal != 0; });
        held = told.tell();
    } catch (const std::exception& problem) {
        // What a signal has interrupted may fail in many ways.
        if (received_signal == 0) std::cerr << "podpool_demo: " << problem.what() << '\n';
    }
    if (received_signal != 0) {
        std::cerr << "podpool_demo: stopped, and everything cleaned up\n";
        return exit_code_of(received_signal);
    }
    return held ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string about =
        "Shows podpool at work: three real " + std::string(demo::dialect::name()) + " servers " +
        podpool::test::live_place +
        "\nbehind one name, an application under load, a scale-up to five, a killed server and its return. "
        "Ends with a\n"
        "summary and a picture; exits with 0 only if every pod had its share and no acquire failed.";
    CLI::App app(about, "podpool_demo");
    demo::settings wanted;
    auto per_phase = static_cast<int>(wanted.per_phase.count());
    auto lifetime = static_cast<int>(wanted.lifetime.count());
    app.add_option("--seconds-per-phase", per_phase, "how long each phase takes at least")
        ->check(CLI::Range(1, 3600))
        ->capture_default_str();
    app.add_option("--lifetime", lifetime, "pool_max_conn_lifetime in seconds")
        ->check(CLI::Range(1, 3600))
        ->capture_default_str();
    app.add_option("--phases", wanted.phases, "how many of the four phases are shown")
        ->check(CLI::Range(1, 4))
        ->capture_default_str();
    app.add_option("--output", wanted.output, "file for the picture")
        ->type_name("FILE")
        ->capture_default_str();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& problem) {
        return app.exit(problem) == 0 ? 0 : 2;
    }
    wanted.per_phase = std::chrono::seconds(per_phase);
    wanted.lifetime = std::chrono::seconds(lifetime);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, note_signal);
    return run(wanted);
}
