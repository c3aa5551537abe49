// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"
#include "json_keys.hpp"
#include "support/catch.hpp"
#include "trio.hpp"

#include <chrono>
#include <csignal>
#include <string>
#include <thread>

using podpool::test::finished_command;
using podpool::test::run_long_enough;
using podpool::test::running_command;
using podpool::test::shared_trio;
using podpool::test::trio;

namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

template <class Condition>
bool soon(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

std::vector<std::string> with_kind(std::vector<std::string> arguments, bool coroutines) {
    if (coroutines) arguments.emplace_back("--async");
    return arguments;
}

/// How many sessions of this name have begun this statement, per server.
std::vector<std::string> querying(const std::string& name, const std::string& statement) {
    std::vector<std::string> counts;
    for (std::size_t i = 0; i < 3; ++i) {
        counts.push_back(
            shared_trio().server(i).sql("select count(*) from pg_stat_activity where application_name = '" +
                                        name + "' and query like '%" + statement + "'"));
    }
    return counts;
}

void check_report(const boost::json::value& report) {
    CHECK(report.at("errors") == 0);
    const auto queries = report.at("queries").to_number<std::uint64_t>();
    CHECK(queries > 0);
    CHECK(report.at("queries_per_second").to_number<double>() > 0);
    for (const char* const times : {"acquire_microseconds", "query_microseconds"}) {
        const double p50 = report.at(times).at("p50").to_number<double>();
        const double p99 = report.at(times).at("p99").to_number<double>();
        const double p999 = report.at(times).at("p999").to_number<double>();
        CHECK(p50 > 0);
        CHECK(p50 <= p99);
        CHECK(p99 <= p999);
    }
    std::uint64_t sum = 0;
    std::uint64_t open = 0;
    const auto addresses = shared_trio().addresses();
    const auto& endpoints = report.at("endpoints").as_array();
    REQUIRE(endpoints.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(std::string(endpoints[i].at("address").as_string()) == addresses[i]);
        CHECK(endpoints[i].at("port") == shared_trio().port());
        CHECK(endpoints[i].at("queries").to_number<std::uint64_t>() > 0);
        sum += endpoints[i].at("queries").to_number<std::uint64_t>();
        open += endpoints[i].at("open").to_number<std::uint64_t>();
    }
    CHECK(sum == queries);
    CHECK(open == 6);
    CHECK(report.at("balance").at("max_over_mean") == 1.0);
    CHECK(report.at("balance").at("cv") == 0.0);
}

}  // namespace

TEST_CASE("bench spreads its sessions over all servers, as they count them, and reports its figures") {
    trio& servers = shared_trio();
    for (const bool coroutines : {false, true}) {
        const std::string name = coroutines ? "bench-coroutines" : "bench-threads";
        running_command bench(with_kind(
            {"bench", "--json", "--clients", "6", "--seconds", "1h", "--sql", "select pg_sleep(0.002)",
             servers.uri("pool_max_conns=6&pool_reset=rollback&pool_name=" + name)},
            coroutines));
        CHECK(soon(
            [&] { return querying(name, "pg_sleep(0.002)") == std::vector<std::string>{"2", "2", "2"}; }));
        bench.send(SIGINT);
        const auto run = bench.wait();
        INFO(run.out << run.err);
        REQUIRE(run.code == 0);
        CHECK(run.err.empty());
        check_report(boost::json::parse(run.out));
        CHECK(soon([&] { return servers.server(0).sessions(name) == 0; }));
    }
}

TEST_CASE("bench ends by itself after its seconds and prints a table") {
    const auto run = run_long_enough(
        {"bench", "--clients", "3", shared_trio().uri("pool_max_conns=3&pool_reset=rollback")},
        [](const finished_command& one) { return contains(one.out, "CV 0.00"); });
    INFO(run.out << run.err);
    CHECK(run.code == 0);
    CHECK(contains(run.out, "3 threads on at most 3 connections for "));
    CHECK(contains(run.out, "errors 0"));
    CHECK(contains(run.out, "MICROSECONDS"));
    CHECK(contains(run.out, "balance of open connections: max/mean 1.00, CV 0.00"));
}

TEST_CASE("bench counts errors by message and exits with 1") {
    for (const bool coroutines : {false, true}) {
        const auto run = run_long_enough(
            with_kind({"bench", "--json", "--clients", "2", "--sql", "select 1/0", shared_trio().uri()},
                      coroutines),
            [](const finished_command& one) { return boost::json::parse(one.out).at("errors") != 0; });
        CHECK(run.code == 1);
        const auto report = boost::json::parse(run.out);
        CHECK(report.at("queries") == 0);
        CHECK(contains(run.err, "SQLSTATE 22012: division by zero"));
        CHECK(contains(run.err, "no query was answered"));
    }
}

TEST_CASE("bench cuts off what still runs five seconds after its end, and counts it as errors") {
    for (const bool coroutines : {false, true}) {
        const std::string name = coroutines ? "cut-coroutines" : "cut-threads";
        running_command bench(with_kind({"bench", "--json", "--clients", "3", "--seconds", "1h", "--sql",
                                         "select pg_sleep(3600)", shared_trio().uri("pool_name=" + name)},
                                        coroutines));
        CHECK(soon(
            [&] { return querying(name, "pg_sleep(3600)") == std::vector<std::string>{"1", "1", "1"}; }));
        bench.send(SIGTERM);
        const auto run = bench.wait();
        INFO(run.out << run.err);
        CHECK(run.code == 1);
        CHECK(boost::json::parse(run.out).at("errors") == 3);
        CHECK(contains(run.err, "3 errors: still running at the end, cut off"));
        if (coroutines) {
            CHECK(soon([&] { return shared_trio().server(0).sessions(name) == 0; }));
        } else {
            // A blocked caller can only drop its connection: the server goes on with the statement.
            for (std::size_t i = 0; i < 3; ++i) {
                shared_trio().server(i).sql(
                    "select pg_terminate_backend(pid) from pg_stat_activity "
                    "where application_name = '" +
                    name + "'");
            }
        }
    }
}
