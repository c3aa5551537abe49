// SPDX-License-Identifier: BSL-1.0
#include "live.hpp"

#include <podpool/errc.hpp>
#include <podpool/error.hpp>
#include <podpool/parameters.hpp>

#include <boost/asio/use_future.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

namespace podpool::test {
namespace {

constexpr std::size_t first = 0;

TEST_CASE("a query without parameters returns rows, columns and NULLs") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    const mysql_result result =
        session.connection->query("select 1 as a, 'text' as b, null as c union all select 2, '', 'x'");
    REQUIRE(result.rows() == 2);
    REQUIRE(result.columns() == 3);
    CHECK(result.affected_rows() == 2);
    CHECK(result.column_name(1) == "b");
    CHECK(result.column_index("c") == 2);
    CHECK(result.get<int>(0, "a") == 1);
    CHECK(result.get<std::string>(0, "b") == "text");
    CHECK(result.get<std::string_view>(1, "b").empty());
    CHECK(result.is_null(0, 2));
    CHECK_FALSE(result.get<std::optional<std::string>>(0, "c").has_value());
    CHECK(result.get<std::optional<std::string>>(1, "c") == "x");
    CHECK_THROWS_AS(result.get<std::string>(0, "c"), value_error);
    CHECK_THROWS_AS(result.get<std::string>(2, "a"), std::out_of_range);
    CHECK_THROWS_AS(result.get<std::string>(0, std::size_t{3}), std::out_of_range);
    CHECK_THROWS_WITH(result.column_index("d"), "no column \"d\" in a result with the columns: a, b, c");
}

TEST_CASE("a list of parameters made at run time is bound in order") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    const parameters<mysql> ids(std::vector<int>{1, 3, 5});
    CHECK(session.cell(
              "select count(*) from (select 1 as i union select 2 union select 3) t where i in (?, ?, ?)",
              ids) == "2");
    auto later =
        session.connection->async_query("select concat(?, ?, ?, ?)", "x", ids, boost::asio::use_future);
    session.context.restart();
    session.context.run();
    CHECK(later.get().get<std::string>(0, first) == "x135");
}

TEST_CASE("one catch of podpool::error is enough") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    CHECK_THROWS_AS(session.connection->query("select nothing"), podpool::error);
    CHECK_THROWS_AS(session.connection->query("select 'x'").get<int>(0, first), podpool::error);
}

TEST_CASE("a result outlives its connection and its move") {
    if (!have_mysql()) return;
    mysql_result kept;
    CHECK(kept.empty());
    CHECK(kept.columns() == 0);
    {
        live_session session(shared_server());
        kept = session.connection->query("select 'short' as s");
    }
    const std::string_view view = kept.get<std::string_view>(0, "s");
    const mysql_result moved = std::move(kept);
    CHECK(moved.get<std::string_view>(0, "s").data() == view.data());
    CHECK(view == "short");
}

TEST_CASE("every parameter type comes back as it was sent") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    mysql_connection& connection = *session.connection;
    const auto back = [&](const auto& value) {
        return connection.query("select ?", value).template get<std::decay_t<decltype(value)>>(0, first);
    };
    CHECK(back(std::numeric_limits<std::int64_t>::min()) == std::numeric_limits<std::int64_t>::min());
    CHECK(back(std::numeric_limits<std::uint64_t>::max()) == std::numeric_limits<std::uint64_t>::max());
    CHECK(back(std::int8_t{-128}) == -128);
    CHECK(back(std::uint8_t{255}) == 255);
    CHECK(back(true));
    CHECK_FALSE(back(false));
    CHECK(back(0.1) == 0.1);
    CHECK(back(1e-300) == 1e-300);
    CHECK(back(-1.7976931348623157e308) == -1.7976931348623157e308);
    CHECK(back(0.1F) == 0.1F);
    CHECK(back(std::string("it's \"quoted\" \\ ? \xc3\xa4")) == "it's \"quoted\" \\ ? \xc3\xa4");
    CHECK(back(std::string("zero\0byte", 9)) == std::string("zero\0byte", 9));
    CHECK(session.cell("select ?", "literal") == "literal");
    CHECK(connection.query("select ?", nullptr).is_null(0, 0));
    CHECK(connection.query("select ?", std::optional<int>()).is_null(0, 0));
    CHECK(connection.query("select ?", std::nullopt).is_null(0, 0));
    CHECK(connection.query("select ? + ?", 2, std::optional<int>(3)).get<int>(0, first) == 5);
    CHECK_THROWS_AS(connection.query("select ?", std::nan("")), std::invalid_argument);
    CHECK_THROWS_AS(connection.query("select ?", std::numeric_limits<double>::infinity()),
                    std::invalid_argument);
}

