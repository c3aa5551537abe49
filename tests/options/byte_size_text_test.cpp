// SPDX-License-Identifier: BSL-1.0

#include "support/catch.hpp"

#include <podpool/detail/byte_size_text.hpp>

#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

using podpool::detail::byte_size_text;
using podpool::detail::parse_byte_size;

TEST_CASE("an amount of memory is read exactly and printed in a short form") {
    const std::vector<std::pair<std::string, std::size_t>> table{
        {"0B", 0},           {"1B", 1},           {"1023B", 1023},     {"1KiB", 1024},
        {"1kB", 1000},       {"64KiB", 65536},    {"4MiB", 4194304},   {"3MB", 3000000},
        {"1GiB", 1U << 30U}, {"2GB", 2000000000}, {"1025KiB", 1049600}};
    for (const auto& [text, bytes] : table) {
        CAPTURE(text);
        CHECK(parse_byte_size(text).problem.empty());
        CHECK(parse_byte_size(text).value == bytes);
        CHECK(byte_size_text(bytes) == text);
    }
    CHECK(parse_byte_size("1024KiB").value == 1048576);
    CHECK(byte_size_text(std::numeric_limits<std::size_t>::max()) == "18446744073709551615B");
}

TEST_CASE("what is no amount of memory is refused with the reason") {
    const std::vector<std::pair<std::string, std::string>> table{
        {"", "is not an amount of memory"},
        {"MiB", "is not an amount of memory"},
        {"4", "has no unit"},
        {"-4MiB", "is negative"},
        {"4mib", "has an unknown unit (known are B, kB, KiB, MB, MiB, GB and GiB)"},
        {"1.5MiB", "has an unknown unit (known are B, kB, KiB, MB, MiB, GB and GiB)"},
        {"4 MiB", "has an unknown unit (known are B, kB, KiB, MB, MiB, GB and GiB)"},
        {"18446744073709551615B", ""},
        {"18446744073709551616B", "is too large"},
        {"99999999999GiB", "is too large"}};
    for (const auto& [text, reason] : table) {
        CAPTURE(text);
        CHECK(parse_byte_size(text).problem == reason);
    }
}
