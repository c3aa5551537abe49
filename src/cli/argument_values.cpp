// SPDX-License-Identifier: BSL-1.0
#include "cli/argument_values.hpp"

#include "cli/usage_error.hpp"

#include <podpool/detail/duration_text.hpp>
#include <podpool/detail/option_message.hpp>

#include <charconv>

namespace podpool::cli {

/// A connection string may end up behind an option by mistake.
std::string shown_argument(const std::string& text) {
    const bool harmless = text.size() <= 20 && text.find_first_of("=@:/") == std::string::npos;
    return harmless ? detail::shown_value(text) : "the value (not shown)";
}

std::size_t read_count(const std::string& option, const std::string& text, std::size_t min, std::size_t max) {
    std::size_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, failed] = std::from_chars(text.data(), end, number);
    if (failed != std::errc() || stop != end || number < min || number > max) {
        throw usage_error(option + ": expected a whole number from " + std::to_string(min) + " to " +
                          std::to_string(max) + ", not " + shown_argument(text));
    }
    return number;
}

std::chrono::nanoseconds read_duration(const std::string& option, const std::string& text,
                                       std::chrono::nanoseconds min, std::chrono::nanoseconds max,
                                       bool bare_seconds) {
    const bool bare =
        bare_seconds && !text.empty() && text.find_first_not_of("0123456789.") == std::string::npos;
    const detail::parsed_duration read = detail::parse_duration(bare ? text + "s" : text);
    if (!read.problem.empty() || read.value < min || read.value > max) {
        throw usage_error(
            option + ": expected " +
            (bare_seconds ? "seconds or a duration such as 1m30s" : "a duration such as 500ms") + " from " +
            detail::duration_text(min) + " to " + detail::duration_text(max) + ", not " +
            shown_argument(text));
    }
    return read.value;
}

}  // namespace podpool::cli
