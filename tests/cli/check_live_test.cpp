// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"
#include "support/catch.hpp"
#include "support/tls_files.hpp"
#include "trio.hpp"

#include <boost/json/parse.hpp>

#include <string>

using podpool::test::postgres_cluster;
using podpool::test::run_command;
using podpool::test::shared_trio;
using podpool::test::trio;

namespace {

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string text_of(const boost::json::value& value) { return std::string(value.as_string()); }

}  // namespace

TEST_CASE("check logs in to every server and tells role, version and time") {
    trio& servers = shared_trio();
    const auto run = run_command({"check", "--json"}, {{"PODPOOL_URI", servers.uri()}});
    REQUIRE(run.code == 0);
    CHECK(run.err.empty());
    const auto value = boost::json::parse(run.out);
    const auto& endpoints = value.at("endpoints").as_array();
    REQUIRE(endpoints.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        const auto& row = endpoints[i];
        CHECK(text_of(row.at("address")) == servers.server(i).address());
        CHECK(row.at("port") == servers.port());
        CHECK(row.at("ok") == true);
        CHECK(row.at("role") == "primary");
        CHECK(text_of(row.at("server_version")) == servers.server(i).sql("show server_version"));
        CHECK(row.at("tls").is_null());
        CHECK(row.at("milliseconds").to_number<double>() > 0);
        CHECK(row.at("error").is_null());
    }

    const auto text = run_command({"check", servers.uri()});
    CHECK(text.code == 0);
    CHECK(contains(text.out, "user app, database shop"));
    CHECK(contains(text.out,
                   servers.server(0).address() + ":" + std::to_string(servers.port()) + "  yes  primary"));
}

TEST_CASE("check exits with 1 when one server is down, and says which") {
    trio& servers = shared_trio();
    servers.server(1).stop();
    const auto run = run_command({"check", "--json", servers.uri()});
    servers.server(1).start();
    CHECK(run.code == 1);
    const auto value = boost::json::parse(run.out);
    CHECK(value.at("endpoints").at(0).at("ok") == true);
    CHECK(value.at("endpoints").at(1).at("ok") == false);
    CHECK(contains(text_of(value.at("endpoints").at(1).at("error")), "refused"));
    CHECK(value.at("endpoints").at(2).at("ok") == true);
}

TEST_CASE("check gives a silent server the connect timeout") {
    trio& servers = shared_trio();
    servers.server(2).pause();
    const auto run = run_command({"check", "--json", servers.uri("pool_connect_timeout=2s")});
    servers.server(2).resume();
    CHECK(run.code == 1);
    const auto value = boost::json::parse(run.out);
    CHECK(value.at("endpoints").at(2).at("ok") == false);
    CHECK(contains(text_of(value.at("endpoints").at(2).at("error")), "pool_connect_timeout (2.0s)"));
    CHECK(value.at("endpoints").at(2).at("milliseconds").to_number<double>() >= 2000);
}

TEST_CASE("check with a wrong password shows the server's refusal and no password") {
    trio& servers = shared_trio();
    std::string uri = servers.uri();
    uri.replace(uri.find(postgres_cluster::password()), postgres_cluster::password().size(), "canary-wrong");
    const auto run = run_command({"check", uri});
    CHECK(run.code == 1);
    CHECK(contains(run.out, "password authentication failed for user \"app\""));
}

TEST_CASE("check tells TLS, and a standby from a primary") {
    std::string why;
    if (!podpool::test::tls_files::available(why)) {
        WARN("not run: " << why);
        return;
    }
    const podpool::test::tls_files files("db.cluster.local");
    podpool::test::postgres_cluster_settings settings;
    settings.tls = &files;
    postgres_cluster cluster(settings);
    auto& primary = cluster.add_primary();
    auto& standby = cluster.add_replica(primary);
    const std::string target = "host=db.cluster.local,db.cluster.local hostaddr=" + primary.address() + "," +
                               standby.address() + " port=" + std::to_string(cluster.port()) +
                               " user=app dbname=shop" + " sslmode=verify-full sslrootcert=" + files.ca() +
                               " password=" + postgres_cluster::password();

    const auto run = run_command({"check", "--json", target});
    INFO(run.out << run.err);
    REQUIRE(run.code == 0);
    const auto value = boost::json::parse(run.out);
    CHECK(value.at("endpoints").at(0).at("role") == "primary");
    CHECK(value.at("endpoints").at(1).at("role") == "standby");
    CHECK(text_of(value.at("endpoints").at(0).at("tls")).starts_with("TLSv1."));

    const auto wanted = run_command({"check", "--json", target + " target_session_attrs=primary"});
    CHECK(wanted.code == 1);
    const auto rows = boost::json::parse(wanted.out);
    CHECK(rows.at("endpoints").at(0).at("ok") == true);
    CHECK(rows.at("endpoints").at(1).at("ok") == false);
    CHECK(contains(text_of(rows.at("endpoints").at(1).at("error")), "standby"));
}
