// SPDX-License-Identifier: BSL-1.0
#include "cli/bench_verb.hpp"
#include "cli/check_verb.hpp"
#include "cli/resolve_verb.hpp"
#include "cli/target.hpp"
#include "cli/watch_verb.hpp"
#include "support/catch.hpp"

#include <podpool/error.hpp>
#include <podpool/postgres/error.hpp>

#include <chrono>
#include <stdexcept>
#include <string>

namespace cli = podpool::cli;
using namespace std::chrono_literals;
using podpool::endpoint;

namespace {

const cli::tally::time_point start{};

std::exception_ptr thrown(const auto& error) { return std::make_exception_ptr(error); }

podpool::stats stats_of_two() {
    podpool::stats pool;
    pool.max_conns = 8;
    pool.sessions.max_over_mean = 1.25;
    pool.sessions.cv = 0.25;
    for (const char* const address : {"127.0.0.2", "127.0.0.1"}) {
        podpool::endpoint_stats one;
        one.where = endpoint(address, 5432);
        one.open = 4;
        one.active = 3;
        pool.endpoints.push_back(one);
    }
    return pool;
}

}  // namespace

TEST_CASE("a tally keeps queries per endpoint and errors by kind with the first one in full") {
    cli::tally one;
    one.count_query(endpoint("a", 1), start, start + 1ms, start + 3ms);
    one.count_error<podpool::postgres_error>(
        thrown(podpool::error(podpool::errc::acquire_timeout, "podpool x: 1.2s ago")));
    cli::tally other;
    other.count_query(endpoint("b", 1), start, start, start + 1ms);
    other.count_query(endpoint("a", 1), start, start + 2ms, start + 9ms);
    other.count_error<podpool::postgres_error>(
        thrown(podpool::error(podpool::errc::acquire_timeout, "podpool x: 3.4s ago")));
    other.count_error<podpool::postgres_error>(thrown(std::runtime_error("else")));
    one.failed_acquires = 1;
    other.failed_acquires = 1;
    one.merge(other);

    CHECK(one.queries == 3);
    CHECK(one.queries_at[endpoint("a", 1)] == 2);
    CHECK(one.acquire_time.count() == 3);
    CHECK(one.query_time.largest() == 7ms);
    CHECK(one.last_query == start + 9ms);
    CHECK(one.errors == 3);
    CHECK(one.failed_acquires == 2);
    CHECK(cli::error_summary(one) ==
          "2 errors: no connection became free within the acquire timeout\n"
          "  first: podpool x: 1.2s ago\n"
          "1 error: else\n");
}

TEST_CASE("errors of a server are told apart by SQLSTATE and message, whatever the endpoint") {
    cli::tally counted;
    for (const char* const where : {"127.0.0.1:5432", "127.0.0.2:5432"}) {
        podpool::postgres_error::report report;
        report.sqlstate = "22012";
        report.message = "division by zero";
        report.endpoint = where;
        counted.count_error<podpool::postgres_error>(
            thrown(podpool::postgres_error(podpool::make_sqlstate_code("22012"), report)));
    }
    REQUIRE(counted.errors_by_kind.size() == 1);
    CHECK(counted.errors_by_kind.begin()->first == "SQLSTATE 22012: division by zero");
    CHECK(counted.errors_by_kind.begin()->second.count == 2);
}

TEST_CASE("a server that words every error anew fills no memory") {
    cli::tally counted;
    for (int i = 0; i < 1000; ++i) counted.count_error("kind " + std::to_string(i), "text");
    CHECK(counted.errors == 1000);
    CHECK(counted.errors_by_kind.size() == 101);
    CHECK(counted.errors_by_kind["other errors"].count == 900);
}

TEST_CASE("only a closed pool's refusal is none of the clients' errors") {
    CHECK(cli::is_pool_closed(thrown(podpool::error(podpool::errc::pool_closed, "closed"))));
    CHECK(cli::is_pool_closed(
        thrown(boost::system::system_error(make_error_code(podpool::errc::pool_closed)))));
    CHECK_FALSE(cli::is_pool_closed(thrown(podpool::error(podpool::errc::acquire_timeout, "late"))));
    CHECK_FALSE(cli::is_pool_closed(thrown(std::runtime_error("else"))));
}

