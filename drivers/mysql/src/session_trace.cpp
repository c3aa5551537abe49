// SPDX-License-Identifier: BSL-1.0
#include "session_trace.hpp"

#include <podpool/detail/lower_case.hpp>
#include <podpool/detail/word_list.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace podpool::detail {

namespace {

constexpr std::string_view sql_blanks = " \t\n\v\f\r";
constexpr std::size_t npos = std::string_view::npos;

std::size_t find(std::string_view text, std::string_view words, std::size_t from = 0) noexcept {
    const auto* const begin = text.data() + std::min(from, text.size());
    const auto* const end = text.data() + text.size();
    const auto* const found = std::search(begin, end, words.begin(), words.end(),
                                          [](char a, char b) { return lower_case(a) == b; });
    return found == end ? npos : static_cast<std::size_t>(found - text.data());
}

bool has(std::string_view text, std::string_view words) noexcept { return find(text, words) != npos; }

void skip_to(std::string_view& text, std::string_view end) noexcept {
    const std::size_t found = text.find(end);
    text.remove_prefix(found == npos ? text.size() : found + end.size());
}

/// Drops blanks and comments at the front. Executable comments must have been ruled out before.
void skip_blanks(std::string_view& text) noexcept {
    for (;;) {
        text.remove_prefix(std::min(text.find_first_not_of(sql_blanks), text.size()));
        if (text.starts_with("/*")) {
            text.remove_prefix(2);
            skip_to(text, "*/");
        } else if (text.starts_with('#') || text.starts_with("-- ") || text.starts_with("--\n") ||
                   text.starts_with("--\t")) {
            skip_to(text, "\n");
        } else {
            return;
        }
    }
}

/// Takes the word at the front; empty if there is none.
std::string_view take_word(std::string_view& text) noexcept {
    skip_blanks(text);
    const auto* const end = std::find_if_not(text.begin(), text.end(), [](char c) {
        return (lower_case(c) >= 'a' && lower_case(c) <= 'z') || c == '_' || (c >= '0' && c <= '9');
    });
    const std::string_view word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(word.size());
    return word;
}

// Looked for in the whole text, also in what may be a literal: how literals end depends on sql_mode.
constexpr std::array<std::string_view, 5> lasting_texts{
    ":=",         // assigns a variable
    "get_lock",   // takes a lock that outlives the transaction
    "temporary",  // makes or drops a temporary table
    "/*!",        // a comment that servers execute
    "/*m!",       // one that only MariaDB executes
};

/// `SELECT ... INTO @variable`.
bool selects_into_variable(std::string_view sql) noexcept {
    constexpr std::string_view into = "into";
    for (std::size_t at = find(sql, into); at != npos; at = find(sql, into, at + 1)) {
        std::string_view rest = sql.substr(at + into.size());
        skip_blanks(rest);
        if (rest.starts_with('@')) return true;
    }
    return false;
}

constexpr auto harmless = make_word_list(  //
    "select", "with", "table", "values", "insert", "replace", "update", "delete", "show", "explain",
    "describe", "desc", "analyze", "check", "checksum", "create", "alter", "truncate", "rename", "grant",
    "revoke", "kill", "do", "savepoint", "optimize");

session_trace trace_of_end(std::string_view word, std::string_view rest) noexcept {
    std::string_view next = take_word(rest);
    if (equal_ignoring_case(next, "work")) next = take_word(rest);
    if (equal_ignoring_case(word, "rollback") && equal_ignoring_case(next, "to"))
        return session_trace::nothing;
    if (equal_ignoring_case(next, "and")) {
        next = take_word(rest);
        if (!equal_ignoring_case(next, "no")) return session_trace::begins;
        take_word(rest);
        next = take_word(rest);
    }
    if (equal_ignoring_case(next, "no")) {
        take_word(rest);
        next = take_word(rest);
    }
    skip_blanks(rest);
    return next.empty() && (rest.empty() || rest == ";") ? session_trace::ends : session_trace::lasting;
}

session_trace trace_of_begin(std::string_view word, std::string_view rest) noexcept {
    std::string_view next = take_word(rest);
    if (equal_ignoring_case(word, "start")) {
        if (!equal_ignoring_case(next, "transaction")) return session_trace::lasting;
        return has(rest, "only") ? session_trace::begins_ro : session_trace::begins;
    }
    // MariaDB's BEGIN NOT ATOMIC is a block of statements.
    return next.empty() || equal_ignoring_case(next, "work") ? session_trace::begins : session_trace::lasting;
}

}  // namespace

session_trace trace_of(std::string_view sql) noexcept {
    const bool lasts = std::any_of(lasting_texts.begin(), lasting_texts.end(),
                                   [sql](std::string_view part) { return has(sql, part); });
    if (lasts || selects_into_variable(sql)) return session_trace::lasting;

    std::string_view rest = sql;
    skip_blanks(rest);
    if (rest.empty()) return session_trace::nothing;
    while (rest.starts_with('(')) {
        rest.remove_prefix(1);
        skip_blanks(rest);
    }
    const std::string_view word = take_word(rest);
    if (harmless.contains_ignoring_case(word)) return session_trace::nothing;
    if (equal_ignoring_case(word, "commit") || equal_ignoring_case(word, "rollback"))
        return trace_of_end(word, rest);
    if (equal_ignoring_case(word, "begin") || equal_ignoring_case(word, "start"))
        return trace_of_begin(word, rest);
    if (equal_ignoring_case(word, "release")) {
        return equal_ignoring_case(take_word(rest), "savepoint") ? session_trace::nothing
                                                                 : session_trace::lasting;
    }
    if (equal_ignoring_case(word, "drop")) {
        // Without its default database a session isn't what it was.
        const std::string_view what = take_word(rest);
        return equal_ignoring_case(what, "database") || equal_ignoring_case(what, "schema")
                   ? session_trace::lasting
                   : session_trace::nothing;
    }
    return session_trace::lasting;
}

bool commits(std::string_view sql) noexcept { return equal_ignoring_case(take_word(sql), "commit"); }

bool counts_rows(std::string_view sql) noexcept {
    static constexpr auto counting = make_word_list("insert", "replace", "update", "delete", "with", "load");
    return counting.contains_ignoring_case(take_word(sql));
}

}  // namespace podpool::detail
