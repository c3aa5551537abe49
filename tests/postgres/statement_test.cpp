// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <podpool/postgres/connection.hpp>
#include <podpool/postgres/detail/statement.hpp>

#include <boost/asio/use_future.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace podpool::detail {
namespace {

template <class T>
bound_parameter bound(const T& value) {
    return postgres_statement("x", value).parameters().at(0);
}

TEST_CASE("integers are bound with the type of their size, unsigned ones with the next larger") {
    CHECK(bound(std::int16_t{-1}).type == parameter_type::int2);
    CHECK(bound(std::int8_t{-1}).type == parameter_type::int2);
    CHECK(bound(std::uint8_t{1}).type == parameter_type::int2);
    CHECK(bound(1).type == parameter_type::int4);
    CHECK(bound(std::uint16_t{1}).type == parameter_type::int4);
    CHECK(bound(1U).type == parameter_type::int8);
    CHECK(bound(std::int64_t{1}).type == parameter_type::int8);
    CHECK(bound(1LL).type == parameter_type::int8);
    CHECK(bound(std::uint64_t{1}).type == parameter_type::int8);
    CHECK(bound(std::numeric_limits<std::uint64_t>::max()).type == parameter_type::numeric);
    CHECK(bound(std::numeric_limits<std::uint64_t>::max()).value == "18446744073709551615");
    CHECK(bound(std::numeric_limits<std::int64_t>::min()).value == "-9223372036854775808");
}

TEST_CASE("other values are bound as PostgreSQL writes them") {
    CHECK(bound(true).value == "t");
    CHECK(bound(true).type == parameter_type::boolean);
    CHECK(bound(0.1).value == "0.1");
    CHECK(bound(0.1F).type == parameter_type::float4);
    CHECK(bound(std::numeric_limits<double>::quiet_NaN()).value == "NaN");
    CHECK(bound(-std::numeric_limits<double>::infinity()).value == "-Infinity");
    CHECK(bound("text").type == parameter_type::inferred);
    CHECK(bound(std::string("text")).value == "text");
    CHECK(bound(std::vector<std::byte>{std::byte{0}, std::byte{255}}).value == std::string("\0\xff", 2));
    CHECK(bound(std::vector<std::byte>{}).type == parameter_type::bytea);
}

TEST_CASE("NULL is bound with the type that is known of it") {
    CHECK(bound(nullptr).null);
    CHECK(bound(nullptr).type == parameter_type::inferred);
    CHECK(bound(std::nullopt).null);
    CHECK(bound(std::optional<int>()).null);
    CHECK(bound(std::optional<int>()).type == parameter_type::int4);
    CHECK(bound(std::optional<std::vector<std::byte>>()).type == parameter_type::bytea);
    CHECK(bound(static_cast<const char*>(nullptr)).null);
    CHECK_FALSE(bound(std::optional<int>(3)).null);
    CHECK_FALSE(bound("").null);
}

TEST_CASE("a text with a zero byte is refused instead of cut short") {
    using namespace std::string_literals;
    CHECK_THROWS_AS(postgres_statement("select 1\0 or more"s), std::invalid_argument);
    CHECK_THROWS_AS(postgres_statement("select $1", "a\0b"s), std::invalid_argument);
    try {
        const postgres_statement refused("select $1, $2", 1, "a\0b"s);
        FAIL("not refused");
    } catch (const std::invalid_argument& problem) {
        CHECK(std::string(problem.what()).find("$2") != std::string::npos);
    }
}

TEST_CASE("a range of values is bound as one array") {
    using namespace std::string_literals;
    CHECK(bound(std::vector<int>{1, -2}).value == "{1,-2}");
    CHECK(bound(std::vector<int>{1, -2}).type == parameter_type::int4_array);
    CHECK(bound(std::vector<int>{}).value == "{}");
    CHECK(bound(std::vector<int>{}).type == parameter_type::int4_array);
    CHECK_FALSE(bound(std::vector<int>{}).null);
    CHECK(bound(std::vector<std::int16_t>{1}).type == parameter_type::int2_array);
    CHECK(bound(std::vector<std::int64_t>{1}).type == parameter_type::int8_array);
    CHECK(bound(std::vector<bool>{true, false}).value == "{t,f}");
    CHECK(bound(std::vector<bool>{true}).type == parameter_type::boolean_array);
    const double infinite = std::numeric_limits<double>::infinity();
    CHECK(bound(std::vector<double>{0.5, 1e300, -infinite, std::nan("")}).value ==
          "{0.5,1e+300,-Infinity,NaN}");
    CHECK(bound(std::vector<double>{}).type == parameter_type::float8_array);
    CHECK(bound(std::vector<float>{0.1F}).value == "{0.1}");
    CHECK(bound(std::vector<float>{0.1F}).type == parameter_type::float4_array);
    CHECK(bound(std::vector<std::uint64_t>{1}).type == parameter_type::int8_array);
    CHECK(bound(std::vector{std::uint64_t{1}, std::numeric_limits<std::uint64_t>::max()}).type ==
          parameter_type::numeric_array);
    CHECK(bound(std::vector<std::string>{"a", "", "NULL", "b,{c}", "\"q\" \\"}).value ==
          R"({"a","","NULL","b,{c}","\"q\" \\"})");
    CHECK(bound(std::vector<std::string>{"a"}).type == parameter_type::inferred);
    CHECK(bound(std::vector<const char*>{"a", nullptr}).value == R"({"a",NULL})");
    CHECK(bound(std::vector<std::optional<int>>{1, std::nullopt}).value == "{1,NULL}");
    CHECK(bound(std::vector<std::optional<int>>{}).type == parameter_type::int4_array);
    CHECK(bound(std::vector<std::vector<std::byte>>{{std::byte{0}, std::byte{255}}, {}}).value ==
          R"({"\\x00ff","\\x"})");
    CHECK(bound(std::vector<std::vector<std::byte>>{}).type == parameter_type::bytea_array);
    const std::array ids{3, 4};
    CHECK(bound(ids).value == "{3,4}");
    CHECK(bound(std::span<const int>(ids)).value == "{3,4}");
    CHECK(bound(std::set<std::string>{"b", "a"}).value == R"({"a","b"})");
    CHECK(bound(std::optional<std::vector<int>>()).null);
    CHECK(bound(std::optional(std::vector<int>{5})).value == "{5}");
    CHECK_THROWS_AS(postgres_statement("select $1", std::vector{"a\0b"s}), std::invalid_argument);
}