TEST_CASE("a bench report has a row for every endpoint, also for one that went, in order") {
    cli::tally counted;
    counted.count_query(endpoint("127.0.0.1", 5432), start, start, start + 1ms);
    counted.count_query(endpoint("127.0.0.9", 5432), start, start, start + 1ms);
    counted.count_query(endpoint("127.0.0.9", 5432), start, start, start + 1ms);
    const auto report = cli::make_bench_report({}, stats_of_two(), counted, 500ms);
    REQUIRE(report.endpoints.size() == 3);
    CHECK(report.endpoints[0].where.address == "127.0.0.1");
    CHECK(report.endpoints[0].open == 4);
    CHECK(report.endpoints[0].active == 3);
    CHECK(report.endpoints[0].queries == 1);
    CHECK(report.endpoints[1].queries == 0);
    CHECK(report.endpoints[2].where.address == "127.0.0.9");
    CHECK(report.endpoints[2].open == 0);
    CHECK(report.endpoints[2].queries == 2);
    CHECK(to_json(report).at("queries_per_second") == 6.0);
    CHECK(to_text(report).find("queries 3 (6 per second), errors 0") != std::string::npos);
}

TEST_CASE("a watch frame turns counts into rates over the time since the last frame") {
    cli::watch_sampler sampler(start);
    cli::tally counted;
    const endpoint where("127.0.0.1", 5432);
    for (int i = 0; i < 10; ++i) counted.count_query(where, start, start, start);
    const auto first = sampler.next(start + 2s, stats_of_two(), counted);
    CHECK(first.queries_per_second == 5);
    CHECK(first.queries_per_second_at.at(where) == 5);
    CHECK(first.pool.endpoints.front().where.address == "127.0.0.1");

    counted.count_query(where, start, start, start);
    const auto second = sampler.next(start + 3s, stats_of_two(), counted);
    CHECK(second.queries_per_second == 1);
    CHECK(second.queries_per_second_at.at(where) == 1);
}

TEST_CASE("a watch table shows each endpoint's role, state and last error") {
    auto pool = stats_of_two();
    pool.name = "shop";
    pool.idle = 3;
    pool.maintaining = 2;
    pool.discovery_error = "NXDOMAIN\nfor db";
    pool.endpoints[1].role = podpool::role::standby;
    pool.endpoints[0].state = podpool::endpoint_state::failing;
    pool.endpoints[0].last_failure = {podpool::failure_kind::endpoint_down, "refused"};
    pool.endpoints[0].last_failure_age = 1500ms;
    const auto lines = to_lines(cli::watch_sampler(start).next(start + 1s, pool, {}));
    REQUIRE(lines.size() == 6);
    CHECK(lines[0].find("shop: 0 of 8 connections open") != std::string::npos);
    CHECK(lines[0].find(", 3 idle (2 being reset or checked), 0 opening") != std::string::npos);
    CHECK(lines[1].find("max/mean 1.25  CV 0.25") != std::string::npos);
    CHECK(lines[2] == "discovery: no answer yet; now: NXDOMAIN for db");
    CHECK(lines[4].find("127.0.0.1:5432  standby  ") == 0);
    CHECK(lines[5].find("127.0.0.2:5432  unknown  ") == 0);
    CHECK(lines[5].find("failing") != std::string::npos);
    CHECK(lines[5].find("refused (1500.0ms ago)") == std::string::npos);
    CHECK(lines[5].find("refused (1.5s ago)") != std::string::npos);
}

TEST_CASE("the JSON of watch names roles as that of check does") {
    cli::watch_frame frame;
    frame.pool = stats_of_two();
    frame.pool.endpoints[0].role = podpool::role::primary;
    const auto endpoints = to_json(frame).at("endpoints");
    CHECK(endpoints.at(0).at("role") == "primary");
    CHECK(endpoints.at(1).at("role") == "unknown");
}

