// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace podpool::cli {

// What stands behind an option. Each throws usage_error, which names the option, what was given and what
// is expected.

/// A value as an error shows it: not if it may be a connection string.
std::string shown_argument(const std::string& text);

/// A whole number from `min` to `max`.
std::size_t read_count(const std::string& option, const std::string& text, std::size_t min, std::size_t max);

/// A duration with a unit, such as `500ms`; with `bare_seconds` also a number of seconds, such as `2.5`.
std::chrono::nanoseconds read_duration(const std::string& option, const std::string& text,
                                       std::chrono::nanoseconds min, std::chrono::nanoseconds max,
                                       bool bare_seconds);

}  // namespace podpool::cli
