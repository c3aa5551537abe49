// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"
#include "support/catch.hpp"
#include "support/mysql_server.hpp"
#include "support/real_dns_server.hpp"
#include "support/wait_for.hpp"

#include <boost/json/parse.hpp>

#include <csignal>
#include <string>
#include <vector>

using namespace podpool::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Three real servers of MySQL's kind behind one real DNS name.
class mysql_trio {
public:
    mysql_trio() {
        for (int i = 0; i < 3; ++i) addresses_.push_back(servers_.add_primary().address());
        dns_.set_records("my.cluster.local", addresses_);
    }

    [[nodiscard]] mysql_server& server(std::size_t index) { return *servers_.servers().at(index); }
    [[nodiscard]] std::uint16_t port() const { return servers_.port(); }
    [[nodiscard]] std::string uri(const std::string& more = {},
                                  const std::string& password = mysql_cluster::password()) const {
        return "mysql://" + mysql_cluster::user() + ":" + password +
               "@my.cluster.local:" + std::to_string(port()) + "/" + mysql_cluster::database() +
               "?pool_dns_servers=" + dns_.address() + (more.empty() ? "" : "&" + more);
    }
    [[nodiscard]] std::vector<std::size_t> sessions(const std::string& name) {
        std::vector<std::size_t> counts;
        for (const auto& server : servers_.servers()) counts.push_back(server->sessions(name));
        return counts;
    }
    /// How many sessions run this statement, per server.
    [[nodiscard]] std::vector<std::string> running(const std::string& statement) {
        std::vector<std::string> counts;
        for (const auto& server : servers_.servers()) {
            counts.push_back(
                server->sql("select count(*) from information_schema.processlist where user = '" +
                            mysql_cluster::user() + "' and info = '" + statement + "'"));
        }
        return counts;
    }

private:
    mysql_cluster servers_;
    real_dns_server dns_;
    std::vector<std::string> addresses_;
};

mysql_trio& shared_trio() {
    static mysql_trio instance;
    return instance;
}

bool can_run() {
    std::string why;
    if (mysql_cluster::available(why) && real_dns_server::available(why)) return true;
    WARN("not run: " << why);
    return false;
}

std::string text_of(const boost::json::value& value) { return std::string(value.as_string()); }

}  // namespace

TEST_CASE("parse and resolve take a MySQL string") {
    if (!can_run()) return;
    mysql_trio& servers = shared_trio();
    const auto parsed = run_command({"parse", "--json", servers.uri("pool_max_conns=7&sslmode=disable")});
    REQUIRE(parsed.code == 0);
    const auto value = boost::json::parse(parsed.out);
    CHECK(value.at("pool").at("pool_max_conns") == "7");
    CHECK(value.at("driver").at("sslmode") == "disable");
    CHECK(value.at("driver").at("password") == "***");

    const auto resolved = run_command({"resolve", "--json", servers.uri()});
    REQUIRE(resolved.code == 0);
    CHECK(boost::json::parse(resolved.out).at("endpoints").as_array().size() == 3);
}

TEST_CASE("a wrong MySQL string exits with 2 and says what was expected, without the password") {
    const auto run = run_command({"check", "mysql://app:canary@db/shop?OPT_RECONECT=true"});
    CHECK(run.code == 2);
    CHECK_THAT(run.err, ContainsSubstring("OPT_RECONECT") && ContainsSubstring("OPT_RECONNECT"));
}

TEST_CASE("check logs in to every MySQL server and tells role, version and time") {
    if (!can_run()) return;
    mysql_trio& servers = shared_trio();
    const auto run = run_command({"check", "--json", servers.uri()});
    INFO(run.out << run.err);
    REQUIRE(run.code == 0);
    const auto value = boost::json::parse(run.out);
    const auto& endpoints = value.at("endpoints").as_array();
    REQUIRE(endpoints.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(text_of(endpoints[i].at("address")) == servers.server(i).address());
        CHECK(endpoints[i].at("port") == servers.port());
        CHECK(endpoints[i].at("ok") == true);
        CHECK(endpoints[i].at("role") == "primary");
        CHECK(text_of(endpoints[i].at("server_version")) == servers.server(i).sql("select version()"));
        CHECK(endpoints[i].at("error").is_null());
    }
    CHECK_THAT(run_command({"check", servers.uri()}).out, ContainsSubstring("user app, database shop"));
}

