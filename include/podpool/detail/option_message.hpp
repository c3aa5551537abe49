// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/errc.hpp>
#include <podpool/error.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace podpool::detail {

/// How much of a key or value a message repeats, in bytes.
inline constexpr std::size_t longest_shown = 64;

/// A pool value in quotes for a message, shortened and without control characters.
/// With a mistake in quoting, a value can swallow `password=...` or `user:password@host` after it, so a
/// value that could is named but not shown; no valid value of a pool key holds these two characters.
inline std::string shown_value(std::string_view value) {
    if (value.find_first_of("=@") != std::string_view::npos) return "the value (not shown)";
    std::string text(value.substr(0, longest_shown));
    std::replace_if(text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return '"' + text + (value.size() > longest_shown ? "...\"" : "\"");
}

/// The leading part of a key that looks like one, for a message.
inline std::string shown_key(std::string_view key) {
    constexpr std::string_view in_keys = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const std::size_t length = std::min(key.find_first_not_of(in_keys), longest_shown);
    return std::string(key.substr(0, length)) + (length < key.size() ? "..." : "");
}

/// A message on one line: what would move a terminal's cursor, in a value or a host that it repeats, is a
/// "?".
inline std::string plain_line(std::string text) {
    std::replace_if(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 127; }, '?');
    return text;
}

/// Ends parsing or validation; `text` must not hold any of the driver's part of the string.
[[noreturn]] inline void refuse(const std::string& text) {
    throw error(errc::invalid_options, plain_line(text));
}

}  // namespace podpool::detail
