// SPDX-License-Identifier: BSL-1.0
#include "sql_lexer.hpp"

#include <podpool/detail/lower_case.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace podpool::detail {

namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::string_view white_space = " \t\n\v\f\r";
constexpr std::string_view line_ends = "\n\r";

// What a byte may be, as bits. Each statement is read byte by byte, so a table tells.
constexpr std::uint8_t blank = 1;
constexpr std::uint8_t decimal_digit = 2;
constexpr std::uint8_t letter = 4;  // what a word begins with; bytes of other alphabets count as letters
constexpr std::uint8_t dollar = 8;
constexpr std::uint8_t prefix_letter = 16;  // one that may say what kind of a string or name follows
constexpr std::uint8_t comment_start = 32;

constexpr std::array<std::uint8_t, 256> classes = [] {
    std::array<std::uint8_t, 256> made{};
    for (std::size_t byte = 0; byte < made.size(); ++byte) {
        const char c = static_cast<char>(byte);
        if (white_space.find(c) != npos) made[byte] = blank;
        if (c >= '0' && c <= '9') made[byte] = decimal_digit;
        if ((lower_case(c) >= 'a' && lower_case(c) <= 'z') || c == '_' || byte >= 0x80) made[byte] = letter;
        if (c == '$') made[byte] = dollar;
        if (std::string_view("eEbBxXnNuU").find(c) != npos) made[byte] |= prefix_letter;
        if (c == '-' || c == '/') made[byte] = comment_start;
    }
    return made;
}();

bool is_any_of(char c, unsigned wanted) noexcept {
    return (classes[static_cast<unsigned char>(c)] & wanted) != 0;
}

/// How many bytes at the front, from `from` on, are of these classes, `from` included.
std::size_t size_of(std::string_view text, unsigned wanted, std::size_t from = 0) noexcept {
    const char* const end = text.data() + text.size();
    const char* at = text.data() + from;
    while (at != end && is_any_of(*at, wanted)) ++at;
    return static_cast<std::size_t>(at - text.data());
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
        } else if (is_any_of(text[from], blank)) {
            line_ended = line_ended || line_ends.find(text[from]) != npos;
            ++from;
        } else {
            return npos;
        }
    }
    return npos;
}

}  // namespace

sql_token sql_lexer::next() noexcept {
    rest_.remove_prefix(size_of(rest_, blank));
    if (rest_.empty()) return {};
    if (is_any_of(rest_.front(), comment_start)) {
        if (!skip_blanks_and_comments()) return take_unfinished();
        if (rest_.empty()) return {};
    }
    const char first = rest_.front();
    if (is_any_of(first, letter)) return take_word();
    if (is_any_of(first, decimal_digit)) return take(sql_token_kind::number, size_of(rest_, decimal_digit));
    switch (first) {
        case '\'':
            return take_string(0, !standard_strings_);
        case '"':
            return take_quoted_name(0);
        case '$':
            return take_after_dollar();
        case ':':
            if (rest_.starts_with("::")) return take(sql_token_kind::typecast, 2);
            break;
        default:
            break;
    }
    return take(sql_token_kind::symbol, 1);
}

/// False: a comment never ends.
bool sql_lexer::skip_blanks_and_comments() noexcept {
    for (;;) {
        rest_.remove_prefix(size_of(rest_, blank));
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
    if (is_any_of(rest_[0], prefix_letter) && rest_.size() > 1 && (rest_[1] == '\'' || rest_[1] == '&')) {
        const char kind = lower_case(rest_[0]);
        if (rest_[1] == '\'') {
            if (kind == 'e') return take_string(1, true);
            // Strings of bits never hold a backslash.
            if (kind != 'u') return take_string(1, !standard_strings_ && kind == 'n');
        } else if (kind == 'u' && rest_.size() > 2) {
            if (rest_[2] == '\'') return take_string(2, false);
            if (rest_[2] == '"') return take_quoted_name(2);
        }
    }
    return take(sql_token_kind::word, size_of(rest_, letter | decimal_digit | dollar));
}

/// A parameter, a string in dollar quotes, or the dollar alone.
sql_token sql_lexer::take_after_dollar() noexcept {
    const std::size_t digits = size_of(rest_, decimal_digit, 1);
    if (digits > 1) return take(sql_token_kind::parameter, digits);
    const std::size_t delimiter = dollar_delimiter();
    return delimiter > 0 ? take_dollar_string(delimiter) : take(sql_token_kind::symbol, 1);
}

/// The length of the `$$` or `$tag$` at the front, or 0.
std::size_t sql_lexer::dollar_delimiter() const noexcept {
    const std::string_view tag = rest_.substr(1);
    const bool begins = !tag.empty() && is_any_of(tag.front(), letter);
    const std::size_t size = begins ? size_of(tag, letter | decimal_digit) : 0;
    return tag.substr(size).starts_with('$') ? size + 2 : 0;
}

}  // namespace podpool::detail