TEST_CASE("a difference names what came, went and changed") {
    podpool::endpoint_set before;
    before.endpoints = {podpool::endpoint_info(endpoint("127.0.0.1", 1)),
                        podpool::endpoint_info(endpoint("127.0.0.2", 1))};
    podpool::endpoint_set after;
    after.endpoints = {podpool::endpoint_info(endpoint("127.0.0.3", 1)),
                       podpool::endpoint_info(endpoint("127.0.0.1", 1))};
    after.endpoints[1].ready = false;
    after.endpoints[1].terminating = true;
    after.endpoints[1].zone = "b";
    CHECK(cli::difference(before, after) ==
          "  ~ 127.0.0.1:1  not ready, serving, terminating, zone b\n"
          "  + 127.0.0.3:1  ready, serving\n"
          "  - 127.0.0.2:1\n");
    CHECK(cli::difference(before, before).empty());
}

TEST_CASE("what a source remarks is shown by resolve and check") {
    podpool::endpoint_set answer;
    answer.source = "dns";
    answer.endpoints = {podpool::endpoint_info(endpoint("10.96.0.7", 5432))};
    CHECK(cli::to_text(answer).find("remark") == std::string::npos);
    CHECK(cli::to_json(answer).at("remark").is_null());
    cli::check_report report;
    CHECK(cli::to_text(report).find("remark") == std::string::npos);
    CHECK(cli::to_json(report).at("remark").is_null());
    answer.remark = report.remark = "one address only";
    CHECK(cli::to_text(answer).ends_with("\nremark: one address only\n"));
    CHECK(cli::to_json(answer).at("remark") == "one address only");
    CHECK(cli::to_text(report).ends_with("\nremark: one address only\n"));
    CHECK(cli::to_json(report).at("remark") == "one address only");
}

TEST_CASE("pods, nodes and hints are shown where the source tells of them") {
    podpool::endpoint_set answer;
    answer.source = "kubernetes";
    answer.endpoints = {podpool::endpoint_info(endpoint("10.77.1.2", 5432)),
                        podpool::endpoint_info(endpoint("10.77.1.10", 5432))};
    CHECK(cli::to_text(answer).find("POD") == std::string::npos);
    answer.endpoints[1].zone = "a";
    answer.pods = {podpool::pod_details{.where = endpoint("10.77.1.10", 5432),
                                        .pod = "db-0",
                                        .node = "n1",
                                        .hint_zones = {"a", "b"},
                                        .hint_nodes = {"n1"}}};
    CHECK(cli::to_text(answer) ==
          "source kubernetes, ttl -, next refresh never\n"
          "ADDRESS     PORT  READY  SERVING  TERMINATING  ZONE  POD   NODE  HINTS\n"
          "10.77.1.10  5432  yes    yes      no           a     db-0  n1    a,b,node/n1\n"
          "10.77.1.2   5432  yes    yes      no           -     -     -     -\n");
    const auto rows = cli::to_json(answer).at("endpoints");
    CHECK(rows.at(0).at("pod") == "db-0");
    CHECK(rows.at(0).at("node") == "n1");
    CHECK(rows.at(0).at("hint_zones") == boost::json::array{"a", "b"});
    CHECK(rows.at(0).at("hint_nodes") == boost::json::array{"n1"});
    CHECK(rows.at(1).at("pod").is_null());
    CHECK(rows.at(1).at("hint_zones") == boost::json::array{});
    CHECK(cli::difference({}, answer) ==
          "  + 10.77.1.10:5432  ready, serving, zone a, pod db-0, node n1\n"
          "  + 10.77.1.2:5432  ready, serving\n");
}

TEST_CASE("a string for another database is refused, without its password") {
    CHECK_NOTHROW(cli::read_target("postgres://h/d"));
    CHECK_NOTHROW(cli::read_target("host=h password=mysql://"));
    for (const char* const text : {"redis://u:canary@h", "MYSQL://u:canary@h/d"}) {
        try {
            const auto target = cli::read_target(text);
            FAIL("accepted");
        } catch (const podpool::error& refused) {
            const std::string what = refused.what();
            CHECK(refused.code() == podpool::errc::invalid_options);
            CHECK(what.find("expected postgresql://, postgres://, mysql://, mariadb://") !=
                  std::string::npos);
            CHECK(what.find("canary") == std::string::npos);
        }
    }
}
