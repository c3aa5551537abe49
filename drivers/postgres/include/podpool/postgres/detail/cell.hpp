// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/postgres/detail/type_traits.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::detail {

/// One cell of a result in text format, with what an error message needs to say where it is.
struct postgres_cell {
    /// Nothing for NULL.
    std::optional<std::string_view> text;
    std::size_t row = 0;
    std::string_view column;
    bool is_bytea = false;
};

std::int64_t decode_signed(const postgres_cell& cell, std::int64_t low, std::int64_t high);
std::uint64_t decode_unsigned(const postgres_cell& cell, std::uint64_t high);
float decode_float(const postgres_cell& cell);
double decode_double(const postgres_cell& cell);
bool decode_bool(const postgres_cell& cell);
std::vector<std::byte> decode_bytes(const postgres_cell& cell);
/// The text of a cell that isn't NULL.
std::string_view decode_text(const postgres_cell& cell);

template <class T>
T decode_cell(const postgres_cell& cell) {
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
        return decode_float(cell);
    } else if constexpr (std::is_same_v<T, double>) {
        return decode_double(cell);
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
