// SPDX-License-Identifier: BSL-1.0
#include "cli/json.hpp"

#include "cli/utf8.hpp"

#include <boost/json/serialize.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace podpool::cli {

namespace {

/// Boost.JSON writes every double as `1.5E0`.
void append_number(std::string& text, double value) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    const std::string_view written(digits.data(), static_cast<std::size_t>(end - digits.data()));
    text.append(written);
    // So that readers who tell integers from other numbers always see the same kind.
    if (written.find_first_of(".e") == std::string_view::npos) text += ".0";
}

/// JSON escapes the control characters of ASCII; a terminal acts on DEL and on those of Latin 1 (U+0080 to
/// U+009F, in UTF-8 0xC2 and one byte) as well.
void append_string(std::string& text, std::string_view value) {
    const std::string written = boost::json::serialize(to_utf8(value));
    for (std::size_t at = 0; at < written.size(); ++at) {
        const auto byte = static_cast<unsigned char>(written[at]);
        const auto next = static_cast<unsigned char>(at + 1 < written.size() ? written[at + 1] : 0);
        if (byte == 0x7F) {
            text += "\\u007f";
        } else if (byte == 0xC2 && next < 0xA0) {
            constexpr std::string_view digits = "0123456789abcdef";
            text += "\\u00";
            text += digits[next / 16];
            text += digits[next % 16];
            ++at;
        } else {
            text += written[at];
        }
    }
}

void append(std::string& text, const boost::json::value& value);

void append_object(std::string& text, const boost::json::object& object) {
    text += '{';
    bool first = true;
    for (const auto& member : object) {
        if (!first) text += ',';
        first = false;
        append_string(text, member.key());
        text += ':';
        append(text, member.value());
    }
    text += '}';
}

void append_array(std::string& text, const boost::json::array& array) {
    text += '[';
    bool first = true;
    for (const auto& element : array) {
        if (!first) text += ',';
        first = false;
        append(text, element);
    }
    text += ']';
}

void append(std::string& text, const boost::json::value& value) {
    if (value.is_object()) {
        append_object(text, value.get_object());
    } else if (value.is_array()) {
        append_array(text, value.get_array());
    } else if (value.is_double()) {
        append_number(text, value.get_double());
    } else if (value.is_string()) {
        append_string(text, value.get_string());
    } else {
        text += boost::json::serialize(value);
    }
}

}  // namespace

std::string json_text(const boost::json::value& value) {
    std::string text;
    append(text, value);
    return text;
}

boost::json::value json_or_null(const std::string& text) {
    return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
}

double rounded(double value) { return std::round(value * 1000) / 1000; }

}  // namespace podpool::cli