TEST_CASE("bytes of any value and length survive, also beyond the connector's chunks") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    mysql_connection& connection = *session.connection;
    connection.query("create temporary table bytes (id int, b longblob)");
    for (const std::size_t size : {std::size_t{0}, std::size_t{256}, std::size_t{700'000}}) {
        std::vector<std::byte> sent(size);
        for (std::size_t i = 0; i < size; ++i) sent[i] = static_cast<std::byte>(i % 256);
        connection.query("delete from bytes");
        CHECK(connection.query("insert into bytes values (?, ?)", 1, std::span<const std::byte>(sent))
                  .affected_rows() == 1);
        CHECK(connection.query("select b from bytes").get<std::vector<std::byte>>(0, first) == sent);
        CHECK(connection.query("select b from bytes where id = ?", 1).get<std::vector<std::byte>>(0, first) ==
              sent);
    }
    const std::string text(700'000, 'x');
    CHECK(session.cell("select ?", text) == text);
}

TEST_CASE("numbers, decimals, dates and bits read alike with and without parameters") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    mysql_connection& connection = *session.connection;
    connection.query(
        "create temporary table kinds (id int, big bigint unsigned, small tinyint, d decimal(62,30), f "
        "float, "
        "g double, at datetime(6), day date, clock time(3), y year, flags bit(10), t text, e enum('a','b'))");
    connection.query(
        "insert into kinds values (1, 18446744073709551615, -7, "
        "-12345678901234567890123456789012.123456789012345678901234567890, 0.1, 0.1, "
        "'2026-11-23 18:01:02.000304', '2026-11-23', '-838:59:59.000', 2026, b'1000000001', 'text', 'b')");
    const mysql_result plain = connection.query("select * from kinds where id = 1");
    const mysql_result prepared = connection.query("select * from kinds where id = ?", 1);
    for (const mysql_result* result : {&plain, &prepared}) {
        CAPTURE(result == &plain ? "without parameters" : "with parameters");
        CHECK(result->get<std::uint64_t>(0, "big") == std::numeric_limits<std::uint64_t>::max());
        CHECK_THROWS_AS(result->get<std::int64_t>(0, "big"), value_error);
        CHECK(result->get<int>(0, "small") == -7);
        CHECK_THROWS_AS(result->get<unsigned>(0, "small"), value_error);
        CHECK(result->get<std::string>(0, "d") ==
              "-12345678901234567890123456789012.123456789012345678901234567890");
        CHECK(result->get<float>(0, "f") == 0.1F);
        CHECK(result->get<double>(0, "g") == 0.1);
        CHECK(result->get<std::string>(0, "at") == "2026-11-23 18:01:02.000304");
        CHECK(result->get<std::string>(0, "day") == "2026-11-23");
        CHECK(result->get<std::string>(0, "clock") == "-838:59:59.000");
        CHECK(result->get<int>(0, "y") == 2026);
        CHECK(result->get<int>(0, "flags") == 513);
        CHECK(result->get<std::string>(0, "t") == "text");
        CHECK(result->get<std::string>(0, "e") == "b");
        CHECK_THROWS_AS(result->get<int>(0, "t"), value_error);
    }
}

TEST_CASE("dates and times are what the server writes, with and without parameters") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    mysql_connection& connection = *session.connection;
    connection.query(
        "create temporary table moments (id int, whole datetime, milli datetime(3), micro datetime(6), zone "
        "timestamp(1), day date, tenth time(1), clock time, fine time(6), y year)");
    connection.query(
        "insert into moments values "
        "(1, '2026-11-23 18:01:02', '2026-11-23 18:01:02.120', '0999-01-02 03:04:05.000010', "
        "'2026-11-23 18:01:02.5', '0999-01-02', '-00:00:01.0', '838:59:59', '-12:00:00.000001', 2026), "
        "(2, '0999-12-31 00:00:00', '2026-11-23 18:01:02.000', '2026-11-23 18:01:02.000000', "
        "'2026-11-23 18:01:02.0', '0007-01-02', '00:00:00.9', '00:00:00', '00:00:00.000000', 0), "
        "(3, null, null, null, null, null, null, null, null, null)");
    const mysql_result plain = connection.query("select * from moments where id > 0 order by id");
    const mysql_result prepared = connection.query("select * from moments where id > ? order by id", 0);
    REQUIRE(plain.rows() == 3);
    REQUIRE(prepared.rows() == 3);
    for (std::size_t row = 0; row < plain.rows(); ++row) {
        for (std::size_t column = 1; column < plain.columns(); ++column) {
            CAPTURE(row, plain.column_name(column));
            CHECK(prepared.get<std::optional<std::string>>(row, column).value_or("null") ==
                  plain.get<std::optional<std::string>>(row, column).value_or("null"));
        }
    }
    CHECK(plain.get<std::string>(0, "milli") == "2026-11-23 18:01:02.120");
    CHECK(plain.get<std::string>(0, "day") == "0999-01-02");
    CHECK(session.cell("select date_add(?, interval 1500000 microsecond)", "2026-11-23 18:01:02") ==
          "2026-11-23 18:01:03.500000");
}

