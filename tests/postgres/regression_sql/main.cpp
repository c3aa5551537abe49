// SPDX-License-Identifier: BSL-1.0
// The proof of the reader of statements: PostgreSQL's own regression tests, in which each plain statement is
// a lease of its own and must leave its session as it was. `./dev test --regression-sql` runs it.
#include "lease_runner.hpp"
#include "support/postgres_server.hpp"

#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace {

using namespace podpool::test;

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (!file) throw std::runtime_error("can't read " + path.string());
    return text;
}

/// The names of the tests in the order of PostgreSQL's schedule.
std::vector<std::string> scheduled(const std::filesystem::path& root) {
    std::vector<std::string> names;
    std::istringstream lines(text_of(root / "parallel_schedule"));
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string word;
        words >> word;
        while (word == "test:" && words >> line) names.push_back(line);
    }
    return names;
}

postgres_cluster_settings settings() {
    postgres_cluster_settings made;
    made.configuration = {"max_prepared_transactions = 10", "shared_buffers = 64MB",
                          "session_preload_libraries = 'plpgsql'"};
    return made;
}

/// A database as PostgreSQL's own runner makes it. Returns how to connect to it.
std::string make_database(postgres_server& server) {
    server.sql("create database regression template template0 locale 'C' encoding 'UTF8'");
    const std::string conninfo = "hostaddr=" + server.address() + " port=" + std::to_string(server.port()) +
                                 " user=admin dbname=regression client_encoding=UTF8 gssencmode=disable "
                                 "sslmode=disable application_name=regression options='-c timezone=PST8PDT "
                                 "-c datestyle=Postgres,MDY -c intervalstyle=postgres_verbose "
                                 "-c statement_timeout=60s -c lock_timeout=5s'";
    if (!leased_session(conninfo).run(leased_session::definition))
        throw std::runtime_error("the state of a session can't be told");
    return conninfo;
}

int report(const lease_runner::figures& found) {
    std::printf(
        "scripts %zu, statements %zu, commands of psql skipped %zu\n"
        "plain statements %zu, of these in transactions with others %zu; leases of plain statements alone "
        "%zu\n"
        "leases that succeeded %zu, only beside what their script had set or made %zu, failed %zu\n",
        found.scripts, found.statements, found.skipped_commands, found.plain, found.among_others,
        found.leases, found.succeeded, found.succeeded_beside, found.failed);
    for (const auto& [gate, count] : found.by_gate)
        std::printf("left something through a known gate: %zu by %s\n", count, gate.c_str());
    std::printf("left something through no known gate: %zu\n", found.left_something.size());
    for (const std::string& one : found.left_something) std::printf("%s\n", one.c_str());
    return found.left_something.empty() ? 0 : 1;
}

int prove(const std::filesystem::path& root) {
    postgres_cluster cluster(settings());
    lease_runner runner(make_database(cluster.add_primary()));
    const std::map<std::string, std::string> environment{{"PG_ABS_SRCDIR", root.string()}};
    for (const std::string& name : scheduled(root)) {
        const std::filesystem::path path = root / "sql" / (name + ".sql");
        // Some are made by PostgreSQL's build.
        if (!std::filesystem::exists(path)) continue;
        std::cerr << name << '\n';
        script_reader script(text_of(path), environment);
        runner.run(name, script);
    }
    return report(runner.found());
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::cerr << "usage: podpool_regression_sql DIRECTORY: src/test/regress of PostgreSQL's source\n";
        return 2;
    }
    try {
        return prove(arguments[1]);
    } catch (const std::exception& problem) {
        std::cerr << "podpool_regression_sql: " << problem.what() << '\n';
        return 2;
    }
}
