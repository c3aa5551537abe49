// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"
#include "json_keys.hpp"
#include "support/catch.hpp"
#include "trio.hpp"

#include <algorithm>
#include <csignal>
#include <set>
#include <string>

using podpool::test::run_command;
using podpool::test::running_command;
using podpool::test::shared_trio;
using podpool::test::trio;

namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string with_port(const std::string& address) {
    return address + ":" + std::to_string(shared_trio().port());
}

}  // namespace

TEST_CASE("resolve shows the servers behind a DNS name, with TTL and next refresh") {
    trio& servers = shared_trio();
    const auto run = run_command({"resolve", "--json", servers.uri()});
    REQUIRE(run.code == 0);
    CHECK(run.err.empty());
    const auto value = boost::json::parse(run.out);
    CHECK(value.at("source") == "dns");
    CHECK(value.at("ttl_seconds") == 5);
    CHECK(value.at("next_refresh_seconds").to_number<double>() > 0);
    CHECK(value.at("next_refresh_seconds").to_number<double>() <= 5);
    const auto wanted = servers.addresses();
    const auto& endpoints = value.at("endpoints").as_array();
    REQUIRE(endpoints.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(endpoints[i].at("address") == boost::json::value(wanted[i]));
        CHECK(endpoints[i].at("port") == servers.port());
        CHECK(endpoints[i].at("ready") == true);
        CHECK(endpoints[i].at("zone").is_null());
    }

    const auto text = run_command({"resolve"}, {{"PODPOOL_URI", servers.uri()}});
    CHECK(text.code == 0);
    CHECK(contains(text.out, "source dns, ttl 5s, next refresh "));
    for (const std::string& address : wanted) CHECK(contains(text.out, address));
}

TEST_CASE("resolve of a name that doesn't exist prints DNS' verdict and exits with 1") {
    const std::string uri =
        "postgresql://app@nobody.cluster.local/shop?pool_dns_servers=" + shared_trio().dns().address();
    const auto run = run_command({"resolve", uri});
    CHECK(run.code == 1);
    CHECK(run.out.empty());
    CHECK(contains(run.err, "nobody.cluster.local"));
    CHECK(contains(run.err, "NXDOMAIN"));
}

TEST_CASE("resolve of two names shows what it found and warns of the missing one") {
    trio& servers = shared_trio();
    const auto run =
        run_command({"resolve", "--json",
                     "host=" + trio::name() + ",nobody.cluster.local port=" + std::to_string(servers.port()) +
                         " user=app pool_dns_servers=" + servers.dns().address()});
    CHECK(run.code == 0);
    CHECK(boost::json::parse(run.out).at("endpoints").as_array().size() == 3);
    CHECK(contains(run.err, "nobody.cluster.local"));

    const auto check =
        run_command({"check", "--json",
                     "host=" + trio::name() + ",nobody.cluster.local port=" + std::to_string(servers.port()) +
                         " user=app dbname=shop password=" + podpool::test::postgres_cluster::password() +
                         " pool_dns_servers=" + servers.dns().address()});
    CHECK(check.code == 1);
    CHECK(boost::json::parse(check.out).at("endpoints").as_array().size() == 3);
    CHECK(contains(check.err, "nobody.cluster.local"));
}

TEST_CASE("resolve --watch prints each change with its time until it is interrupted") {
    trio& servers = shared_trio();
    const auto addresses = servers.addresses();
    running_command watching({"resolve", "--watch", servers.uri("pool_dns_refresh=1s")});
    watching.wait_for_output(
        [&](const std::string& out) { return contains(out, "+ " + with_port(addresses[2])); });

    servers.dns().set_records(trio::name(), {addresses[0], addresses[1]});
    watching.wait_for_output(
        [&](const std::string& out) { return contains(out, "- " + with_port(addresses[2])); });
    servers.dns().set_records(trio::name(), {});
    watching.wait_for_output([](const std::string& out) { return contains(out, "NXDOMAIN"); });
    servers.publish_all();
    watching.wait_for_output([&](const std::string& out) {
        const std::string added = "+ " + with_port(addresses[2]);
        return out.find(added, out.find(added) + 1) != std::string::npos;
    });
    watching.send(SIGINT);
    const auto run = watching.wait();
    CHECK(run.code == 0);
    CHECK(run.signal == 0);
    // Four changes: three good answers and a bad one. What doesn't change isn't told again.
    CHECK(std::count(run.out.begin(), run.out.end(), '\n') == 4 + 3 + 1 + 1);
    CHECK(contains(run.out, "Z  3 endpoints from dns, ttl 5s"));
}

TEST_CASE("resolve --watch --json prints one object per change") {
    trio& servers = shared_trio();
    running_command watching({"resolve", "--watch", "--json", servers.uri("pool_dns_refresh=1s")});
    watching.wait_for_output([](const std::string& out) { return contains(out, "\n"); });
    servers.dns().set_records(trio::name(), {});
    watching.wait_for_output([](const std::string& out) { return contains(out, "\"error\""); });
    watching.send(SIGTERM);
    const auto run = watching.wait();
    servers.publish_all();
    CHECK(run.code == 0);
    const std::size_t end = run.out.find('\n');
    const auto first = boost::json::parse(run.out.substr(0, end));
    CHECK(first.at("endpoints").as_array().size() == 3);
    CHECK(first.at("time").as_string().back() == 'Z');
    const auto second = boost::json::parse(run.out.substr(end + 1));
    CHECK(contains(std::string(second.at("error").as_string()), "NXDOMAIN"));
}
