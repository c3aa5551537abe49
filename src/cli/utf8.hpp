// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

namespace podpool::cli {

/// The text with U+FFFD for each byte that is no UTF-8: servers speak in whatever encoding they like, and
/// JSON must be UTF-8.
std::string to_utf8(std::string_view text);

/// A text on one line that does nothing to a terminal: UTF-8, with a blank for each control character (C0,
/// DEL and C1, whose U+009B begins escape sequences).
std::string one_line(std::string_view text);

}  // namespace podpool::cli
