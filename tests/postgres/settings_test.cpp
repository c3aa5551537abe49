// SPDX-License-Identifier: BSL-1.0
#include "settings.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"

#include <podpool/error.hpp>
#include <podpool/postgres.hpp>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace podpool::detail {
namespace {

/// Environment variables for the time of a test.
class environment {
public:
    explicit environment(const std::map<std::string, std::string>& values) {
        // A developer's own settings must not decide what a test sees.
        for (const char* name : {"PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGDATABASE", "PGPASSWORD",
                                 "PGSERVICE", "PGSERVICEFILE", "PGSSLMODE", "PGAPPNAME", "PGOPTIONS",
                                 "PGTARGETSESSIONATTRS", "PGPASSFILE", "PGGSSENCMODE"}) {
            put(name, nullptr);
        }
        for (const auto& [name, value] : values) put(name, value.c_str());
    }
    environment(const environment&) = delete;
    environment& operator=(const environment&) = delete;
    ~environment() {
        for (const auto& [name, value] : before_) set(name, value ? value->c_str() : nullptr);
    }

private:
    static void set(const std::string& name, const char* value) {
        if (value == nullptr) {
            unsetenv(name.c_str());
        } else {
            setenv(name.c_str(), value, 1);
        }
    }
    void put(const std::string& name, const char* value) {
        const char* old = std::getenv(name.c_str());
        before_.emplace(name, old == nullptr ? std::nullopt : std::optional<std::string>(old));
        set(name, value);
    }

