// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <podpool/mysql/connection.hpp>
#include <podpool/mysql/detail/statement.hpp>

#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace podpool::detail {
namespace {

template <class T>
mysql_parameter bound(const T& value) {
    return mysql_statement("select ?", value).parameters().at(0);
}

TEST_CASE("parameters are copied with their types") {
    CHECK(std::get<std::int64_t>(bound(-7)) == -7);
    CHECK(std::get<std::int64_t>(bound(std::int8_t{-128})) == -128);
    CHECK(std::get<std::int64_t>(bound(true)) == 1);
    CHECK(std::get<std::uint64_t>(bound(7U)) == 7);
    CHECK(std::get<std::uint64_t>(bound(std::numeric_limits<std::uint64_t>::max())) ==
          std::numeric_limits<std::uint64_t>::max());
    CHECK(std::get<double>(bound(0.5)) == 0.5);
    CHECK(std::get<double>(bound(0.1F)) == static_cast<double>(0.1F));
    CHECK(std::get<std::string>(bound("text")) == "text");
    CHECK(std::get<std::string>(bound(std::string("a\0b", 3))) == std::string("a\0b", 3));
    CHECK(std::holds_alternative<std::monostate>(bound(nullptr)));
    CHECK(std::holds_alternative<std::monostate>(bound(std::nullopt)));
    CHECK(std::holds_alternative<std::monostate>(bound(std::optional<int>())));
    CHECK(std::get<std::int64_t>(bound(std::optional<int>(3))) == 3);
    CHECK(std::holds_alternative<std::monostate>(bound(static_cast<const char*>(nullptr))));
    const std::vector<std::byte> bytes{std::byte{0}, std::byte{255}};
    CHECK(std::get<mysql_bytes>(bound(bytes)).value == std::string("\0\377", 2));
}

TEST_CASE("a list stands for as many parameters as it has elements, and a vector is no parameter") {
    parameters<mysql> list(std::vector<std::string>{"a", "b"});
    list.push_back(3);
    list.push_back(nullptr);
    const mysql_statement statement("x", 0, list, 0.5);
    REQUIRE(statement.parameters().size() == 6);
    CHECK(std::get<std::string>(statement.parameters()[2]) == "b");
    CHECK(std::get<std::int64_t>(statement.parameters()[3]) == 3);
    CHECK(std::holds_alternative<std::monostate>(statement.parameters()[4]));
    CHECK(std::get<double>(statement.parameters()[5]) == 0.5);
    STATIC_REQUIRE(mysql_argument<const parameters<mysql>&>);
    STATIC_REQUIRE_FALSE(mysql_argument<std::vector<int>>);
}

TEST_CASE("numbers that MySQL doesn't have are refused, and named") {
    try {
        const mysql_statement refused("select ?, ?", 1, std::numeric_limits<double>::quiet_NaN());
        FAIL("no error");
    } catch (const std::invalid_argument& problem) {
        CHECK(std::string(problem.what()) == "parameter 2 is no finite number, and MySQL has no other");
    }
}

TEST_CASE("cells are read as the type that is asked for, or refused with row and column") {
    mysql_rows rows;
    rows.columns = {"a", "b"};
    rows.add("1");
    rows.add_null();
    rows.add("");
    rows.add("-0");
    const mysql_result result(std::move(rows));
    REQUIRE(result.rows() == 2);
    CHECK(result.get<bool>(0, "a"));
    CHECK(result.get<std::string>(1, "a").empty());
    CHECK_FALSE(result.get<bool>(1, "b"));
    CHECK(result.is_null(0, 1));
    try {
        static_cast<void>(result.get<int>(1, "a"));
        FAIL("no error");
    } catch (const value_error& problem) {
        CHECK(problem.row() == 1);
        CHECK(problem.column() == "a");
    }
    CHECK_THROWS_AS(result.get<bool>(1, "a"), value_error);
}

}  // namespace
}  // namespace podpool::detail
