// SPDX-License-Identifier: BSL-1.0

#include "support/catch.hpp"

#include <podpool/detail/connection_string.hpp>
#include <podpool/error.hpp>

#include <string>
#include <string_view>
#include <vector>

using podpool::detail::pool_pair;
using podpool::detail::split_connection_string;

namespace {

struct split_case {
    std::string text;
    std::string rest;
    std::string pairs;  // key=value; for each
};

std::string joined(const std::vector<pool_pair>& pairs) {
    std::string text;
    for (const pool_pair& pair : pairs) text.append(pair.key).append("=").append(pair.value).append(";");
    return text;
}

void check_splits(const std::vector<split_case>& table) {
    for (const split_case& row : table) {
        CAPTURE(row.text);
        const auto split = split_connection_string(row.text);
        CHECK(split.rest == row.rest);
        CHECK(joined(split.pairs) == row.pairs);
    }
}

std::string problem(std::string_view text) {
    try {
        split_connection_string(text);
    } catch (const podpool::error& e) {
        CHECK(e.code() == podpool::errc::invalid_options);
        return e.what();
    }
    return "nothing thrown";
}

}  // namespace

TEST_CASE("#40 pool keys are taken out of a URI and the rest stays byte for byte") {
    check_splits({
        {"postgresql://u:p%40@h1:5432,[::1]:5433/db?pool_max_conns=3&sslmode=require",
         "postgresql://u:p%40@h1:5432,[::1]:5433/db?sslmode=require", "pool_max_conns=3;"},
        {"postgresql://h/db", "postgresql://h/db", ""},
        {"postgresql://", "postgresql://", ""},
        {"postgres://?pool_a=1", "postgres://", "pool_a=1;"},
        {"postgresql://h?pool_a=1", "postgresql://h", "pool_a=1;"},
        {"postgresql://h/db?a=1&pool_a=2&b=3", "postgresql://h/db?a=1&b=3", "pool_a=2;"},
        {"postgresql://h/db?a=1&pool_a=2&pool_b=3", "postgresql://h/db?a=1", "pool_a=2;pool_b=3;"},
        {"postgresql://h/db?pool_a=2&a=1&pool_b=3&b=1", "postgresql://h/db?a=1&b=1", "pool_a=2;pool_b=3;"},
        {"postgresql://h/db?a=1&&b=%zz&c", "postgresql://h/db?a=1&&b=%zz&c", ""},
        {"postgresql://h/db?a=1&", "postgresql://h/db?a=1&", ""},
        {"postgresql://h/db?", "postgresql://h/db?", ""},
        {"postgresql:///db?host=/run/pg&pool_a=1", "postgresql:///db?host=/run/pg", "pool_a=1;"},
        {"postgresql://%2Frun%2Fpg/db?pool_a=1", "postgresql://%2Frun%2Fpg/db", "pool_a=1;"},
        {"postgresql://a,b:1,[::1],c/db?pool_a=1", "postgresql://a,b:1,[::1],c/db", "pool_a=1;"},
        {"postgresql://h/db?pool_a=1&pool_a=2", "postgresql://h/db", "pool_a=1;pool_a=2;"},
        {"postgresql://h/db?xpool_a=1&aPOOL_a=2", "postgresql://h/db?xpool_a=1&aPOOL_a=2", ""},
        {"mysql://u:p@h:3306/db?pool_a=1&charset=utf8mb4", "mysql://u:p@h:3306/db?charset=utf8mb4",
         "pool_a=1;"},
        {"x-y.z+1://h?pool_a=1", "x-y.z+1://h", "pool_a=1;"},
    });
}

TEST_CASE("#40 pool keys and values of a URI are percent-decoded") {
    check_splits({
        {"postgresql://h?pool_name=a%20b%26%3d%25", "postgresql://h", "pool_name=a b&=%;"},
        {"postgresql://h?pool%5Fname=a", "postgresql://h", "pool_name=a;"},
        {"postgresql://h?%70ool_name=a+b", "postgresql://h", "pool_name=a+b;"},
        {"postgresql://h?pool_name=", "postgresql://h", "pool_name=;"},
        {"postgresql://h?%zzpool_name=a", "postgresql://h?%zzpool_name=a", ""},
    });
}

