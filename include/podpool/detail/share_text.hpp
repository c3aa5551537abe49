// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/duration_text.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace podpool::detail {

inline constexpr std::size_t share_decimals = 6;
/// A share is counted in millionths of a percent.
inline constexpr std::uint64_t whole_share = 100'000'000;

/// A share read from a percentage, or what is wrong with the text, as the end of a sentence.
struct parsed_share {
    std::uint64_t value = 0;
    std::string_view problem;
};

/// Reads a percentage below 100, such as `12.5%`.
inline parsed_share parse_share(std::string_view text) {
    constexpr std::string_view malformed = "is not a percentage with at most 6 decimals";
    const std::string_view whole = take_while(text, is_digit);
    if (whole.empty()) return {0, malformed};
    std::string decimals;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        decimals = take_while(text, is_digit);
        if (decimals.empty() || decimals.size() > share_decimals) return {0, malformed};
    }
    if (text != "%") return {0, malformed};
    decimals.resize(share_decimals, '0');
    std::uint64_t share = 0;
    if (!append_digits(whole, whole_share - 1, share) || !append_digits(decimals, whole_share - 1, share)) {
        return {0, "is not below 100%"};
    }
    return {share, {}};
}

/// `share` of a duration that is not negative, rounded down, without leaving 64 bits.
inline std::chrono::nanoseconds share_of(std::chrono::nanoseconds whole, std::uint64_t share) {
    const auto count = static_cast<std::uint64_t>(whole.count());
    const std::uint64_t part = count / whole_share * share + count % whole_share * share / whole_share;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(part));
}

}  // namespace podpool::detail
