// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"
#include "support/catch.hpp"

#include <boost/json/parse.hpp>
#include <podpool/version.hpp>

#include <string>

using podpool::test::finished_command;
using podpool::test::run_command;
using podpool::test::run_long_enough;

namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// An address where nobody listens: ports below 1024 are nobody's here.
const std::string nowhere = "127.255.255.254:1";

}  // namespace

TEST_CASE("bad usage exits with 2 and says on standard error what is wrong") {
    for (const auto& arguments :
         std::vector<std::vector<std::string>>{{},
                                               {"frobnicate"},
                                               {"check", "--frobnicate", "host=a"},
                                               {"check"},
                                               {"bench", "--clients", "x", "host=a"}}) {
        const auto run = run_command(arguments);
        CHECK(run.code == 2);
        CHECK(run.out.empty());
        CHECK(run.err.starts_with("podpool: "));
    }
    CHECK(contains(run_command({"check"}).err, "PODPOOL_URI"));
}

TEST_CASE("a bad connection string exits with 2 and podpool's error, without the password") {
    for (const char* const verb : {"parse", "resolve", "check", "bench", "watch"}) {
        const auto unknown = run_command({verb, "postgresql://app:canary@db/shop?pool_max_con=3"});
        CHECK(unknown.code == 2);
        CHECK(unknown.out.empty());
        CHECK(contains(unknown.err, "pool_max_con: unknown key; the nearest known one is pool_max_conns"));

        const auto libpq = run_command({verb, "postgresql://app:canary@db/shop?sslmod=require"});
        CHECK(libpq.code == 2);
        CHECK(contains(libpq.err, "sslmod"));

        const auto other = run_command({verb, "redis://app:canary@db/shop"});
        CHECK(other.code == 2);
        CHECK(contains(other.err, "expected postgresql://, postgres://, mysql://, mariadb://"));

        const auto name = run_command({verb, "host='no such name' password=canary"});
        CHECK(name.code == 2);
        CHECK(contains(name.err, "no such name"));
    }
}

TEST_CASE("--version prints the library's version") {
    const auto run = run_command({"--version"});
    CHECK(run.code == 0);
    CHECK(run.out == "podpool " PODPOOL_VERSION "\n");
}

TEST_CASE("parse shows pool options with defaults marked, and driver parameters without the password") {
    const std::string uri = "postgresql://app:canary@db.prod,db2/shop?pool_max_conns=32&sslmode=require";
    const auto text = run_command({"parse", uri});
    CHECK(text.code == 0);
    CHECK(contains(text.out, "pool_max_conns                 32\n"));
    CHECK(contains(text.out, "pool_max_conn_lifetime         30m "));
    CHECK(contains(text.out, "***"));
    const auto line_of = [&](const std::string& key) {
        const std::size_t begin = text.out.find(key + " ");
        return text.out.substr(begin, text.out.find('\n', begin) - begin);
    };
    CHECK_FALSE(contains(line_of("pool_max_conns"), "default"));
    CHECK(contains(line_of("pool_max_conn_lifetime"), "default"));

    const auto json = run_command({"parse", "--json", uri});
    CHECK(json.code == 0);
    const auto value = boost::json::parse(json.out);
    REQUIRE(value.as_object().size() == 2);
    CHECK(value.at("pool").at("pool_max_conns") == "32");
    CHECK(value.at("pool").at("pool_max_conn_lifetime") == "30m");
    CHECK(value.at("pool").at("pool_name") == "db.prod:5432+1/shop");
    CHECK(value.at("driver").at("host") == "db.prod,db2");
    CHECK(value.at("driver").at("dbname") == "shop");
    CHECK(value.at("driver").at("user") == "app");
    CHECK(value.at("driver").at("sslmode") == "require");
    CHECK(value.at("driver").at("password") == "***");
    CHECK_FALSE(value.at("driver").as_object().contains("pool_max_conns"));
}