TEST_CASE("#40 only the query part of a URI carries pool keys") {
    check_splits({
        // A "?" in a password, unencoded: libpq takes it as part of the password.
        {"postgresql://u:p?pool_a=1@h/db", "postgresql://u:p?pool_a=1@h/db", ""},
        {"postgresql://u:p?pool_a=1&@h/db?pool_b=2", "postgresql://u:p?pool_a=1&@h/db", "pool_b=2;"},
        {"postgresql://u:p,[x?@h/db?pool_b=2", "postgresql://u:p,[x?@h/db", "pool_b=2;"},
        {"postgresql://pool_a=1/pool_b=2", "postgresql://pool_a=1/pool_b=2", ""},
        {"postgresql://h/db&pool_a=1", "postgresql://h/db&pool_a=1", ""},
        {"postgresql://[::1?pool_a=1", "postgresql://[::1?pool_a=1", ""},
        {"postgresql://[?pool_a=1]/db?pool_b=2", "postgresql://[?pool_a=1]/db", "pool_b=2;"},
        {"postgresql://h/d@b?pool_a=1", "postgresql://h/d@b", "pool_a=1;"},
        {"postgresql://h?a=b@c&pool_a=1", "postgresql://h?a=b@c&pool_a=1", ""},
        {"postgresql://h?a=/&pool_a=b@c", "postgresql://h?a=/", "pool_a=b@c;"},
        {"postgresql://h/?a=b?c&pool_a=1?2", "postgresql://h/?a=b?c", "pool_a=1?2;"},
    });
}

TEST_CASE("#40 a fault in a pool pair of a URI is named") {
    const std::string percent = "has a \"%\" without two hex digits; in a URI, % is written %25";
    CHECK(problem("postgresql://h?pool_a=10%") == "pool_a: \"10%\" " + percent);
    CHECK(problem("postgresql://h?pool_a=%1&b=2") == "pool_a: \"%1\" " + percent);
    CHECK(problem("postgresql://h?pool_a=%g1") == "pool_a: \"%g1\" " + percent);
    CHECK(problem("postgresql://h?pool_a%=1") == "pool_a: the key " + percent);
    CHECK(problem("postgresql://h?pool_a=%00") == "pool_a: \"%00\" has a zero byte (%00)");
    CHECK(problem("postgresql://h?pool_a") == "pool_a: expected \"=\" and a value after the key");
    CHECK(problem("postgresql://h?pool_a&b=1") == "pool_a: expected \"=\" and a value after the key");
    CHECK(problem("postgresql://h?pool_a=1=2") ==
          "pool_a: the value holds a second \"=\"; in a URI, = in a value is written %3D");
}

TEST_CASE("#40 taking a pair out never makes a user name of the query part") {
    CHECK(problem("postgresql://h?pool_name=x/y&password=a@b") ==
          "the query part of the connection string holds an \"@\"; in a URI, @ is written %40 there");
    check_splits(
        {{"postgresql://h/?pool_name=x/y&password=a@b", "postgresql://h/?password=a@b", "pool_name=x/y;"}});
}

TEST_CASE("#40 pool keys are taken out of a keyword/value string and the rest stays byte for byte") {
    check_splits({
        {"", "", ""},
        {"   ", "   ", ""},
        {"host=a port=5432 pool_max_conns=8 password='it\\'s'", "host=a port=5432 password='it\\'s'",
         "pool_max_conns=8;"},
        {"pool_a=1", "", "pool_a=1;"},
        {"pool_a=1 pool_b=2", "", "pool_a=1;pool_b=2;"},
        {"host=a pool_a=1", "host=a", "pool_a=1;"},
        {"pool_a=1 host=a", "host=a", "pool_a=1;"},
        {"host=a  pool_a=1  port=1", "host=a   port=1", "pool_a=1;"},
        {"host = a\tpool_a\n=\r1\vport\f= 1", "host = a\tport\f= 1", "pool_a=1;"},
        {"pool_a='x y' host=a", "host=a", "pool_a=x y;"},
        {"pool_a='x'host=a", "host=a", "pool_a=x;"},
        {"host='a'pool_a='x'port=1", "host='a'port=1", "pool_a=x;"},
        {"pool_a='it\\'s \\\\ \\q'", "", "pool_a=it's \\ q;"},
        {"pool_a=a\\ b\\\\c host=a", "host=a", "pool_a=a b\\c;"},
        {"pool_a='' host=a", "host=a", "pool_a=;"},
        {"host=a pool_a=", "host=a", "pool_a=;"},
        {"pool_a='a=b'", "", "pool_a=a=b;"},
    });
}

TEST_CASE("#40 what looks like a pool key inside of a value stays there") {
    check_splits({
        {"password='x pool_a=1' host=a", "password='x pool_a=1' host=a", ""},
        {"password='it\\' pool_a=1' pool_b=2", "password='it\\' pool_a=1'", "pool_b=2;"},
        {"password=x\\ pool_a=1", "password=x\\ pool_a=1", ""},
        {"password=pool_a=1", "password=pool_a=1", ""},
        {"dbname='postgresql://h?pool_a=1'", "dbname='postgresql://h?pool_a=1'", ""},
        {"dbname=postgresql://h?pool_a=1", "dbname=postgresql://h?pool_a=1", ""},
        {"://h?pool_a=1", "://h?pool_a=1", ""},
        {"1a://h?pool_a=1", "1a://h?pool_a=1", ""},
    });
}