    std::map<std::string, std::optional<std::string>> before_;
};

postgres_settings read(const std::string& text) { return read_settings(options::parse(text)); }

std::string problem_of(const std::string& text) {
    try {
        read(text);
    } catch (const error& problem) {
        CHECK(problem.code() == errc::invalid_options);
        return problem.what();
    }
    return {};
}

std::string passed(const postgres_settings& settings, const std::string& keyword) {
    for (const auto& [name, value] : settings.parameters) {
        if (name == keyword) return std::string(value.reveal());
    }
    return {};
}

TEST_CASE("a URI and a keyword string say the same") {
    const environment clean({});
    for (const char* text : {"postgresql://app:canary@db.prod:5433/shop?sslmode=require",
                             "host=db.prod port=5433 user=app password=canary dbname=shop sslmode=require"}) {
        const postgres_settings settings = read(text);
        REQUIRE(settings.targets.size() == 1);
        CHECK(settings.targets[0].host == "db.prod");
        CHECK(settings.targets[0].port == 5433);
        CHECK(settings.targets[0].address.empty());
        CHECK(settings.label == "db.prod:5433/shop");
        CHECK(settings.shown.at("user") == "app");
        CHECK(settings.shown.at("password") == "***");
        CHECK(settings.shown.at("host") == "db.prod");
        CHECK(passed(settings, "password") == "canary");
        CHECK(passed(settings, "sslmode") == "require");
    }
}

TEST_CASE("what is left out is filled from the environment as psql does, and what is given wins") {
    const environment variables({{"PGHOST", "envhost"},
                                 {"PGPORT", "6000"},
                                 {"PGUSER", "envuser"},
                                 {"PGDATABASE", "envdb"},
                                 {"PGPASSWORD", "canary"},
                                 {"PGSSLMODE", "require"},
                                 {"PGTARGETSESSIONATTRS", "standby"}});
    const postgres_settings from_environment = read("");
    CHECK(from_environment.label == "envhost:6000/envdb");
    CHECK(passed(from_environment, "user") == "envuser");
    CHECK(passed(from_environment, "sslmode") == "require");
    CHECK(from_environment.shown.at("password") == "***");
    CHECK(from_environment.wanted == session_attrs::standby);
    const postgres_settings given =
        read("host=h port=1 user=u dbname=d sslmode=disable target_session_attrs=primary");
    CHECK(given.label == "h:1/d");
    CHECK(passed(given, "user") == "u");
    CHECK(passed(given, "sslmode") == "disable");
    CHECK(given.wanted == session_attrs::primary);
}

TEST_CASE("a service from the service file gives host, port and the rest") {
    const std::string directory = test::make_temporary_directory("podpool-service-");
    test::write_text(directory + "/services",
                     "[shop]\nhost=svc.db\nport=7000\nuser=svcuser\ndbname=svcdb\n"
                     "target_session_attrs=primary\n");
    const environment variables({{"PGSERVICEFILE", directory + "/services"}});
    const postgres_settings settings = read("service=shop user=mine");
    CHECK(settings.label == "svc.db:7000/svcdb");
    CHECK(passed(settings, "user") == "mine");
    CHECK(settings.wanted == session_attrs::primary);
    CHECK(passed(settings, "service").empty());
    CHECK(problem_of("service=nosuch").find("nosuch") != std::string::npos);
    std::filesystem::remove_all(directory);
}

TEST_CASE("host, hostaddr and port lists become one target each") {
    const environment clean({});
    const postgres_settings uri = read("postgresql://a:1,b:2,[::1]:3/db");
    REQUIRE(uri.targets.size() == 3);
    CHECK(uri.targets[1].host == "b");
    CHECK(uri.targets[1].port == 2);
    CHECK(uri.targets[2].host == "::1");
    CHECK(uri.label == "a:1+2/db");
    const postgres_settings one_port = read("host=a,b port=77 dbname=d");
    CHECK(one_port.targets[1].port == 77);
    const postgres_settings addresses = read("host=a,b hostaddr=10.0.0.1,10.0.0.2 dbname=d");
    CHECK(addresses.targets[1].host == "b");
    CHECK(addresses.targets[1].address == "10.0.0.2");
    CHECK(addresses.targets[1].port == 5432);
    const postgres_settings only_address = read("hostaddr=10.0.0.1 dbname=d");
    CHECK(only_address.targets[0].host.empty());
    CHECK(only_address.label == "10.0.0.1:5432/d");
    CHECK(read("host=::1 dbname=d").label == "[::1]:5432/d");
    CHECK(read("postgresql://%2Frun%2Fpg:9/db").targets[0].host == "/run/pg");
    CHECK(read("dbname=d").targets[0].host.front() == '/');
}

TEST_CASE("lists that don't agree, bad ports and bad values are refused with a reason") {
    const environment clean({});
    CHECK(problem_of("host=a,b port=1,2,3").find("could not match 3 port numbers to 2 hosts") !=
          std::string::npos);
    CHECK(problem_of("host=a,b hostaddr=10.0.0.1").find("could not match") != std::string::npos);
    CHECK(problem_of("host=a port=0").find("port of host \"a\"") != std::string::npos);
    CHECK(problem_of("host=a port=65536").find("1 to 65535") != std::string::npos);
    CHECK(problem_of("host=a, dbname=d").find("host 2 is empty") != std::string::npos);
    CHECK(problem_of("host=a sslmode=strict").find("invalid sslmode value: \"strict\"") != std::string::npos);
    CHECK(problem_of("host=a target_session_attrs=master").find("prefer-standby") != std::string::npos);
    CHECK(problem_of("host=a gssencmode=require") != "");
    CHECK(problem_of("hots=a").find("invalid connection option \"hots\"") != std::string::npos);
    CHECK(problem_of("postgresql://h/db?sslmod=x").find("sslmod") != std::string::npos);
}

TEST_CASE("a URI of another database is refused by its scheme, and its password isn't shown") {
    const std::string text = problem_of("mysql://app:canary@db/shop?host=a");
    CHECK(text.find("the scheme is \"mysql://\"; expected postgresql:// or postgres://") !=
          std::string::npos);
    CHECK(text.find("canary") == std::string::npos);
}

TEST_CASE("no error about a connection string shows a password") {
    const environment clean({});
    const std::vector<std::string> broken{
        "postgresql://app:canary@h:port/db",
        "postgresql://app:can/canary@h/db",
        "postgresql://app:canary@ry@h/db",
        "postgresql://app:%zzcanary@h/db",
        "postgresql://app:canary",
        "postgresql://app:canary/db",
        "postgresql://app:canary@[::1/db",
        "postgresql://h/db?password=canary%zz",
        "postgresql://h/db?password=a=canary",
        "host=h password=can canary",
        "host=h password=can canary=x",
        "host=h password='canary",
        "host=h password=canary port=x",
        "host=h password=canary sslmode=x",
        "host=h password=canary target_session_attrs=x",
        "host=h,g password=canary hostaddr=10.0.0.1",
        "host=h pasword=canary",
    };
    for (const std::string& text : broken) {
        CAPTURE(text);
        const std::string problem = problem_of(text);
        CHECK_FALSE(problem.empty());
        CHECK(problem.find("canary") == std::string::npos);
        CHECK(problem.find("never-connects") == std::string::npos);
    }
}

TEST_CASE("security settings are always passed on explicitly") {
    const environment clean({});
    const postgres_settings settings = read("host=h dbname=d");
    CHECK(passed(settings, "gssencmode") == "disable");
    CHECK(passed(settings, "sslmode") == "prefer");
    CHECK(passed(settings, "target_session_attrs").empty());
    CHECK(passed(settings, "connect_timeout").empty());
    CHECK(passed(settings, "host").empty());
}

TEST_CASE("a key of another library that libpq doesn't know is answered with podpool's or libpq's own") {
    const environment clean({});
    CHECK(problem_of("postgresql://h/d?useSSL=true").find("useSSL: use sslmode") != std::string::npos);
    CHECK(problem_of("host=h maximumPoolSize=3").find("maximumPoolSize: use pool_max_conns") !=
          std::string::npos);
    CHECK(problem_of("postgresql://h/d?schema=app").find("schema: use options=-csearch_path=NAME") !=
          std::string::npos);
    CHECK(problem_of("postgresql://h/d?pgbouncer=true").find("pgbouncer: leave it out") != std::string::npos);
    CHECK(problem_of("postgresql://h/d?colour=red").find(": use ") == std::string::npos);
    // libpq takes JDBC's ssl=true in a URI.
    CHECK(passed(read("postgresql://h/d?ssl=true"), "sslmode") == "require");
}

TEST_CASE("a silent peer is noticed unless the user chose other times") {
    const environment clean({});
    CHECK(passed(read("host=h"), "tcp_user_timeout") == "20000");
    CHECK(passed(read("host=h"), "keepalives_idle") == "30");
    CHECK(passed(read("host=h keepalives_idle=7 tcp_user_timeout=9"), "keepalives_idle") == "7");
    CHECK(passed(read("host=h keepalives_idle=7 tcp_user_timeout=9"), "tcp_user_timeout") == "9");
    CHECK(passed(read("host=h"), "client_encoding") == "UTF8");
    CHECK(passed(read("host=h client_encoding=LATIN1"), "client_encoding") == "LATIN1");
}

TEST_CASE("application_name is the user's, else the pool's name, else the fallback, else the label") {
    const environment clean({});
    CHECK(passed(read("host=h dbname=d application_name=mine pool_name=pool"), "application_name") == "mine");
    CHECK(passed(read("host=h dbname=d fallback_application_name=f pool_name=pool"), "application_name") ==
          "pool");
    CHECK(passed(read("host=h dbname=d fallback_application_name=f"), "application_name") == "f");
    CHECK(passed(read("host=h dbname=d"), "application_name") == "h:5432/d");
}

TEST_CASE("the driver shows its parameters and label without the password") {
    const environment clean({});
    const postgres driver(options::parse("postgresql://app:canary@h/db?pool_max_conns=3&sslpassword=canary"));
    CHECK(driver.label() == "h:5432/db");
    for (const auto& [keyword, value] : driver.parameters()) {
        CAPTURE(keyword);
        CHECK(value.find("canary") == std::string::npos);
        CHECK(keyword.find("pool_") == std::string::npos);
    }
    CHECK(driver.parameters().at("sslpassword") == "***");
    CHECK(driver.parameters().at("target_session_attrs") == "any");
}

}  // namespace
}  // namespace podpool::detail
