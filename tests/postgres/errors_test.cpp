// SPDX-License-Identifier: BSL-1.0
#include "errors.hpp"
#include "support/catch.hpp"

#include <podpool/errc.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace podpool::detail {
namespace {

using enum failure_kind;

TEST_CASE("a SQLSTATE is five digits or capital letters") {
    CHECK(is_sqlstate("57P01"));
    CHECK(is_sqlstate("00000"));
    CHECK_FALSE(is_sqlstate("57p01"));
    CHECK_FALSE(is_sqlstate("57P0"));
    CHECK_FALSE(is_sqlstate("57P011"));
    CHECK_FALSE(is_sqlstate(""));
}

/// How libpq begins what it says of an attempt to connect.
const std::string attempt = "connection to server at \"db\" (10.0.0.1), port 5432 failed: ";

TEST_CASE("the SQLSTATE of a failed connection is found in any language") {
    CHECK(sqlstate_in(attempt + "FATAL:  28P01: password authentication failed for user \"app\"\n"
                                "LOCATION:  auth_failed, auth.c:326\n") == "28P01");
    for (const std::string severity : {"FATAL", "FATALE", "FATALT", "ВАЖНО", "치명적오류", "致命错误", ""}) {
        CAPTURE(severity);
        CHECK(sqlstate_in(attempt + severity +
                          ":  3D000: »x« existiert nicht\nORT:  InitPostgres, postinit.c:887") == "3D000");
    }
    CHECK(sqlstate_in("connection to server at \"::1\", port 5432 failed: FATAL:  53300: x") == "53300");
    CHECK(sqlstate_in("connection to server on socket \"/run/a/.s.PGSQL.5432\" failed: FATAL:  53300: x") ==
          "53300");
    CHECK(sqlstate_in("connection to server at \"10.0.0.1\", port 5432 failed: Connection refused").empty());
    CHECK(sqlstate_in("").empty());
    CHECK(sqlstate_in(":  28P01").empty());
}

TEST_CASE("of two attempts to connect the last one that has a SQLSTATE counts") {
    const std::string first = attempt + "FATAL:  28000: no encryption\nLOCATION:  x, auth.c:1\n";
    CHECK(sqlstate_in(first + attempt + "FATAL:  53300: sorry, too many clients already\n") == "53300");
    CHECK(sqlstate_in(first + attempt + "server closed the connection unexpectedly\n") == "28000");
    CHECK(kind_of_connect_failure("", attempt + "SSL error: certificate verify failed\n" + attempt +
                                          "Connection refused\n") == endpoint_down);
}

TEST_CASE("what looks like a SQLSTATE in names and texts isn't taken for one") {
    CHECK(sqlstate_in(attempt + "FATAL:  3D000: database \"a:  53300: b\" does not exist\n") == "3D000");
    CHECK(sqlstate_in(attempt + "FATAL:  28000: no\nDETAIL:  53300: x\nHINT:  57P03: y\n") == "28000");
    CHECK(sqlstate_in(attempt + "server closed the connection unexpectedly\n\tIt says:  57P03: x\n").empty());
    CHECK(sqlstate_in(attempt + "FATAL:  no SQLSTATE:  57P03: x\n").empty());
    CHECK(
        sqlstate_in("connection to server on socket \"/a:  53300: b/.s.PGSQL.1\" failed: FATAL:  28P01: x") ==
        "28P01");
}

TEST_CASE("a connect message becomes one line without the server's source location") {
    CHECK(tidy_connect_message("first: FATAL:  28P01: wrong\nLOCATION:  auth_failed, auth.c:326\n"
                               "\tIs it running?\n") == "first: FATAL:  28P01: wrong; Is it running?");
    CHECK(tidy_connect_message("\n").empty());
}

TEST_CASE("SQLSTATEs of failed connections map to what the pool does about them") {
    const std::vector<std::pair<std::string_view, failure_kind>> expected{
        {"57P01", endpoint_down}, {"57P02", endpoint_down}, {"57P03", endpoint_down}, {"57P04", rejected},
        {"08006", endpoint_down}, {"08P01", endpoint_down}, {"53300", overloaded},    {"53200", overloaded},
        {"28P01", rejected},      {"28000", rejected},      {"3D000", rejected},      {"42501", rejected},
        {"42704", rejected},      {"22023", rejected},      {"0A000", rejected},      {"55000", rejected},
        {"58030", endpoint_down}, {"XX000", endpoint_down}, {"ZZ999", endpoint_down},
    };
    for (const auto& [sqlstate, kind] : expected) {
        CAPTURE(sqlstate);
        CHECK(kind_of_connect_failure(sqlstate, "") == kind);
    }
}

TEST_CASE("failed connections without a SQLSTATE are told apart by libpq's English text") {
    const std::vector<std::pair<std::string_view, failure_kind>> expected{
        {"Connection refused", endpoint_down},
        {"could not receive data from server: Connection timed out", endpoint_down},
        {"could not send SSL negotiation packet: Broken pipe", endpoint_down},
        {"could not send startup packet: Broken pipe", endpoint_down},
        {"server closed the connection unexpectedly", endpoint_down},
        {"SSL SYSCALL error: Connection reset by peer", endpoint_down},
        {"SSL error: unexpected eof while reading", endpoint_down},
        {"could not fork new process for connection: Cannot allocate memory", endpoint_down},
        {"SSL error: certificate verify failed", rejected},
        {"server certificate for \"a\" does not match host name \"b\"", rejected},
        {"server does not support SSL, but SSL was required", rejected},
        {"host name must be specified for a verified SSL connection", rejected},
        {"host name must be specified", rejected},
        {"root certificate file \"/nowhere\" does not exist", rejected},
        {"could not load system root certificate paths: No such file", rejected},
        {"server accepted connection without a valid SSL certificate", rejected},
        {"server did not request an SSL certificate", rejected},
        {"invalid SSL protocol version range", rejected},
        {"could not load private key file \"/a\": bad decrypt", rejected},
        {"SSL connection was established with unexpected ALPN protocol", rejected},
        {"channel binding required but not supported by server's authentication request", rejected},
        {"channel binding required, but SSL not in use", rejected},
        {"authentication method requirement \"scram-sha-256\" failed: server requested a hashed password",
         rejected},
        {"GSSAPI authentication not supported", rejected},
        {"none of the server's SASL authentication mechanisms are supported", rejected},
        {"incorrect server signature", rejected},
        {"server requires OAuth authentication, but no discovery metadata was provided", rejected},
        {"server only supports protocol version 3.0, but \"min_protocol_version\" was set to 3.2", rejected},
        {"requirepeer specifies \"a\", but actual peer user name is \"b\"", rejected},
        {"received invalid response to SSL negotiation: H", rejected},
        {"invalid integer value \"often\" for connection option \"keepalives_idle\"", rejected},
    };
    for (const auto& [reason, kind] : expected) {
        CAPTURE(reason);
        CHECK(kind_of_connect_failure("", attempt + std::string(reason) + "\n") == kind);
    }
}

TEST_CASE("the name of a host says nothing about what went wrong") {
    for (const std::string name :
         {"certificate", "SASL", "ALPN", "SCRAM, port ", "/run/certificate/.s.PGSQL.5432"}) {
        CAPTURE(name);
        const bool socket = name.starts_with('/');
        const std::string start =
            socket ? "connection to server on socket \"" + name + "\" failed: "
                   : "connection to server at \"" + name + "\" (10.0.0.1), port 5432 failed: ";
        CHECK(kind_of_connect_failure("", start + "server closed the connection unexpectedly\n") ==
              endpoint_down);
        CHECK(kind_of_connect_failure("", start + "server does not support SSL\n") == rejected);
        CHECK(sqlstate_in(start + "FATAL:  53300: x\n") == "53300");
    }
}

TEST_CASE(
    "the end of an open connection maps to its endpoint's state only where it says something about it") {
    CHECK(kind_of_lost_connection("57P01") == session_terminated);
    CHECK(kind_of_lost_connection("57P02") == endpoint_down);
    CHECK(kind_of_lost_connection("57P03") == endpoint_down);
    CHECK(kind_of_lost_connection("08006") == session_terminated);
    CHECK(kind_of_lost_connection("57P04") == rejected);
    CHECK(kind_of_lost_connection("57P05") == connection_lost);
    CHECK(kind_of_lost_connection("25P03") == connection_lost);
    CHECK(kind_of_lost_connection("53200") == connection_lost);
    CHECK(kind_of_lost_connection("") == connection_lost);
}

TEST_CASE("the worst failure of a lease is kept") {
    CHECK(is_worse(connection_lost, none));
    CHECK(is_worse(session_terminated, connection_lost));
    CHECK(is_worse(wrong_role, session_terminated));
    CHECK(is_worse(endpoint_down, wrong_role));
    CHECK(is_worse(rejected, endpoint_down));
    CHECK_FALSE(is_worse(connection_lost, endpoint_down));
    CHECK_FALSE(is_worse(rejected, rejected));
}

TEST_CASE("an error carries what the server said, and says all of it") {
    const postgres_error problem(
        make_sqlstate_code("42P01"),
        {"42P01", "ERROR", "relation \"x\" does not exist", "more", "try y", "10.0.0.1:5432"});
    CHECK(problem.sqlstate() == "42P01");
    CHECK(problem.severity() == "ERROR");
    CHECK(problem.message() == "relation \"x\" does not exist");
    CHECK(problem.detail() == "more");
    CHECK(problem.hint() == "try y");
    CHECK(problem.endpoint() == "10.0.0.1:5432");
    CHECK(std::string(problem.what()) ==
          "10.0.0.1:5432: ERROR 42P01: relation \"x\" does not exist\nDETAIL: more\nHINT: try y");
    CHECK(problem.code().category() == postgres_category());
    CHECK(problem.code().message() == "SQLSTATE 42P01");
    try {
        throw problem;
    } catch (const boost::system::system_error& caught) {
        CHECK(std::string(caught.what()) == problem.what());
    }
}

TEST_CASE("every SQLSTATE has a code of its own, and a text that is none has one too") {
    CHECK(make_sqlstate_code("42P01") != make_sqlstate_code("42P02"));
    CHECK(make_sqlstate_code("ZZZZZ").message() == "SQLSTATE ZZZZZ");
    CHECK(make_sqlstate_code("00001").message() != make_sqlstate_code("").message());
    CHECK(make_sqlstate_code("").failed());
    CHECK(make_sqlstate_code("00000").failed());
}

}  // namespace
}  // namespace podpool::detail
