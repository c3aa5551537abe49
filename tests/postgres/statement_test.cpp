// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <podpool/postgres/connection.hpp>
#include <podpool/postgres/detail/statement.hpp>

#include <boost/asio/use_future.hpp>

#include <cstdint>
#include <limits>
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

TEST_CASE("what is a parameter and what is a completion token is told apart by type") {
    STATIC_REQUIRE(query_parameter<int>);
    STATIC_REQUIRE(query_parameter<const char(&)[4]>);
    STATIC_REQUIRE(query_parameter<std::optional<std::string>>);
    STATIC_REQUIRE(query_parameter<std::nullptr_t>);
    STATIC_REQUIRE_FALSE(query_parameter<char>);
    STATIC_REQUIRE_FALSE(query_parameter<decltype(boost::asio::use_future)>);
    STATIC_REQUIRE_FALSE(query_parameter<void (*)(std::exception_ptr, postgres_result)>);
    STATIC_REQUIRE(boost::asio::completion_token_for<decltype(boost::asio::use_future),
                                                     query_signature<postgres_result>>);
}

}  // namespace
}  // namespace podpool::detail