TEST_CASE("a decimal that may be too long for the connector is refused, not cut off") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    mysql_connection& connection = *session.connection;
    connection.query("create temporary table longest (id int, d decimal(65,30), fits decimal(62,30))");
    connection.query("insert into longest values (1, -99999999999999999999999999999999999." +
                     std::string(30, '9') + ", -99999999999999999999999999999999." + std::string(30, '9') +
                     "), (2, 0.5, 0.5)");
    const std::string whole = "-99999999999999999999999999999999999." + std::string(30, '9');
    CHECK(session.cell("select d from longest where id = 1") == whole);
    // The type decides: which of its values are too long shows only when it is too late.
    for (const int row : {1, 2, 3}) {
        CAPTURE(row);
        try {
            connection.query("select d from longest where id = ?", row);
            FAIL("no error");
        } catch (const mysql_error& problem) {
            CHECK(std::string(problem.what()).find("cast it to CHAR") != std::string::npos);
        }
    }
    CHECK(session.cell("select cast(d as char) from longest where id = ?", 1) == whole);
    CHECK(session.cell("select fits from longest where id = ?", 1) ==
          "-99999999999999999999999999999999." + std::string(30, '9'));
    CHECK(session.cell("select fits from longest where id = ?", 2) == "0.500000000000000000000000000000");
}

TEST_CASE("booleans are integers, and only integers are booleans") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    const mysql_result result = session.connection->query("select true, 0, -2, 'x', b'1'");
    CHECK(result.get<bool>(0, first));
    CHECK_FALSE(result.get<bool>(0, std::size_t{1}));
    CHECK(result.get<bool>(0, std::size_t{2}));
    CHECK_THROWS_AS(result.get<bool>(0, std::size_t{3}), value_error);
}

TEST_CASE("statements tell how many rows they touched") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    mysql_connection& connection = *session.connection;
    connection.query("create temporary table counted (i int)");
    CHECK(connection.query("insert into counted values (1), (2), (3)").affected_rows() == 3);
    CHECK(connection.query("insert into counted values (?), (?)", 4, 5).affected_rows() == 2);
    CHECK(connection.query("update counted set i = i + ? where i < ?", 10, 3).affected_rows() == 2);
    CHECK(connection.query("delete from counted where i > ?", 10).affected_rows() == 2);
    CHECK(connection.query("select * from counted").affected_rows() == 3);
    CHECK(connection.query("update counted set i = i").affected_rows() == 0);
}

TEST_CASE("the results of a procedure are read to their end") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    mysql_connection& connection = *session.connection;
    connection.query("drop procedure if exists several");
    connection.query("create procedure several(n int) begin select n; select n + 1, 'x'; end");
    for (int i = 0; i < 3; ++i) {
        CHECK(connection.query("call several(1)").get<int>(0, first) == 1);
        CHECK(connection.query("call several(?)", 7).get<int>(0, first) == 7);
        CHECK(session.cell("select 'next'") == "next");
    }
    connection.query("drop procedure several");
}

TEST_CASE("a failed statement says number, SQLSTATE, message and endpoint, and the connection lives on") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    for (const bool prepared : {false, true}) {
        try {
            if (prepared) {
                session.connection->query("select * from nothing_here where i = ?", 1);
            } else {
                session.connection->query("select * from nothing_here");
            }
            FAIL("no error");
        } catch (const mysql_error& problem) {
            CHECK(problem.number() == 1146);
            CHECK(problem.sqlstate() == "42S02");
            CHECK(problem.code() == make_mysql_code(1146));
            CHECK(problem.endpoint() == to_string(session.connection->endpoint()));
            const std::string what = problem.what();
            CHECK(what.find("ERROR 1146 (42S02): ") != std::string::npos);
            CHECK(what.find("nothing_here") != std::string::npos);
            CHECK(what.find(to_string(session.connection->endpoint())) == 0);
        }
    }
    CHECK_THROWS_AS(session.connection->query("select ?, ?", 1), mysql_error);
    CHECK_THROWS_AS(session.connection->query("select 1; select 2"), mysql_error);
    CHECK(session.cell("select 7") == "7");
    CHECK_FALSE(session.inspect(reset_mode::rollback).why);
}

TEST_CASE("a duplicate key during a prepared insert is reported and harmless") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    session.connection->query("create temporary table once (i int primary key)");
    session.connection->query("insert into once values (?)", 1);
    try {
        session.connection->query("insert into once values (?)", 1);
        FAIL("no error");
    } catch (const mysql_error& problem) {
        CHECK(problem.number() == 1062);
        CHECK(problem.sqlstate() == "23000");
    }
    CHECK(session.cell("select count(*) from once") == "1");
}

TEST_CASE("the native handle is the connector's connection") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    sql::Connection& native = session.connection->native_handle();
    static_cast<void>(native);
    CHECK(session.inspect(reset_mode::full).replace);
}

}  // namespace
}  // namespace podpool::test
