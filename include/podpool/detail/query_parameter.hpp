// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace podpool::detail {

template <class T>
inline constexpr bool always_false = false;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// Integers that are numbers: neither bool nor a character type. int8_t and uint8_t count as numbers.
template <class T>
concept plain_integer =
    std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
    !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

template <class T>
concept byte_range = std::convertible_to<const T&, std::span<const std::byte>>;

/// What can be a parameter of a statement.
template <class T>
struct is_parameter : std::bool_constant<plain_integer<T> || std::same_as<T, bool> ||
                                         std::same_as<T, float> || std::same_as<T, double> ||
                                         std::same_as<T, std::nullptr_t> || std::same_as<T, std::nullopt_t> ||
                                         std::convertible_to<const T&, std::string_view> || byte_range<T>> {};
template <class T>
struct is_parameter<std::optional<T>> : is_parameter<T> {};

template <class T>
concept query_parameter = is_parameter<std::remove_cvref_t<std::decay_t<T>>>::value;

}  // namespace podpool::detail
