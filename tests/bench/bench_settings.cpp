// SPDX-License-Identifier: BSL-1.0
#include "bench_settings.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace podpool::bench {

bool bench_settings::names(const std::string& group) const {
    return std::find(groups.begin(), groups.end(), group) != groups.end();
}

std::optional<bench_settings> read_settings(int argc, char** argv,
                                            const std::vector<std::string>& group_names, int& exit_code) {
    constexpr double quick_round = 0.1;
    bench_settings settings;
    double seconds = std::chrono::duration<double>(settings.long_round).count();
    CLI::App app("Measures podpool beside a hand-written pool, libpq and the floors, in interleaved rounds.");
    app.add_option("--groups", settings.groups,
                   "Groups to run, comma-separated; default: all but defaults and arrivals")
        ->delimiter(',')
        ->check(CLI::IsMember(group_names));
    app.add_option("--rounds", settings.rounds, "Rounds per comparison; default: each group's own")
        ->check(CLI::Range(1, 100000));
    app.add_option("--seconds", seconds, "Length of a round in the groups held, query, coroutines, defaults")
        ->check(CLI::Range(0.05, 600.0))
        ->capture_default_str();
    app.add_flag("--markdown", settings.markdown, "Print the table as in docs/performance.md");
    app.add_option("--json", settings.json_file, "Write every round of every figure to this file");
    app.add_flag("--quick", settings.quick,
                 "Groups defaults and arrivals: only whether they work, in less than a minute; --rounds and "
                 "--seconds don't count");
    app.add_option("--old", settings.older,
                   "Groups defaults and arrivals: a contender of an older podpool takes part, made by "
                   "tests/bench/contenders/build_older.sh")
        ->check(CLI::ExistingFile);
    app.add_flag("--instructions", settings.instructions,
                 "Group defaults: also the instructions in user space per query (needs valgrind)");
    app.footer("Google Benchmark's own options (--benchmark_...) work too.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& problem) {
        exit_code = app.exit(problem) == 0 ? 0 : 2;
        return std::nullopt;
    }
    if (settings.quick) {
        settings.rounds = 1;
        seconds = quick_round;
    }
    settings.long_round =
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
    return settings;
}

}  // namespace podpool::bench
