// SPDX-License-Identifier: BSL-1.0
#include "bench_settings.hpp"
#include "groups.hpp"
#include "report.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using namespace podpool::bench;

struct group {
    std::string name;
    void (*run)(const bench_settings&, report&);
    /// Takes long, or needs a quiet machine: runs only when it is named.
    bool only_by_name = false;
};

const std::vector<group>& all_groups() {
    static const std::vector<group> groups = {
        {"cycle", run_cycle_group},
        {"threads", run_threads_group},
        {"held", run_held_group},
        {"async", run_async_group},
#ifdef PODPOOL_BENCH_POSTGRES
        {"query", run_query_group},
        {"coroutines", run_coroutines_group},
        {"defaults", run_defaults_group, true},
        {"arrivals", run_arrivals_group, true},
#endif
#ifdef PODPOOL_BENCH_MYSQL
        {"mysql", run_mysql_group},
#endif
    };
    return groups;
}

report run_groups(const bench_settings& settings) {
    report all;
    for (const group& each : all_groups()) {
        if (!settings.names(each.name) && (each.only_by_name || !settings.groups.empty())) continue;
        std::cerr << "running: " << each.name << '\n';
        try {
            each.run(settings, all);
        } catch (const std::exception& problem) {
            all.not_run.push_back(each.name + ": " + problem.what());
        }
    }
#ifndef PODPOOL_BENCH_POSTGRES
    all.not_run.emplace_back("query, coroutines, defaults, arrivals: built without podpool::postgres");
#endif
#ifndef PODPOOL_BENCH_MYSQL
    all.not_run.emplace_back("mysql: built without podpool::mysql");
#endif
    return all;
}

std::vector<char*> pointers_to(std::vector<std::string>& words) {
    std::vector<char*> pointers;
    pointers.reserve(words.size());
    for (std::string& word : words) pointers.push_back(word.data());
    return pointers;
}

/// Takes Google Benchmark's own options out of `words` and sets it up; it would print its own help.
void set_up_google_benchmark(std::vector<std::string>& words) {
    // Short by default, since the ratios come from the interleaved rounds; the user's own options win.
    std::vector<std::string> own = {words.front(), "--benchmark_min_time=0.1"};
    const auto is_own = [](const std::string& word) { return word.rfind("--benchmark_", 0) == 0; };
    std::copy_if(words.begin() + 1, words.end(), std::back_inserter(own), is_own);
    words.erase(std::remove_if(words.begin() + 1, words.end(), is_own), words.end());
    std::vector<char*> arguments = pointers_to(own);
    int count = static_cast<int>(arguments.size());
    benchmark::Initialize(&count, arguments.data());
}

int run(int argc, char** argv) {
    std::vector<std::string> words(argv, argv + argc);
    set_up_google_benchmark(words);
    std::vector<char*> arguments = pointers_to(words);
    const int count = static_cast<int>(arguments.size());

    std::vector<std::string> names;
    for (const group& each : all_groups()) names.push_back(each.name);
    int exit_code = 0;
    const auto settings = read_settings(count, arguments.data(), names, exit_code);
    if (!settings) return exit_code;

    const report all = run_groups(*settings);
    std::cout << '\n';
    if (settings->markdown) {
        print_markdown(std::cout, all);
    } else {
        print_table(std::cout, all);
    }
    if (!settings->json_file.empty()) {
        std::ofstream file(settings->json_file);
        print_json(file, all);
        if (!file.flush()) {
            std::cerr << "podpool_bench: can't write " << settings->json_file << '\n';
            return 1;
        }
    }
    const bool failed = all.rows.empty() && !all.not_run.empty();
    return failed ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& problem) {
        std::cerr << "podpool_bench: " << problem.what() << '\n';
        return 1;
    }
}