TEST_CASE("check tells which MySQL server is down, hangs, or refuses a password") {
    if (!can_run()) return;
    mysql_trio& servers = shared_trio();
    servers.server(0).stop();
    servers.server(2).pause();
    const auto run = run_command({"check", "--json", servers.uri("pool_connect_timeout=1s")});
    servers.server(2).resume();
    servers.server(0).start();
    CHECK(run.code == 1);
    const auto value = boost::json::parse(run.out);
    CHECK_THAT(text_of(value.at("endpoints").at(0).at("error")), ContainsSubstring("Can't connect to"));
    CHECK(value.at("endpoints").at(1).at("ok") == true);
    CHECK(value.at("endpoints").at(2).at("ok") == false);

    const auto refused = run_command({"check", servers.uri({}, "canary-wrong")});
    CHECK(refused.code == 1);
    CHECK_THAT(refused.out, ContainsSubstring("Access denied for user 'app'"));
}

TEST_CASE("bench and watch spread their sessions over all MySQL servers, as they count them") {
    if (!can_run()) return;
    mysql_trio& servers = shared_trio();
    for (const std::string kind : {"threads", "coroutines", "watch"}) {
        const std::string name = "load-" + kind;
        std::vector<std::string> arguments{kind == "watch" ? "watch" : "bench",
                                           "--json",
                                           "--clients",
                                           "6",
                                           "--seconds",
                                           "1h",
                                           "--sql",
                                           "select sleep(0.05)",
                                           servers.uri("pool_max_conns=6&pool_name=" + name)};
        if (kind == "coroutines") arguments.emplace_back("--async");
        running_command load(arguments);
        CHECK(wait_for([&] {
            return servers.running("select sleep(0.05)") == std::vector<std::string>{"2", "2", "2"};
        }));
        load.wait_for_output([&](const std::string& out) { return kind != "watch" || !out.empty(); });
        load.send(SIGINT);
        const auto run = load.wait();
        INFO(kind << '\n' << run.out << run.err);
        CHECK(run.code == 0);
        CHECK(run.err.empty());
        if (kind != "watch") {
            const auto report = boost::json::parse(run.out);
            CHECK(report.at("queries").to_number<std::uint64_t>() > 0);
            CHECK(report.at("balance").at("max_over_mean") == 1.0);
        }
        CHECK(wait_for([&] { return servers.sessions(name) == std::vector<std::size_t>{0, 0, 0}; }));
    }
}

TEST_CASE("bench counts MySQL's errors by message and cuts off what doesn't end") {
    if (!can_run()) return;
    const auto failing =
        run_long_enough({"bench", "--json", "--clients", "2", "--sql", "selec 1", shared_trio().uri()},
                        [](const finished_command& one) { return !one.err.empty(); });
    CHECK(failing.code == 1);
    CHECK_THAT(failing.err, ContainsSubstring("SQLSTATE 42000: You have an error in your SQL syntax"));

    for (const bool coroutines : {false, true}) {
        const std::string name = coroutines ? "cut-coroutines" : "cut-threads";
        std::vector<std::string> arguments{"bench",
                                           "--json",
                                           "--clients",
                                           "3",
                                           "--seconds",
                                           "1h",
                                           "--sql",
                                           "select sleep(3600)",
                                           shared_trio().uri("pool_name=" + name)};
        if (coroutines) arguments.emplace_back("--async");
        running_command bench(arguments);
        CHECK(wait_for([&] {
            return shared_trio().running("select sleep(3600)") == std::vector<std::string>{"1", "1", "1"};
        }));
        bench.send(SIGTERM);
        const auto run = bench.wait();
        INFO(run.out << run.err);
        CHECK(run.code == 1);
        CHECK(boost::json::parse(run.out).at("errors") == 3);
        CHECK_THAT(run.err, ContainsSubstring("3 errors: still running at the end, cut off"));
        CHECK(wait_for([&] { return shared_trio().sessions(name) == std::vector<std::size_t>{0, 0, 0}; }));
    }
}
