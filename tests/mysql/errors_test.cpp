// SPDX-License-Identifier: BSL-1.0
#include "errors.hpp"
#include "support/catch.hpp"

#include <podpool/mysql/error.hpp>

#include <string>

namespace podpool::detail {
namespace {

using enum failure_kind;

mysql_error::report said(int number, const std::string& state = "HY000", const std::string& message = {}) {
    return {number, state, message, "10.0.0.1:3306"};
}

TEST_CASE("a failed attempt to connect tells what is wrong with the endpoint") {
    const auto kind = [](int number) { return kind_of_mysql_connect_failure(said(number)); };
    for (const int number : {1040, 1203, 1226}) CHECK(kind(number) == overloaded);
    for (const int number : {1044, 1045, 1049, 1130, 1251, 1698, 2059}) CHECK(kind(number) == rejected);
    for (const int number : {1053, 2002, 2003, 2006, 2013, 0, 9999}) CHECK(kind(number) == endpoint_down);
    CHECK(kind_of_mysql_connect_failure(said(9999, "28000")) == rejected);
    CHECK(kind_of_mysql_connect_failure(said(9999, "42000")) == rejected);
}

TEST_CASE("a refused certificate is a rejection, a broken handshake isn't") {
    const auto kind = [](const std::string& message) {
        return kind_of_mysql_connect_failure(said(2026, "HY000", message));
    };
    CHECK(kind("SSL connection error: certificate verify failed") == rejected);
    CHECK(kind("SSL is required, but the server does not support it") == rejected);
    CHECK(kind("TLS/SSL error: self-signed certificate in certificate chain") == rejected);
    CHECK(kind("File '/nowhere/key.pem' not found (Errcode: 2)") == rejected);
    CHECK(kind("unexpected eof while reading") == endpoint_down);
    CHECK(kind("TLS/SSL error: Connection reset by peer (104)") == endpoint_down);
    CHECK(kind("TLS/SSL error: Die Wartezeit für die Verbindung ist abgelaufen (110)") == endpoint_down);
    CHECK(kind("TLS/SSL error: No such file or directory (2)") == rejected);
    for (const char* odd : {"", ")", "(104)", " ()", "x(104)", "104)", "a (104", "a (x)", "a (104) b"}) {
        CAPTURE(odd);
        CHECK(kind(odd) == rejected);
    }
}

TEST_CASE("which errors end a connection, and what that says") {
    for (const bool mariadb : {false, true}) {
        CAPTURE(mariadb);
        for (const int number : {1153, 1158, 1927, 2006, 2013, 2014, 2027, 2055, 3169}) {
            CAPTURE(number);
            CHECK(kind_of_mysql_end(said(number), mariadb) == connection_lost);
        }
        for (const int number : {1045, 1062, 1064, 1146, 1205, 1213, 1290, 1317, 1792, 0}) {
            CAPTURE(number);
            CHECK(kind_of_mysql_end(said(number), mariadb) == none);
        }
        for (const int number : {1053, 3032}) {
            CAPTURE(number);
            CHECK(kind_of_mysql_end(said(number), mariadb) == endpoint_down);
        }
    }
}

TEST_CASE("an idle timeout of MySQL's is a missing trigger of MariaDB's, which ends nothing") {
    CHECK(kind_of_mysql_end(said(4031), false) == connection_lost);
    CHECK(kind_of_mysql_end(said(4031), true) == none);
}

TEST_CASE("SQLSTATE class 08 ends a connection whatever the number, unless the number says otherwise") {
    CHECK(kind_of_mysql_end(said(9999, "08S01"), true) == connection_lost);
    CHECK(kind_of_mysql_end(said(9999, "08004"), false) == connection_lost);
    CHECK(kind_of_mysql_end(said(9999, "42000"), false) == none);
    // A procedure's own SIGNAL.
    CHECK(kind_of_mysql_end(said(1644, "08000"), true) == none);
    // The server is asked what that means, since only its words would tell.
    CHECK(kind_of_mysql_end(said(1047, "08S01", "Unknown command"), true) == none);
}

TEST_CASE("only refusals of writes by the server say that it is read-only") {
    CHECK(read_only_refusal_in(1290) == read_only_refusal::perhaps);
    CHECK(read_only_refusal_in(1836) == read_only_refusal::server);
    CHECK(read_only_refusal_in(1792) == read_only_refusal::unless_own);
    CHECK(read_only_refusal_in(1062) == read_only_refusal::none);
}

TEST_CASE("only some errors may have ended the transaction in which they came") {
    for (const auto& problem : {said(1213, "40001"), said(1205), said(1614, "XA102"), said(9999, "40002")}) {
        CAPTURE(problem.number);
        CHECK(may_end_transaction(problem) == (problem.number != 1614));
    }
    CHECK_FALSE(may_end_transaction(said(1062, "23000")));
}

TEST_CASE("an error carries what was said, and says all of it") {
    const mysql_error problem(make_mysql_code(1146), said(1146, "42S02", "no such table"));
    CHECK(problem.number() == 1146);
    CHECK(problem.sqlstate() == "42S02");
    CHECK(problem.message() == "no such table");
    CHECK(problem.endpoint() == "10.0.0.1:3306");
    CHECK(std::string(problem.what()) == "10.0.0.1:3306: ERROR 1146 (42S02): no such table");
    CHECK(problem.code().message() == "MySQL error 1146");
    CHECK(std::string(problem.code().category().name()) == "mysql");
}

TEST_CASE("an error without a number is an error all the same") {
    CHECK(make_mysql_code(0).failed());
    CHECK(make_mysql_code(0).message() == "MySQL error without a number");
    CHECK(std::string(mysql_error(make_mysql_code(0), {0, {}, "lost", "h:1"}).what()) == "h:1: lost");
}

}  // namespace
}  // namespace podpool::detail
