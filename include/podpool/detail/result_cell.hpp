// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/query_parameter.hpp>
#include <podpool/value_error.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

namespace podpool::detail {

/// One cell of a result as text, with what an error message needs to say where it is.
///
/// A driver derives its own cell from it, and beside that type declares `decode_bool` and `decode_bytes`
/// for it: the two types whose text differs from database to database.
struct result_cell {
    /// Nothing for NULL.
    std::optional<std::string_view> text;
    std::size_t row = 0;
    std::string_view column;
};

[[noreturn]] inline void refuse_cell(const result_cell& cell, const std::string& reason) {
    throw value_error(cell.row, std::string(cell.column), reason);
}

/// The beginning of a text for a message: a cell can hold megabytes.
inline std::string shown_cell(std::string_view text) {
    constexpr std::size_t shown_length = 40;
    return "'" + std::string(text.substr(0, shown_length)) + (text.size() > shown_length ? "...'" : "'");
}

/// The text of a cell that isn't NULL.
inline std::string_view decode_text(const result_cell& cell) {
    if (!cell.text) refuse_cell(cell, "it is NULL; ask for a std::optional, or is_null() first");
    return *cell.text;
}

template <class T>
T decode_number(const result_cell& cell, const char* type) {
    const std::string_view text = decode_text(cell);
    T value{};
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed == std::errc::result_out_of_range)
        refuse_cell(cell, shown_cell(text) + " doesn't fit into " + type);
    if (failed != std::errc() || end != text.data() + text.size())
        refuse_cell(cell, shown_cell(text) + " is not " + type);
    return value;
}

inline std::int64_t decode_signed(const result_cell& cell, std::int64_t low, std::int64_t high) {
    const auto value = decode_number<std::int64_t>(cell, "an integer of 64 bits");
    if (value < low || value > high) {
        refuse_cell(cell, shown_cell(*cell.text) + " is not within " + std::to_string(low) + " to " +
                              std::to_string(high));
    }
    return value;
}

inline std::uint64_t decode_unsigned(const result_cell& cell, std::uint64_t high) {
    const auto value = decode_number<std::uint64_t>(cell, "an unsigned integer of 64 bits");
    if (value > high) {
        refuse_cell(cell, shown_cell(*cell.text) + " is not within 0 to " + std::to_string(high));
    }
    return value;
}

/// The bytes of a text that holds them as they are.
inline std::vector<std::byte> plain_bytes(std::string_view text) {
    const auto* first = reinterpret_cast<const std::byte*>(text.data());
    return {first, first + text.size()};
}

/// A cell as a C++ value; `Cell` is a driver's own.
template <class T, class Cell>
T decode_cell(const Cell& cell) {
    if constexpr (is_optional<T>) {
        if (!cell.text) return std::nullopt;
        return decode_cell<typename T::value_type>(cell);
    } else if constexpr (std::is_same_v<T, bool>) {
        return decode_bool(cell);
    } else if constexpr (plain_integer<T> && std::is_signed_v<T>) {
        return static_cast<T>(
            decode_signed(cell, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
    } else if constexpr (plain_integer<T>) {
        return static_cast<T>(decode_unsigned(cell, std::numeric_limits<T>::max()));
    } else if constexpr (std::is_same_v<T, float>) {
        return decode_number<float>(cell, "a float");
    } else if constexpr (std::is_same_v<T, double>) {
        return decode_number<double>(cell, "a double");
    } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>) {
        return T(decode_text(cell));
    } else if constexpr (std::is_same_v<T, std::vector<std::byte>>) {
        return decode_bytes(cell);
    } else {
        static_assert(always_false<T>,
                      "get<T>: T must be an integer, float, double, bool, std::string, std::string_view, "
                      "std::vector<std::byte> or std::optional of one of them");
    }
}

}  // namespace podpool::detail
