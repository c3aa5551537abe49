// SPDX-License-Identifier: BSL-1.0
#include "cli/command_line.hpp"

#include "cli/argument_values.hpp"
#include "cli/usage_error.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <string>
#include <variant>
#include <vector>

namespace cli = podpool::cli;
using namespace std::chrono_literals;

namespace {

cli::request read(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "podpool");
    return cli::read_command_line(static_cast<int>(arguments.size()), arguments.data());
}

std::string refusal(const std::vector<const char*>& arguments) {
    try {
        read(arguments);
    } catch (const cli::usage_error& wrong) {
        return wrong.what();
    }
    return "accepted";
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("every verb takes a connection string and --json, in any order") {
    CHECK(std::get<cli::parse_request>(read({"parse", "host=a"})).uri == "host=a");
    CHECK_FALSE(std::get<cli::parse_request>(read({"parse", "host=a"})).json);
    CHECK(std::get<cli::parse_request>(read({"parse", "--json", "host=a"})).json);
    CHECK(std::get<cli::resolve_request>(read({"resolve", "host=a", "--json"})).json);
    CHECK(std::get<cli::check_request>(read({"check", "host=a", "--json"})).json);
    CHECK(std::get<cli::bench_request>(read({"bench", "host=a", "--json"})).json);
    CHECK(std::get<cli::watch_request>(read({"watch", "host=a", "--json"})).json);
}

TEST_CASE("an empty connection string is one") {
    CHECK(std::get<cli::check_request>(read({"check", ""})).uri.empty());
}

TEST_CASE("a connection string may be named like a verb") {
    CHECK(std::get<cli::check_request>(read({"check", "watch"})).uri == "watch");
}

TEST_CASE("bench reads clients, seconds, statement and kind of caller") {
    const auto plain = std::get<cli::bench_request>(read({"bench", "host=a"}));
    CHECK(plain.load.clients == 8);
    CHECK(plain.load.sql == "select 1");
    CHECK_FALSE(plain.load.coroutines);
    CHECK(plain.duration == 5s);

    const auto full = std::get<cli::bench_request>(
        read({"bench", "--clients", "3", "--seconds=0.5", "--sql", "select 2", "--async", "host=a"}));
    CHECK(full.load.clients == 3);
    CHECK(full.load.sql == "select 2");
    CHECK(full.load.coroutines);
    CHECK(full.duration == 500ms);
    CHECK(std::get<cli::bench_request>(read({"bench", "--seconds", "1m30s", "host=a"})).duration == 90s);
}

TEST_CASE("watch has no clients and no end unless it is given some") {
    const auto plain = std::get<cli::watch_request>(read({"watch", "host=a"}));
    CHECK(plain.load.clients == 0);
    CHECK(plain.interval == 1s);
    CHECK_FALSE(plain.duration);

    const auto full = std::get<cli::watch_request>(
        read({"watch", "--clients", "2", "--interval", "250ms", "--seconds", "3", "host=a"}));
    CHECK(full.load.clients == 2);
    CHECK(full.interval == 250ms);
    CHECK(full.duration == 3s);
}

TEST_CASE("resolve reads --watch") {
    CHECK_FALSE(std::get<cli::resolve_request>(read({"resolve", "host=a"})).watch);
    CHECK(std::get<cli::resolve_request>(read({"resolve", "--watch", "host=a"})).watch);
}

TEST_CASE("a missing or unknown verb is refused with the known ones, and with the nearest one") {
    CHECK(contains(refusal({}), "expected a verb first: parse, resolve, check, bench, watch"));
    CHECK(contains(refusal({"chekc", "host=a"}), "unknown verb chekc; did you mean check?"));
    CHECK(contains(refusal({"frobnicate"}), "unknown verb frobnicate; expected one of parse, resolve"));
    CHECK(contains(refusal({"--json", "check", "host=a"}), "expected a verb first"));
}

TEST_CASE("an unknown option is refused with the nearest one") {
    CHECK(
        contains(refusal({"check", "--jsn", "host=a"}), "check: unknown option --jsn; did you mean --json?"));
    CHECK(contains(refusal({"bench", "--client=4", "host=a"}),
                   "unknown option --client; did you mean --clients?"));
    CHECK(contains(refusal({"parse", "--frobnicate", "host=a"}),
                   "unknown option --frobnicate (see podpool parse --help)"));
}

TEST_CASE("an option without its value, or with one that it doesn't take, is refused") {
    CHECK(contains(refusal({"bench", "host=a", "--clients"}), "--clients"));
    CHECK(contains(refusal({"check", "--json=yes", "host=a"}), "takes no value"));
}

TEST_CASE("a second connection string is refused") {
    CHECK(contains(refusal({"check", "host=a", "dbname=b"}), "expected one connection string"));
}

TEST_CASE("numbers outside of their range are refused with the range") {
    CHECK(contains(refusal({"bench", "--clients", "0", "a"}),
                   "--clients: expected a whole number from 1 to 10000, not \"0\""));
    CHECK(contains(refusal({"bench", "--clients", "10001", "a"}), "not \"10001\""));
    CHECK(contains(refusal({"bench", "--clients", "4x", "a"}), "not \"4x\""));
    CHECK(contains(refusal({"bench", "--clients", "99999999999999999999", "a"}), "whole number"));
    CHECK(contains(refusal({"bench", "--seconds", "0", "a"}), "--seconds: expected seconds or a duration"));
    CHECK(contains(refusal({"bench", "--seconds", "2d", "a"}), "from 1ms to 1d, not \"2d\""));
    CHECK(contains(refusal({"watch", "--interval", "5", "a"}),
                   "--interval: expected a duration such as 500ms"));
    CHECK(contains(refusal({"watch", "--interval", "1ms", "a"}), "from 50ms to 1h, not \"1ms\""));
}

TEST_CASE("no refusal quotes what could be a password") {
    const char* const uri = "postgresql://app:canary@db/shop";
    for (const std::vector<const char*>& arguments : std::vector<std::vector<const char*>>{
             {uri},
             {"--json", uri},
             {"check", uri, uri},
             {"check", "host=a", "password=canary"},
             {"check", "--uri=postgresql://app:canary@db/shop"},
             {"bench", "--clients", uri, "host=a"},
             {"bench", "--seconds", uri, "host=a"},
             {"watch", "--interval", "password=canary", "host=a"},
             {"check", "--json=canary", "host=a"},
             {"check", "host=a", "-canary=x"},
         }) {
        const std::string text = refusal(arguments);
        CAPTURE(text);
        CHECK(text != "accepted");
        const bool shows_option = contains(arguments.back(), "-canary");
        CHECK(contains(text, "canary") == shows_option);
    }
}

TEST_CASE("help and version are texts") {
    CHECK(contains(std::get<cli::print_request>(read({"--help"})).text, "Usage: podpool VERB"));
    CHECK(contains(std::get<cli::print_request>(read({"bench", "-h"})).text, "Usage: podpool bench"));
    CHECK(contains(std::get<cli::print_request>(read({"--version"})).text, "podpool "));
}
