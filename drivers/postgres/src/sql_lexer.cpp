// SPDX-License-Identifier: BSL-1.0
#include "sql_lexer.hpp"

#include <podpool/detail/lower_case.hpp>

#include <algorithm>
#include <cstddef>

namespace podpool::detail {

namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::string_view white_space = " \t\n\v\f\r";
constexpr std::string_view line_ends = "\n\r";

bool is_decimal_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Bytes of other alphabets count as letters.
bool begins_word(char c) noexcept {
    return (lower_case(c) >= 'a' && lower_case(c) <= 'z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

std::size_t size_of_digits(std::string_view text) noexcept {
    const auto* const end = std::find_if_not(text.begin(), text.end(), is_decimal_digit);
    return static_cast<std::size_t>(end - text.begin());
}

std::size_t size_of_word(std::string_view text) noexcept {
    const auto* const end = std::find_if_not(
        text.begin(), text.end(), [](char c) { return begins_word(c) || is_decimal_digit(c) || c == '$'; });
    return static_cast<std::size_t>(end - text.begin());
}

/// Where a quoted text ends whose opening quote is before `from`: the place after its closing quote, or npos.
/// A doubled quote is part of the text.
std::size_t end_of_quoted(std::string_view text, std::size_t from, char quote, bool backslashes) noexcept {
    while (from < text.size()) {
        const bool escapes = backslashes && text[from] == '\\';
        const bool doubled = text[from] == quote && text.substr(from + 1, 1) == std::string_view(&quote, 1);
        if (text[from] == quote && !doubled) return from + 1;
        from += escapes || doubled ? 2 : 1;
    }
    return npos;
}

/// Where a string goes on after its closing quote at `from`: the place after the quote that opens the next
/// part, or npos. Between the parts are blanks, `--` comments and at least one line end.
std::size_t next_part(std::string_view text, std::size_t from) noexcept {
    bool line_ended = false;
    while (from < text.size()) {
        if (text[from] == '\'') return line_ended ? from + 1 : npos;
        if (text.substr(from, 2) == "--") {
            from = std::min(text.find_first_of(line_ends, from), text.size());
        } else if (white_space.find(text[from]) != npos) {
            line_ended = line_ended || line_ends.find(text[from]) != npos;
            ++from;
        } else {
            return npos;
        }
    }
    return npos;
}

}  // namespace

bool sql_token::is_word(std::string_view keyword) const noexcept {
    return kind == sql_token_kind::word && equal_ignoring_case(text, keyword);
}

sql_token sql_lexer::next() noexcept {
    if (!skip_blanks_and_comments()) return take_unfinished();
    if (rest_.empty()) return {};
    const char first = rest_.front();
    if (first == '\'') return take_string(0, !standard_strings_);
    if (first == '"') return take_quoted_name(0);
    if (begins_word(first)) return take_word();
    if (is_decimal_digit(first)) return take(sql_token_kind::number, size_of_digits(rest_));
    if (first == '$') {
        if (const std::size_t digits = size_of_digits(rest_.substr(1)); digits > 0)
            return take(sql_token_kind::parameter, digits + 1);
        const std::size_t delimiter = dollar_delimiter();
        return delimiter > 0 ? take_dollar_string(delimiter) : take(sql_token_kind::symbol, 1);
    }
    if (rest_.starts_with("::")) return take(sql_token_kind::typecast, 2);
    return take(sql_token_kind::symbol, 1);
}

/// False: a comment never ends.
bool sql_lexer::skip_blanks_and_comments() noexcept {
    for (;;) {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(white_space), rest_.size()));
        if (rest_.starts_with("--")) {
            rest_.remove_prefix(std::min(rest_.find_first_of(line_ends), rest_.size()));
        } else if (rest_.starts_with("/*")) {
            if (!skip_block_comment()) return false;
        } else {
            return true;
        }
    }
}

bool sql_lexer::skip_block_comment() noexcept {
    std::size_t depth = 0;
    std::size_t at = 0;
    while (at + 1 < rest_.size()) {
        const std::string_view pair = rest_.substr(at, 2);
        if (pair == "/*") {
            ++depth;
            at += 2;
        } else if (pair == "*/") {
            at += 2;
            if (--depth == 0) {
                rest_.remove_prefix(at);
                return true;
            }
        } else {
            ++at;
        }
    }
    return false;
}

sql_token sql_lexer::take(sql_token_kind kind, std::size_t size) noexcept {
    const sql_token taken{kind, rest_.substr(0, size)};
    rest_.remove_prefix(taken.text.size());
    return taken;
}

sql_token sql_lexer::take_unfinished() noexcept { return take(sql_token_kind::unfinished, rest_.size()); }

/// `prefix`: what stands before the opening quote, such as `U&`.
sql_token sql_lexer::take_quoted_name(std::size_t prefix) noexcept {
    const std::size_t end = end_of_quoted(rest_, prefix + 1, '"', false);
    return end == npos ? take_unfinished() : take(sql_token_kind::name, end);
}

sql_token sql_lexer::take_string(std::size_t prefix, bool backslashes) noexcept {
    std::size_t end = 0;
    std::size_t part = prefix + 1;
    do {
        end = end_of_quoted(rest_, part, '\'', backslashes);
        if (end == npos) return take_unfinished();
        part = next_part(rest_, end);
    } while (part != npos);
    return take(sql_token_kind::string, end);
}

sql_token sql_lexer::take_dollar_string(std::size_t delimiter) noexcept {
    const std::size_t close = rest_.find(rest_.substr(0, delimiter), delimiter);
    return close == npos ? take_unfinished() : take(sql_token_kind::string, close + delimiter);
}

sql_token sql_lexer::take_word() noexcept {
    const char kind = lower_case(rest_[0]);
    const char second = rest_.size() > 1 ? rest_[1] : '\0';
    if (second == '\'') {
        if (kind == 'e') return take_string(1, true);
        // Strings of bits never hold a backslash.
        if (kind == 'b' || kind == 'x' || kind == 'n')
            return take_string(1, !standard_strings_ && kind == 'n');
    }
    if (kind == 'u' && second == '&' && rest_.size() > 2) {
        if (rest_[2] == '\'') return take_string(2, false);
        if (rest_[2] == '"') return take_quoted_name(2);
    }
    return take(sql_token_kind::word, size_of_word(rest_));
}

/// The length of the `$$` or `$tag$` at the front, or 0.
std::size_t sql_lexer::dollar_delimiter() const noexcept {
    std::string_view tag = rest_.substr(1);
    if (!tag.empty() && begins_word(tag.front())) {
        const auto* const end = std::find_if_not(
            tag.begin(), tag.end(), [](char c) { return begins_word(c) || is_decimal_digit(c); });
        tag.remove_prefix(static_cast<std::size_t>(end - tag.begin()));
    }
    return tag.starts_with('$') ? rest_.size() - tag.size() + 1 : 0;
}

}  // namespace podpool::detail
