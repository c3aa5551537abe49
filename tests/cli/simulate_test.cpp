// SPDX-License-Identifier: BSL-1.0
#include "cli/simulate_verb.hpp"

#include "cli/command_line.hpp"
#include "cli/simulate_picture.hpp"
#include "cli/usage_error.hpp"
#include "command.hpp"
#include "support/catch.hpp"

#include <boost/json/parse.hpp>

#include <string>
#include <variant>
#include <vector>

namespace cli = podpool::cli;
namespace simulation = podpool::simulation;
using namespace std::chrono_literals;
using podpool::test::run_command;

namespace {

cli::simulate_request read(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), {"podpool", "simulate"});
    return std::get<cli::simulate_request>(
        cli::read_command_line(static_cast<int>(arguments.size()), arguments.data()));
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

const std::vector<std::string> small{"simulate", "--clients", "5",          "--sessions", "4",
                                     "--pods",   "2",         "--scale",    "2m:+1",      "--duration",
                                     "4m",       "--model",   "kube-proxy", "--model",    "podpool"};

std::vector<std::string> with(std::vector<std::string> more) {
    std::vector<std::string> all = small;
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

}  // namespace

TEST_CASE("simulate reads a scenario") {
    const auto plain = read({});
    CHECK(plain.scenario.clients == 100);
    CHECK(plain.scenario.sessions == 20);
    CHECK(plain.scenario.pods == 3);
    REQUIRE(plain.scenario.scale.size() == 1);
    CHECK(plain.scenario.scale[0].at == 40min);
    CHECK(plain.scenario.length == 80min);
    CHECK(plain.models.size() == 4);
    CHECK(plain.seeds == 1);

    const auto full = read({"--clients",
                            "7",
                            "--sessions",
                            "3",
                            "--pods",
                            "4",
                            "--scale",
                            "20m:-2",
                            "--scale",
                            "10m:+1",
                            "--duration=30m",
                            "--lifetime",
                            "10m",
                            "--jitter",
                            "10%",
                            "--dns-ttl",
                            "30s",
                            "--dns-cache",
                            "10s",
                            "--watch-delay",
                            "300ms",
                            "--totals-age",
                            "15s",
                            "--start-over",
                            "5s",
                            "--load",
                            "bursty",
                            "--at",
                            "30s",
                            "--model",
                            "ipvs-rr",
                            "--set",
                            "pool_rebalance=off",
                            "--seed",
                            "9",
                            "--seeds",
                            "3",
                            "--svg",
                            "x.svg",
                            "--json"});
    REQUIRE(full.scenario.scale.size() == 2);
    CHECK(full.scenario.scale[0].change == 1);
    CHECK(full.scenario.scale[1].change == -2);
    CHECK(full.scenario.reference() == 20min);
    CHECK(full.scenario.totals_age == 15s);
    CHECK(full.scenario.watch_delay == 300ms);
    CHECK(full.scenario.load == simulation::load_kind::bursty);
    CHECK(full.scenario.looks == std::vector<simulation::duration>{30s});
    CHECK(full.scenario.pool_options.at("pool_rebalance") == "off");
    CHECK(full.scenario.pool_options.at("pool_max_conn_lifetime_jitter") == "10%");
    CHECK(full.first_seed == 9);
    CHECK(full.seeds == 3);
    CHECK(full.json);
    CHECK(read({"--scale", "none"}).scenario.scale.empty());
    CHECK(read({"--model", "all"}).models.size() == simulation::all_models().size());
}

TEST_CASE("simulate refuses what it can't play, and says what it expects") {
    CHECK(contains(refusal({"--scale", "10m"}), "--scale: expected a time and pods"));
    CHECK(contains(refusal({"--scale", "10m:1"}), "such as 10m:+1 or 1h:-2, not "));
    CHECK(contains(refusal({"--scale", "10:+1"}), "--scale: expected a duration"));
    CHECK(contains(refusal({"--scale", "10m:-3"}), "at least one pod to be left"));
    CHECK(contains(refusal({"--duration", "1m"}), "--duration: expected at least the time of the last"));
    CHECK(contains(refusal({"--model", "magic"}), "--model: expected one of kube-proxy, ipvs-rr"));
    CHECK(contains(refusal({"--load", "wild"}), "--load: expected idle, steady or bursty, not \"wild\""));
    CHECK(contains(refusal({"--set", "rebalance=off"}), "--set: expected a pool option"));
    CHECK(contains(refusal({"--clients", "0"}), "--clients: expected a whole number from 1"));
    CHECK(contains(refusal({"host=a"}), "simulate: expected options only"));
    CHECK(contains(refusal({"--client", "3"}), "did you mean --clients?"));
}

TEST_CASE("a pool option that podpool refuses is bad usage, in podpool's words") {
    const auto run = run_command(with({"--set", "pool_max_con=3"}));
    CHECK(run.code == 2);
    CHECK(run.out.empty());
    CHECK(contains(run.err, "pool_max_con: unknown key; the nearest known one is pool_max_conns"));
}

TEST_CASE("the same seed gives the same bytes, another seed others") {
    const auto first = run_command(with({"--json", "--seeds", "2"}));
    REQUIRE(first.code == 0);
    CHECK(run_command(with({"--json", "--seeds", "2"})).out == first.out);
    CHECK(run_command(with({"--json", "--seeds", "2", "--seed", "7"})).out != first.out);
}

TEST_CASE("podpool fills a new pod and the Service doesn't") {
    const auto run = run_command(with({"--json"}));
    REQUIRE(run.code == 0);
    const auto models = boost::json::parse(run.out).at("models");
    const auto share = [&](std::size_t index) {
        return models.at(index).at("end").at("newest_share").at("median").to_number<double>();
    };
    CHECK(share(0) == 0);
    CHECK(share(1) > 0.85);
    CHECK(models.at(0).at("moves").at("median").is_null());
    CHECK(models.at(1).at("moves").at("median").to_number<double>() > 0);
    CHECK(models.at(1).at("failed_acquires").at("median").to_number<double>() == 0);
}

TEST_CASE("simulate's table is at most a hundred columns wide") {
    const auto run = run_command(with({"--seeds", "2", "--model", "lifetime-25-least"}));
    REQUIRE(run.code == 0);
    for (std::size_t begin = 0; begin < run.out.size();) {
        const std::size_t end = run.out.find('\n', begin);
        CHECK(end - begin <= 100);
        begin = end + 1;
    }
    CHECK(contains(run.out, "5 clients x 4 sessions on 2 pods, at 2m +1, for 4m"));
}

TEST_CASE("the plots are well-formed: every element is closed in order") {
    const std::string svg = cli::draw(
        cli::simulate(read({"--clients", "3", "--sessions", "2", "--scale", "1m:+1", "--duration", "2m"})));
    std::vector<std::string> open;
    std::size_t lines = 0;
    for (std::size_t at = svg.find('<'); at != std::string::npos; at = svg.find('<', at + 1)) {
        const std::size_t end = svg.find('>', at);
        REQUIRE(end != std::string::npos);
        const std::string tag = svg.substr(at + 1, end - at - 1);
        const std::string name = tag.substr(0, tag.find(' '));
        if (name == "polyline") ++lines;
        if (name.starts_with('/')) {
            REQUIRE_FALSE(open.empty());
            CHECK(open.back() == name.substr(1));
            open.pop_back();
        } else if (!tag.ends_with('/')) {
            open.push_back(name);
        }
    }
    CHECK(open.empty());
    CHECK(lines == 4 * 4);
    CHECK_FALSE(contains(svg, "nan"));
    CHECK_FALSE(contains(svg, "inf"));
}
