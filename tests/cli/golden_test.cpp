// SPDX-License-Identifier: BSL-1.0
#include "options/golden.hpp"
#include "cli/bench_verb.hpp"
#include "cli/check_verb.hpp"
#include "cli/parse_verb.hpp"
#include "cli/resolve_verb.hpp"
#include "cli/simulate_verb.hpp"
#include "cli/watch_verb.hpp"
#include "command.hpp"
#include "json_keys.hpp"
#include "support/catch.hpp"

#include <podpool/detail/option_table.hpp>

#include <set>
#include <string>
#include <vector>

using podpool::test::key_paths;
using podpool::test::run_command;
namespace cli = podpool::cli;

TEST_CASE("help names the verbs and flags of the golden file") {
    std::string text = run_command({"--help"}).out;
    for (const char* const verb : {"parse", "resolve", "check", "bench", "watch", "simulate"}) {
        const std::string help = run_command({verb, "--help"}).out;
        // The options table has golden files of its own.
        text += "\n=== podpool " + std::string(verb) + " ===\n" + help.substr(0, help.find("\nKeys of the"));
    }
    CHECK(text == podpool::test::golden_file("tests/golden/cli_help.txt", text));
}

TEST_CASE("parse --help lists every pool option with its default") {
    const std::string help = run_command({"parse", "--help"}).out;
    for (const podpool::detail::option_row& row : podpool::detail::option_table) {
        CAPTURE(row.key);
        CHECK(help.find("  " + std::string(row.key) + " ") != std::string::npos);
    }
    CHECK(help.find("(default: max(4, cores))") != std::string::npos);
}

TEST_CASE("the JSON of every verb has the keys of the golden file") {
    std::set<std::string> paths = key_paths(
        "parse",
        to_json(cli::parse_report{{podpool::option_value("KEY", "value", true)}, {{"KEYWORD", "value"}}}));

    podpool::endpoint_set answer;
    answer.endpoints.emplace_back(podpool::endpoint("127.0.0.1", 5432));
    answer.left_out.emplace_back("::1", 5432);
    paths.merge(key_paths("resolve", cli::to_json(answer)));

    cli::check_report check;
    check.endpoints.emplace_back();
    paths.merge(key_paths("check", to_json(check)));

    cli::bench_report bench;
    bench.endpoints.emplace_back();
    paths.merge(key_paths("bench", to_json(bench)));

    cli::watch_frame frame;
    frame.pool.endpoints.emplace_back();
    paths.merge(key_paths("watch", to_json(frame)));

    cli::simulate_request simulated;
    simulated.scenario.length = std::chrono::seconds(2);
    simulated.scenario.scale.push_back({std::chrono::seconds(1), 1});
    simulated.scenario.pool_options["pool_rebalance"] = "on";
    simulated.models = {podpool::simulation::find_model("kube-proxy")};
    paths.merge(key_paths("simulate", to_json(cli::simulate(simulated))));

    std::string text;
    for (const std::string& path : paths) text += path + "\n";
    CHECK(text == podpool::test::golden_file("tests/golden/cli_json_keys.txt", text));
}