TEST_CASE("a list stands for as many parameters as it has elements") {
    parameters<postgres> list(std::vector<std::string>{"a", "b"});
    list.push_back(3);
    list.push_back(std::optional<int>());
    list.push_back(std::vector<int>{1, 2});
    list.push_back("text");
    CHECK(list.size() == 6);
    const postgres_statement statement("x", 0, list, true);
    REQUIRE(statement.parameters().size() == 8);
    CHECK(statement.parameters()[1].value == "a");
    CHECK(statement.parameters()[3].type == parameter_type::int4);
    CHECK(statement.parameters()[4].null);
    CHECK(statement.parameters()[5].value == "{1,2}");
    CHECK(statement.parameters()[7].value == "t");
    CHECK(postgres_statement("x", parameters<postgres>()).parameters().empty());
    list.clear();
    CHECK(list.empty());
}

TEST_CASE("more parameters than the protocol can count are refused") {
    const parameters<postgres> most(std::vector<int>(65535, 1));
    CHECK(postgres_statement("x", most).parameters().size() == 65535);
    CHECK_THROWS_AS(postgres_statement("x", most, 1), std::invalid_argument);
}

TEST_CASE("what is a parameter and what is a completion token is told apart by type") {
    STATIC_REQUIRE(query_parameter<int>);
    STATIC_REQUIRE(query_parameter<const char(&)[4]>);
    STATIC_REQUIRE(query_parameter<std::optional<std::string>>);
    STATIC_REQUIRE(query_parameter<std::nullptr_t>);
    STATIC_REQUIRE_FALSE(query_parameter<char>);
    STATIC_REQUIRE_FALSE(query_parameter<decltype(boost::asio::use_future)>);
    STATIC_REQUIRE_FALSE(query_parameter<void (*)(std::exception_ptr, postgres_result)>);
    STATIC_REQUIRE(postgres_argument<std::vector<int>>);
    STATIC_REQUIRE(postgres_argument<const parameters<postgres>&>);
    STATIC_REQUIRE(postgres_argument<const char(&)[4]>);
    STATIC_REQUIRE_FALSE(postgres_argument<std::vector<char>>);
    STATIC_REQUIRE_FALSE(postgres_argument<std::vector<std::vector<int>>>);
    STATIC_REQUIRE_FALSE(postgres_argument<std::filesystem::path>);
    STATIC_REQUIRE_FALSE(postgres_argument<decltype(boost::asio::use_future)>);
    STATIC_REQUIRE(boost::asio::completion_token_for<decltype(boost::asio::use_future),
                                                     query_signature<postgres_result>>);
}

}  // namespace
}  // namespace podpool::detail
