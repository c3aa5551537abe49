// SPDX-License-Identifier: BSL-1.0

#include "support/catch.hpp"

#include <podpool/detail/duration_text.hpp>
#include <podpool/detail/share_text.hpp>

#include <chrono>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
using podpool::detail::duration_text;
using podpool::detail::parse_duration;
using podpool::detail::parse_share;
using podpool::detail::share_of;
using std::chrono::nanoseconds;

namespace {

constexpr nanoseconds longest = nanoseconds::max();

struct good_duration {
    std::string text;
    nanoseconds value;
    std::string printed;
};

struct bad_text {
    std::string text;
    std::string problem;
};

}  // namespace

TEST_CASE("a duration is read exactly and printed in a short form") {
    const std::vector<good_duration> table{
        {"0s", 0ns, "0s"},
        {"0d", 0ns, "0s"},
        {"1ns", 1ns, "1ns"},
        {"250ms", 250ms, "250ms"},
        {"1500us", 1500us, "1.5ms"},
        {"30s", 30s, "30s"},
        {"1.5s", 1500ms, "1.5s"},
        {"1.50000000000s", 1500ms, "1.5s"},
        {"90m", 90min, "1h30m"},
        {"1h30m", 90min, "1h30m"},
        {"30m1h", 90min, "1h30m"},
        {"1h0.5s", 1h + 500ms, "1h500ms"},
        {"1m2.000000003s", 62s + 3ns, "1m2.000000003s"},
        {"24h", 24h, "1d"},
        {"3650d", std::chrono::days(3650), "3650d"},
        {"0.000000001d", 86400ns, "86.4us"},
        {"0.001us", 1ns, "1ns"},
        {"007s", 7s, "7s"},
        {"9223372036854775807ns", longest, "106751d23h47m16.854775807s"},
        {"106751d23h47m16.854775807s", longest, "106751d23h47m16.854775807s"},
    };
    for (const good_duration& row : table) {
        CAPTURE(row.text);
        const auto parsed = parse_duration(row.text);
        CHECK(parsed.problem == "");
        CHECK(parsed.value == row.value);
        CHECK(duration_text(parsed.value) == row.printed);
    }
}

TEST_CASE("#40 a bad duration is refused with the reason") {
    const std::string unknown = "has an unknown unit (known are ns, us, ms, s, m, h and d)";
    const std::vector<bad_text> table{
        {"", "is not a duration"},
        {"30", "has no unit"},
        {"0", "has no unit"},
        {"1h30", "has no unit"},
        {"-5s", "is negative"},
        {"-", "is not a duration"},
        {"--5s", "is not a duration"},
        {"+5s", "is not a duration"},
        {"s", "is not a duration"},
        {"5 s", "is not a duration"},
        {" 5s", "is not a duration"},
        {"5s ", "is not a duration"},
        {".5s", "is not a duration"},
        {"5.s", "is not a duration"},
        {"1.2.3s", "is not a duration"},
        {"1e3s", unknown},
        {"5S", unknown},
        {"5sec", unknown},
        {"1y", unknown},
        {"9223372036854775808ns", "is too large"},
        {"106752d", "is too large"},
        {"99999999999999999999999999999h", "is too large"},
        {"106751d24h", "is too large"},
        {"9223372036.854775808s", "is too large"},
        {"1.5ns", "is finer than a nanosecond"},
        {"0.0001us", "is finer than a nanosecond"},
        {"0.0000000001s", "has more than 9 decimals"},
        {"1s,2s", "is not a duration"},
    };
    for (const bad_text& row : table) {
        CAPTURE(row.text);
        CHECK(parse_duration(row.text).problem == row.problem);
    }
}

TEST_CASE("a negative duration prints with its sign") {
    CHECK(duration_text(-5s) == "-5s");
    CHECK(duration_text(nanoseconds::min()) == "-106751d23h47m16.854775808s");
}

TEST_CASE("a percentage is read to a millionth") {
    CHECK(parse_share("0%").value == 0);
    CHECK(parse_share("10%").value == 10'000'000);
    CHECK(parse_share("12.5%").value == 12'500'000);
    CHECK(parse_share("99.999999%").value == 99'999'999);
    CHECK(parse_share("010%").value == 10'000'000);
    const std::string malformed = "is not a percentage with at most 6 decimals";
    const std::vector<bad_text> table{
        {"%", malformed},
        {"-1%", malformed},
        {"1.%", malformed},
        {".5%", malformed},
        {"1.0000000%", malformed},
        {"1 %", malformed},
        {"1%%", malformed},
        {"100%", "is not below 100%"},
        {"100.000001%", "is not below 100%"},
        {"99999999999999999999999%", "is not below 100%"},
    };
    for (const bad_text& row : table) {
        CAPTURE(row.text);
        CHECK(parse_share(row.text).problem == row.problem);
    }
}

TEST_CASE("a share of the longest duration does not overflow") {
    CHECK(share_of(30min, parse_share("25%").value) == 450s);
    CHECK(share_of(longest, parse_share("50%").value) == longest / 2);
    CHECK(share_of(1s, parse_share("0.000001%").value) == 10ns);
}
