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

TEST_CASE("the SQLSTATE of a failed connection is found in any language") {
    CHECK(sqlstate_in("connection to server at \"db\" (10.0.0.1), port 5432 failed: FATAL:  28P01: password "
                      "authentication failed for user \"app\"\nLOCATION:  auth_failed, auth.c:326\n") ==
          "28P01");
    CHECK(sqlstate_in("Verbindung zum Server: FATAL:  3D000: Datenbank »x« existiert nicht") == "3D000");
    CHECK(sqlstate_in("connection to server at \"10.0.0.1\", port 5432 failed: Connection refused").empty());
    CHECK(sqlstate_in("").empty());
    CHECK(sqlstate_in(":  28P01").empty());
    SECTION("of two attempts the last one counts") {
        CHECK(sqlstate_in("FATAL:  28000: no encryption\nFATAL:  53300: sorry, too many clients already") ==
              "53300");
    }
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

TEST_CASE("failed connections without a SQLSTATE are told apart by libpq's text") {
    const std::vector<std::pair<std::string_view, failure_kind>> expected{
        {"connection to server at \"10.0.0.1\", port 5432 failed: Connection refused", endpoint_down},
        {"could not receive data from server: Connection timed out", endpoint_down},
        {"server closed the connection unexpectedly", endpoint_down},
        {"SSL SYSCALL error: Connection reset by peer", endpoint_down},
        {"SSL error: unexpected eof while reading", endpoint_down},
        {"SSL error: certificate verify failed", rejected},
        {"server certificate for \"a\" does not match host name \"b\"", rejected},
        {"server does not support SSL, but SSL was required", rejected},
        {"host name must be specified for a verified SSL connection", rejected},
        {"root certificate file \"/nowhere\" does not exist", rejected},
        {"fe_sendauth: no password supplied", rejected},
        {"channel binding required but not supported by server's authentication request", rejected},
        {"received invalid response to SSL negotiation: H", rejected},
    };
    for (const auto& [message, kind] : expected) {
        CAPTURE(message);
        CHECK(kind_of_connect_failure("", message) == kind);
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