TEST_CASE("the connection string may come from PODPOOL_URI, and an argument wins over it") {
    const std::map<std::string, std::string> environment{
        {"PODPOOL_URI", "host=from-environment password=canary"}};
    CHECK(contains(run_command({"parse", "--json"}, environment).out, R"("host":"from-environment")"));
    CHECK(contains(run_command({"parse", "--json", "host=from-argument"}, environment).out,
                   R"("host":"from-argument")"));
    CHECK(run_command({"parse"}, {{"PODPOOL_URI", ""}, {"PGHOST", "from-libpq"}, {"PGUSER", "app"}}).code ==
          0);
    const auto bad = run_command({"parse"}, {{"PODPOOL_URI", "host=a password=canary pool_max_conns=0"}});
    CHECK(bad.code == 2);
    CHECK(contains(bad.err, "pool_max_conns"));
}

TEST_CASE("resolve shows literal addresses without asking anybody") {
    const auto json = run_command({"resolve", "--json", "host=127.0.0.9,::1 port=6001,6002 user=app"});
    CHECK(json.code == 0);
    const auto value = boost::json::parse(json.out);
    CHECK(value.at("source") == "static");
    CHECK(value.at("ttl_seconds").is_null());
    CHECK(value.at("next_refresh_seconds").is_null());
    const auto& endpoints = value.at("endpoints").as_array();
    REQUIRE(endpoints.size() == 2);
    CHECK(endpoints[0].at("address") == "127.0.0.9");
    CHECK(endpoints[0].at("port") == 6001);
    CHECK(endpoints[0].at("ready") == true);
    CHECK(endpoints[0].at("serving") == true);
    CHECK(endpoints[0].at("terminating") == false);
    CHECK(endpoints[0].at("zone").is_null());
    CHECK(endpoints[1].at("address") == "::1");
    CHECK(endpoints[1].at("port") == 6002);
    CHECK(contains(run_command({"resolve", "host=127.0.0.9 user=app"}).out,
                   "source static, ttl -, next refresh never"));
}

TEST_CASE("resolve fails with discovery's error when no DNS server answers") {
    const std::string uri =
        "postgresql://app:canary@db.cluster.local/shop?pool_connect_timeout=300ms&pool_dns_servers=" +
        nowhere;
    const auto run = run_command({"resolve", uri});
    CHECK(run.code == 1);
    CHECK(run.out.empty());
    CHECK(contains(run.err, "db.cluster.local"));
    const auto check = run_command({"check", uri});
    CHECK(check.code == 1);
    CHECK(contains(check.err, "db.cluster.local"));
}

TEST_CASE("check fails when a server refuses, and says so in its row") {
    const auto json = run_command({"check", "--json", "postgresql://app:canary@" + nowhere + "/shop"});
    CHECK(json.code == 1);
    const auto value = boost::json::parse(json.out);
    const auto& row = value.at("endpoints").at(0);
    CHECK(row.at("ok") == false);
    CHECK(row.at("role").is_null());
    CHECK(row.at("server_version").is_null());
    CHECK(contains(std::string(row.at("error").as_string()), "refused"));
}

TEST_CASE("bench fails when no server answers, and says why") {
    const auto run =
        run_long_enough({"bench", "--json", "--clients", "2", "postgresql://app:canary@" + nowhere + "/shop"},
                        [](const finished_command& one) { return contains(one.err, "refused"); });
    CHECK(run.code == 1);
    CHECK(boost::json::parse(run.out).at("queries") == 0);
    CHECK(contains(run.err, "no query was answered"));
    CHECK(contains(run.err, nowhere));
    CHECK(contains(run.err, "refused"));
}

TEST_CASE("watch without an answer from discovery exits with 1 and shows its error") {
    const auto run =
        run_long_enough({"watch", "--interval", "100ms",
                         "postgresql://app:canary@db.cluster.local/shop?pool_connect_timeout=300ms"
                         "&pool_dns_servers=" +
                             nowhere},
                        [](const finished_command& one) { return contains(one.out, "; now: "); });
    CHECK(run.code == 1);
    CHECK(contains(run.out, "no answer yet; now: "));
}

TEST_CASE("output that can't be written is a failure") {
    const auto run = run_command({"parse", "host=a user=b"}, {}, podpool::test::output_kind::full_disk);
    CHECK(run.code == 1);
    CHECK(contains(run.err, "standard output can't be written"));
}