TEST_CASE("#40 where libpq would stop with an error the rest is left for it to judge") {
    check_splits({
        {"pool_a=1 password='x pool_b=2", "password='x pool_b=2", "pool_a=1;"},
        {"pool_a=1 nonsense", "nonsense", "pool_a=1;"},
        {"nonsense pool_a=1", "nonsense pool_a=1", ""},
        {"pool_a=1 password='x\\", "password='x\\", "pool_a=1;"},
        {"password=x\\", "password=x\\", ""},
    });
}

TEST_CASE("#40 a fault in a pool pair of a keyword/value string is named without the text around it") {
    CHECK(problem("pool_a") == "pool_a: expected \"=\" and a value after the key");
    CHECK(problem("pool_a password=x") == "pool_a: expected \"=\" and a value after the key");
    CHECK(problem("pool_a='1 password=x") == "pool_a: the quote before the value isn't closed");
    CHECK(problem("pool_a='1\\") == "pool_a: the quote before the value isn't closed");
    CHECK(problem("pool_a= password=x") ==
          "pool_a: the value is missing, or holds a \"=\" and needs single quotes");
    const std::string none = " has no value before the next key=value pair; an empty value is written ''";
    CHECK(problem("password= pool_a=1 pool_b=2") == "the key at character 1" + none);
    CHECK(problem("host= password=x") == "the key at character 1" + none);
    CHECK(problem("dbname=a port = \n password=x") == "the key at character 10" + none);
    CHECK(problem("password=a b= c=d") == "the key at character 12" + none);
    CHECK(problem("pool_a=1 postgresql://u:password@h?pool_b=2") ==
          "a URI comes after pool keys; in a URI they stand in the query part: ...?pool_...=...");
    CHECK(problem("pool_a:secret@h password=x") == "pool_a...: expected \"=\" and a value after the key");
}

TEST_CASE("#40 blanks around the equals sign are libpq's right, and so are values with an equals sign") {
    check_splits({
        {"host = h pool_a = 1", "host = h", "pool_a=1;"},
        {"options= -cgeqo=off pool_a=1", "options= -cgeqo=off", "pool_a=1;"},
        {"options=geqo=off pool_a=1", "options=geqo=off", "pool_a=1;"},
        {"host= 'password=x' pool_a=1", "host= 'password=x'", "pool_a=1;"},
        {"pool_a=1 host=", "host=", "pool_a=1;"},
    });
}

TEST_CASE("#40 a zero byte in a connection string is refused, since libpq would stop reading there") {
    CHECK(problem(std::string_view("host=a\0pool_a=1", 15)) ==
          "the connection string has a zero byte at position 6");
}

TEST_CASE(
    "blanks around a URI and a JDBC URL are refused, since no driver would read them as they were meant") {
    const std::string before =
        "the connection string begins with a blank; expected a URI from the first character on";
    CHECK(problem(" postgresql://h?pool_a=1") == before);
    CHECK(problem("\n\tmysql://h") == before);
    const std::string after =
        "the URI ends with a blank or a line break; expected none after it (a file's last line has one)";
    CHECK(problem("postgresql://u:secret@h/db\n") == after);
    CHECK(problem("mysql://h/db?pool_a=1 ") == after);
    CHECK(problem("jdbc:postgresql://h/db?password=secret") ==
          "the connection string is a JDBC URL; leave out \"jdbc:\"");
    check_splits({{" host=a\n", " host=a\n", ""}, {"jdbc=a", "jdbc=a", ""}});
}

TEST_CASE("pairs parted by semicolons are refused before a driver shows the password among them") {
    const std::string in_uri =
        "the database in the URI holds \";\" and \"=\"; the first key=value pair comes after \"?\", each "
        "other one "
        "after \"&\", and a \";\" in a name is written %3B";
    CHECK(problem("postgresql://h/db;password=secret") == in_uri);
    CHECK(problem("mysql://u@h:1,i/db;a;password=secret?pool_a=1") == in_uri);
    CHECK(problem("host=h;password=secret") ==
          "the value of the key at character 1 holds \";\" and \"=\"; expected a blank between two pairs, or "
          "single "
          "quotes around the value");
    CHECK(problem("user=u dbname = db;user=x;password=secret")
              .starts_with("the value of the key at character 8 "));
    check_splits({
        {"postgresql://u;a=b@h/db?options=a;b=c", "postgresql://u;a=b@h/db?options=a;b=c", ""},
        {"postgresql://h/a%3Bb=c", "postgresql://h/a%3Bb=c", ""},
        {"password=a;b=c host=h", "password=a;b=c host=h", ""},
        {"dbname='a;b=c'", "dbname='a;b=c'", ""},
        {"dbname=a;b host=a=b;c", "dbname=a;b host=a=b;c", ""},
    });
}

TEST_CASE("a pool key in capitals is named and not left to the driver") {
    const std::string lower = ": unknown key; the pool's keys are written in lower case";
    CHECK(problem("postgresql://h?POOL_MAX_CONNS=1") == "POOL_MAX_CONNS" + lower);
    CHECK(problem("host=h Pool_name=a") == "Pool_name" + lower);
    check_splits({{"host=h POOL=a", "host=h POOL=a", ""}});
}
