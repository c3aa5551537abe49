// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace podpool::detail {

/// A duration read from text, or what is wrong with the text, as the end of a sentence.
struct parsed_duration {
    std::chrono::nanoseconds value{};
    std::string_view problem;
};

struct duration_unit {
    std::string_view name;
    std::uint64_t nanoseconds;
};

inline constexpr std::array duration_units{
    duration_unit{"d", 86'400'000'000'000},
    duration_unit{"h", 3'600'000'000'000},
    duration_unit{"m", 60'000'000'000},
    duration_unit{"s", 1'000'000'000},
    duration_unit{"ms", 1'000'000},
    duration_unit{"us", 1'000},
    duration_unit{"ns", 1},
};

inline constexpr std::size_t most_decimals = 9;
inline constexpr std::uint64_t decimal_scale = 1'000'000'000;

inline constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
inline constexpr bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Cuts the leading characters that satisfy `wanted` off `text` and returns them.
template <class Predicate>
std::string_view take_while(std::string_view& text, Predicate wanted) {
    const auto end = std::find_if_not(text.begin(), text.end(), wanted);
    const std::string_view taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(taken.size());
    return taken;
}

/// Adds digits to `number`; false when the result would pass `limit`.
inline bool append_digits(std::string_view digits, std::uint64_t limit, std::uint64_t& number) noexcept {
    for (const char c : digits) {
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (number > limit / 10 || number * 10 > limit - digit) return false;
        number = number * 10 + digit;
    }
    return true;
}

/// One `<number><unit>` at the front of `text`, added to `total`; returns the problem, or nothing.
inline std::string_view take_duration_part(std::string_view& text, std::uint64_t& total) {
    constexpr auto limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const std::string_view whole_digits = take_while(text, is_digit);
    if (whole_digits.empty()) return "is not a duration";
    std::string_view decimals;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        decimals = take_while(text, is_digit);
        if (decimals.empty()) return "is not a duration";
    }
    const std::string_view name = take_while(text, is_letter);
    if (name.empty()) return text.empty() ? "has no unit" : "is not a duration";
    const auto unit = std::find_if(duration_units.begin(), duration_units.end(),
                                   [name](const duration_unit& one) { return one.name == name; });
    if (unit == duration_units.end()) return "has an unknown unit (known are ns, us, ms, s, m, h and d)";

    std::uint64_t whole = 0;
    if (!append_digits(whole_digits, limit / unit->nanoseconds, whole)) return "is too large";
    while (decimals.ends_with('0')) decimals.remove_suffix(1);
    if (decimals.size() > most_decimals) return "has more than 9 decimals";
    std::string padded(decimals);
    padded.resize(most_decimals, '0');
    std::uint64_t fraction = 0;
    append_digits(padded, decimal_scale, fraction);
    // Nine decimals of a unit of a second or more are whole nanoseconds; smaller units leave room in 64 bits.
    std::uint64_t part = 0;
    if (unit->nanoseconds >= decimal_scale) {
        part = fraction * (unit->nanoseconds / decimal_scale);
    } else {
        part = fraction * unit->nanoseconds;
        if (part % decimal_scale != 0) return "is finer than a nanosecond";
        part /= decimal_scale;
    }
    const std::uint64_t whole_part = whole * unit->nanoseconds;
    if (whole_part > limit - part || whole_part + part > limit - total) return "is too large";
    total += whole_part + part;
    return {};
}

/// Reads `250ms`, `1.5s` or `1h30m`: numbers with a unit each, added up; exact to the nanosecond.
inline parsed_duration parse_duration(std::string_view text) {
    if (text.size() > 1 && text[0] == '-' && is_digit(text[1])) return {{}, "is negative"};
    if (text.empty()) return {{}, "is not a duration"};
    std::uint64_t total = 0;
    while (!text.empty()) {
        if (const std::string_view problem = take_duration_part(text, total); !problem.empty()) {
            return {{}, problem};
        }
    }
    return {std::chrono::nanoseconds(static_cast<std::int64_t>(total)), {}};
}

/// `count` of `unit` and the exact decimals of what is left, such as `1.5ms`.
inline std::string decimal_text(std::uint64_t nanoseconds, const duration_unit& unit) {
    std::string text = std::to_string(nanoseconds / unit.nanoseconds);
    if (std::uint64_t rest = nanoseconds % unit.nanoseconds; rest != 0) {
        text += '.';
        for (std::uint64_t place = unit.nanoseconds / 10; rest != 0; place /= 10) {
            text += static_cast<char>('0' + rest / place);
            rest %= place;
        }
    }
    return text.append(unit.name);
}

/// The short exact form of a duration: `30m`, `1h30m`, `1.5s`, `250ms`; parse_duration() reads it back.
inline std::string duration_text(std::chrono::nanoseconds value) {
    const std::int64_t count = value.count();
    // Through unsigned arithmetic, since the smallest count has no positive twin.
    std::uint64_t rest =
        count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
    if (rest == 0) return "0s";
    std::string text = count < 0 ? "-" : "";
    for (const duration_unit& unit : duration_units) {
        if (rest < unit.nanoseconds) continue;
        if (unit.nanoseconds <= decimal_scale) return text + decimal_text(rest, unit);
        text += std::to_string(rest / unit.nanoseconds).append(unit.name);
        rest %= unit.nanoseconds;
    }
    return text;
}

}  // namespace podpool::detail
