// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/query_parameter.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace podpool::detail {

/// A type that most cells are decoded to by their text alone.
template <class T>
inline constexpr bool decodes_quickly =
    plain_integer<T> || std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>;

/// An integer of at most 18 digits, which can't overflow 64 bits; nothing for any other text.
inline std::optional<std::int64_t> short_integer(std::string_view text) noexcept {
    constexpr std::size_t safe_digits = 18;
    const bool negative = !text.empty() && text.front() == '-';
    if (negative) text.remove_prefix(1);
    if (text.empty() || text.size() > safe_digits) return std::nullopt;
    std::int64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = 10 * value + (c - '0');
    }
    return negative ? -value : value;
}

/// The value of a cell's text where it is plain to see; nothing where decode_cell must decide or explain.
/// `text`: without data() for NULL.
template <class T>
std::optional<T> decode_quickly(std::string_view text) {
    if constexpr (plain_integer<T>) {
        if (std::is_unsigned_v<T> && text.starts_with('-')) return std::nullopt;
        const std::optional<std::int64_t> value = short_integer(text);
        if (!value || !std::in_range<T>(*value)) return std::nullopt;
        return static_cast<T>(*value);
    } else {
        if (text.data() == nullptr) return std::nullopt;
        return T(text);
    }
}

}  // namespace podpool::detail
