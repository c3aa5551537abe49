// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/lower_case.hpp>

#include <cstdint>
#include <string_view>

namespace podpool::detail {

/// What a token of an SQL text is.
enum class sql_token_kind : std::uint8_t {
    end,         ///< nothing is left
    word,        ///< a keyword or a name without quotes
    name,        ///< a name in double quotes
    string,      ///< a string constant in single or dollar quotes, all its parts
    number,      ///< digits
    parameter,   ///< `$` and the digits of its number
    typecast,    ///< `::`
    symbol,      ///< any other single character
    unfinished,  ///< a quote or a comment that never ends; nothing comes after it
};

/// One token; `text` is the part of the statement that it was read from.
struct sql_token {
    sql_token_kind kind = sql_token_kind::end;
    std::string_view text;

    /// Whether it is this keyword, in whatever case.
    [[nodiscard]] bool is_word(std::string_view keyword) const noexcept {
        return kind == sql_token_kind::word && text.size() == keyword.size() &&
               equal_ignoring_case(text, keyword);
    }
    [[nodiscard]] bool is_symbol(char wanted) const noexcept {
        return kind == sql_token_kind::symbol && text.front() == wanted;
    }
};

/// Takes an SQL text apart as PostgreSQL's scanner does: comments (nested ones too), quoted names, strings
/// (E'', U&'', dollar quotes, strings continued on the next line). Blanks and comments are skipped.
///
/// Operators come as single characters. The text is UTF-8 or another encoding in which an ASCII byte is
/// always the ASCII character. Never reads outside of the text. Thread safety: a plain value.
class sql_lexer {
public:
    /// `standard_strings`: whether a backslash in a plain string is an ordinary character, which is the
    /// server's setting standard_conforming_strings. The text must live as long as this object.
    sql_lexer(std::string_view sql, bool standard_strings) noexcept
        : rest_(sql), standard_strings_(standard_strings) {}

    /// The next token; `end` again and again after the last one.
    sql_token next() noexcept;

private:
    [[nodiscard]] bool skip_blanks_and_comments() noexcept;
    [[nodiscard]] bool skip_block_comment() noexcept;
    sql_token take(sql_token_kind kind, std::size_t size) noexcept;
    sql_token take_unfinished() noexcept;
    sql_token take_quoted_name(std::size_t prefix) noexcept;
    sql_token take_string(std::size_t prefix, bool backslashes) noexcept;
    sql_token take_dollar_string(std::size_t delimiter) noexcept;
    sql_token take_word() noexcept;
    sql_token take_after_dollar() noexcept;
    [[nodiscard]] std::size_t dollar_delimiter() const noexcept;

    std::string_view rest_;
    bool standard_strings_;
};

}  // namespace podpool::detail
