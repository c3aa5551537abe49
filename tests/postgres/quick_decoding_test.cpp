// SPDX-License-Identifier: BSL-1.0
#include "support/catch.hpp"

#include <podpool/detail/quick_decoding.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace podpool::detail {
namespace {

TEST_CASE("integers are decoded quickly where they are plain and fit") {
    CHECK(decode_quickly<int>("0") == 0);
    CHECK(decode_quickly<int>("-2147483648") == -2147483648);
    CHECK(decode_quickly<std::int8_t>("127") == std::int8_t{127});
    CHECK(decode_quickly<std::uint8_t>("255") == std::uint8_t{255});
    CHECK(decode_quickly<std::int64_t>("-999999999999999999") == -999999999999999999);
    CHECK(decode_quickly<std::uint64_t>("999999999999999999") == 999999999999999999U);
    CHECK(decode_quickly<int>("007") == 7);
}

TEST_CASE("what may be wrong is left to the slow way") {
    for (const char* text : {"", "-", "+5", " 5", "5 ", "1.5", "1e3", "x", "2147483648", "--1"}) {
        CAPTURE(text);
        CHECK_FALSE(decode_quickly<int>(text));
    }
    CHECK_FALSE(decode_quickly<int>(std::string_view()));
    CHECK_FALSE(decode_quickly<std::int8_t>("128"));
    CHECK_FALSE(decode_quickly<std::int8_t>("-129"));
    CHECK_FALSE(decode_quickly<std::uint8_t>("256"));
    CHECK_FALSE(decode_quickly<unsigned>("-1"));
    CHECK_FALSE(decode_quickly<unsigned>("-0"));
    CHECK_FALSE(decode_quickly<std::int64_t>("9223372036854775807"));
}

TEST_CASE("a text is decoded as it is, an empty one too, but not NULL") {
    CHECK(decode_quickly<std::string>("a") == "a");
    CHECK(decode_quickly<std::string_view>("") == std::string_view());
    CHECK_FALSE(decode_quickly<std::string>(std::string_view()));
}

}  // namespace
}  // namespace podpool::detail
