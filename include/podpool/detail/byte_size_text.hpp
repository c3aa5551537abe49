// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/duration_text.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace podpool::detail {

/// An amount of memory read from text, or what is wrong with the text, as the end of a sentence.
struct parsed_byte_size {
    std::size_t value = 0;
    std::string_view problem;
};

struct byte_unit {
    std::string_view name;
    std::uint64_t bytes;
};

// The first unit that divides an amount is the one that it is printed in.
inline constexpr std::array byte_units{
    byte_unit{"GiB", 1'073'741'824},
    byte_unit{"GB", 1'000'000'000},
    byte_unit{"MiB", 1'048'576},
    byte_unit{"MB", 1'000'000},
    byte_unit{"KiB", 1'024},
    byte_unit{"kB", 1'000},
    byte_unit{"B", 1},
};

/// Reads `512KiB` or `4MiB`: a whole number with a unit.
inline parsed_byte_size parse_byte_size(std::string_view text) {
    std::string_view name = text;
    const std::string_view digits = take_while(name, is_digit);
    if (text.size() > 1 && text[0] == '-' && is_digit(text[1])) return {0, "is negative"};
    if (digits.empty()) return {0, "is not an amount of memory"};
    if (name.empty()) return {0, "has no unit"};
    const auto* const unit = std::find_if(byte_units.begin(), byte_units.end(),
                                          [name](const byte_unit& one) { return one.name == name; });
    if (unit == byte_units.end())
        return {0, "has an unknown unit (known are B, kB, KiB, MB, MiB, GB and GiB)"};
    std::uint64_t count = 0;
    if (!append_digits(digits, std::numeric_limits<std::size_t>::max() / unit->bytes, count)) {
        return {0, "is too large"};
    }
    return {static_cast<std::size_t>(count * unit->bytes), {}};
}

/// The short exact form of an amount of memory, such as `4MiB`; parse_byte_size() reads it back.
inline std::string byte_size_text(std::size_t bytes) {
    const auto* const unit =
        std::find_if(byte_units.begin(), byte_units.end(),
                     [bytes](const byte_unit& one) { return bytes >= one.bytes && bytes % one.bytes == 0; });
    if (unit == byte_units.end()) return "0B";
    return std::to_string(bytes / unit->bytes).append(unit->name);
}

}  // namespace podpool::detail
