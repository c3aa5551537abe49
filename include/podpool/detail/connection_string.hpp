// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/lower_case.hpp>
#include <podpool/detail/option_message.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Finds the pool's pairs where libpq would see them (conninfo_uri_parse_options and conninfo_parse in
// PostgreSQL's fe-connect.c) and copies everything else unread: what is wrong in the rest is for the driver
// to say, and no password can get into a message from here.

namespace podpool::detail {

inline constexpr std::string_view pool_prefix = "pool_";

/// A pool key and its value, decoded.
struct pool_pair {
    std::string key;
    std::string value;
};

/// A connection string taken apart.
struct split_string {
    /// The pool's pairs in the order of the string; keys may be unknown or given twice.
    std::vector<pool_pair> pairs;
    /// What the user wrote without these pairs, byte for byte.
    std::string rest;
    /// Of `rest`: the driver's keys, for hints.
    std::vector<std::string> driver_keys;
    /// Of `rest`: the value of the last connect_timeout, which the pool keeps in the driver's place.
    std::optional<std::string> connect_timeout;
};

/// The driver's key for the seconds that an attempt to connect may take: libpq's, and MySQL's clients'.
inline constexpr std::string_view connect_timeout_key = "connect_timeout";

/// What libpq takes for a blank, whatever the locale.
inline constexpr std::string_view blanks = " \t\n\v\f\r";

inline bool is_blank(char c) noexcept { return blanks.find(c) != std::string_view::npos; }

inline std::size_t skip_blanks(std::string_view text, std::size_t pos) {
    return std::min(text.find_first_not_of(blanks, pos), text.size());
}

/// The length of `scheme://` at the front, 0 if there is none.
inline std::size_t scheme_length(std::string_view text) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    constexpr std::string_view in_scheme =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
    const std::size_t end = text.find_first_not_of(in_scheme);
    const bool found = end != std::string_view::npos && end > 0 && text.substr(end).starts_with("://") &&
                       letters.find(text[0]) != std::string_view::npos;
    return found ? end + 3 : 0;
}

/// Where the `?` before the query part of a URI is; npos if it has none. `authority`: the scheme's length.
inline std::size_t query_mark(std::string_view text, std::size_t authority) {
    // The user's name and password end at an "@" that comes before any "/"; they may hold a "?".
    const std::size_t user_end = text.find_first_of("@/", authority);
    const bool has_user = user_end != std::string_view::npos && text[user_end] == '@';
    std::size_t pos = has_user ? user_end + 1 : authority;
    for (;;) {
        if (pos < text.size() && text[pos] == '[') {
            pos = text.find(']', pos);
            if (pos == std::string_view::npos) return pos;
        }
        pos = text.find_first_of("/?,", pos);
        if (pos == std::string_view::npos || text[pos] == '?') return pos;
        if (text[pos] == '/') return text.find('?', pos);
        ++pos;
    }
}

inline int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Appends the decoded text to `out` up to its end or first fault; returns the problem, or nothing.
inline std::string_view percent_decode(std::string_view text, std::string& out) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0) return "has a \"%\" without two hex digits; in a URI, % is written %25";
        if (high == 0 && low == 0) return "has a zero byte (%00)";
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return {};
}

/// Whether a key is the pool's. One that is so but for capitals is nobody's, and is refused.
inline bool is_pool_key(std::string_view key) {
    if (key.starts_with(pool_prefix)) return true;
    const std::string_view front = key.substr(0, pool_prefix.size());
    if (std::equal(front.begin(), front.end(), pool_prefix.begin(), pool_prefix.end(),
                   [](char given, char expected) { return lower_case(given) == expected; })) {
        refuse(shown_key(key) + ": unknown key; the pool's keys are written in lower case");
    }
    return false;
}

/// One `key=value` of a query part, if it is the pool's; false leaves it to the driver.
inline bool take_query_pair(std::string_view segment, std::vector<pool_pair>& pairs) {
    const std::size_t equals = segment.find('=');
    pool_pair pair;
    const std::string_view key_problem = percent_decode(segment.substr(0, equals), pair.key);
    if (!is_pool_key(pair.key)) return false;
    const std::string shown = shown_key(pair.key);
    if (!key_problem.empty()) refuse(shown + ": the key " + std::string(key_problem));
    if (equals == std::string_view::npos) refuse(shown + ": expected \"=\" and a value after the key");
    const std::string_view value = segment.substr(equals + 1);
    if (value.find('=') != std::string_view::npos) {
        refuse(shown + ": the value holds a second \"=\"; in a URI, = in a value is written %3D");
    }
    const std::string_view problem = percent_decode(value, pair.value);
    if (!problem.empty()) refuse(shown + ": " + shown_value(value) + " " + std::string(problem));
    pairs.push_back(std::move(pair));
    return true;
}

/// Notes what the pool wants to know of one of the driver's pairs. The driver reports a malformed one.
inline void note_driver_pair(std::string_view segment, split_string& noted) {
    const std::size_t equals = segment.find('=');
    std::string key;
    std::string value;
    if (equals == std::string_view::npos || !percent_decode(segment.substr(0, equals), key).empty()) return;
    if (key == connect_timeout_key && percent_decode(segment.substr(equals + 1), value).empty()) {
        noted.connect_timeout = std::move(value);
    }
    noted.driver_keys.push_back(std::move(key));
}

/// Whether pairs are parted by semicolons here, as ADO.NET writes them: `db;password=x`. libpq and MySQL take
/// all of it for one value, and would show the password in it.
inline bool has_semicolon_pair(std::string_view text) {
    const std::size_t semicolon = text.find(';');
    return semicolon != std::string_view::npos && text.find('=', semicolon) != std::string_view::npos;
}

/// Refuses what no driver would read as it was meant: blanks around a URI, and semicolons between its pairs.
inline void check_uri(std::string_view text, std::size_t authority, std::size_t mark) {
    if (is_blank(text.back())) {
        refuse(
            "the URI ends with a blank or a line break; expected none after it (a file's last line has one)");
    }
    const std::string_view before =
        text.substr(authority, mark == std::string_view::npos ? mark : mark - authority);
    const std::size_t path = before.find('/');
    if (path != std::string_view::npos && has_semicolon_pair(before.substr(path))) {
        refuse(
            "the database in the URI holds \";\" and \"=\"; the first key=value pair comes after \"?\", each "
            "other one after \"&\", and a \";\" in a name is written %3B");
    }
}

/// Splits a URI; only its query part is looked at.
inline split_string split_uri(std::string_view text, std::size_t authority) {
    split_string result;
    result.rest.reserve(text.size());
    const std::size_t mark = query_mark(text, authority);
    check_uri(text, authority, mark);
    result.rest.append(text.substr(0, mark));
    if (mark == std::string_view::npos) return result;

    char separator = '?';
    for (std::size_t begin = mark + 1; begin <= text.size();) {
        const std::size_t end = std::min(text.find('&', begin), text.size());
        const std::string_view segment = text.substr(begin, end - begin);
        if (!take_query_pair(segment, result.pairs)) {
            note_driver_pair(segment, result);
            result.rest.append(1, separator).append(segment);
            separator = '&';
        }
        begin = end + 1;
    }
    // A "/" in one of our values can be what kept a later "@" from ending the user's name.
    const bool keeps_query = separator == '&';
    if (query_mark(result.rest, authority) != (keeps_query ? mark : std::string_view::npos)) {
        refuse("the query part of the connection string holds an \"@\"; in a URI, @ is written %40 there");
    }
    return result;
}

/// A value of a keyword/value string: where it ends, and whether its quote is closed.
struct keyword_value {
    std::size_t end = 0;
    bool quoted = false;
    bool closed = true;
};

/// Finds the end of the value at `begin`, without quotes and backslashes into `decoded` if that is given.
inline keyword_value scan_value(std::string_view text, std::size_t begin, std::string* decoded) {
    keyword_value value;
    value.quoted = begin < text.size() && text[begin] == '\'';
    value.closed = !value.quoted;
    std::size_t pos = value.quoted ? begin + 1 : begin;
    for (; pos < text.size(); ++pos) {
        if (value.quoted && text[pos] == '\'') {
            value.closed = true;
            ++pos;
            break;
        }
        if (!value.quoted && is_blank(text[pos])) break;
        if (text[pos] == '\\' && ++pos == text.size()) break;
        if (decoded != nullptr) *decoded += text[pos];
    }
    value.end = pos;
    return value;
}

/// Reads the value of a pool key at `begin`; returns where it ends.
inline std::size_t take_keyword_pair(std::string_view text, std::string_view key, std::size_t begin,
                                     std::vector<pool_pair>& pairs) {
    pool_pair pair{std::string(key), {}};
    const keyword_value value = scan_value(text, begin, &pair.value);
    if (!value.closed) refuse(shown_key(key) + ": the quote before the value isn't closed");
    // `pool_name= password=x`: libpq's rule makes the next pair the value, which is never what was meant.
    if (!value.quoted && pair.value.find('=') != std::string::npos) {
        refuse(shown_key(key) + ": the value is missing, or holds a \"=\" and needs single quotes");
    }
    pairs.push_back(std::move(pair));
    return value.end;
}

/// Whether `= password=x` is what follows a key: its value is missing, and libpq's rule makes the next pair,
/// with whatever it holds, the value.
inline bool swallows_pair(std::string_view text, std::size_t equals) {
    const std::size_t begin = skip_blanks(text, equals + 1);
    if (begin == equals + 1) return false;
    constexpr std::string_view in_keywords =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const std::size_t end = text.find_first_not_of(in_keywords, begin);
    return end != std::string_view::npos && end > begin && text[end] == '=';
}

/// Whether a key's value is a secret, which may hold anything.
inline bool may_be_password(std::string_view key) {
    return key.ends_with("password") || key.ends_with("secret") || key.ends_with("_key");
}

/// Splits a keyword/value string. Where libpq would stop with an error, so does this, without one.
inline split_string split_keywords(std::string_view text) {
    split_string result;
    result.rest.reserve(text.size());
    std::size_t copied = 0;
    std::size_t pos = skip_blanks(text, 0);
    while (pos < text.size()) {
        const std::size_t begin = pos;
        pos = text.find_first_of("= \t\n\v\f\r", begin);
        const std::string_view key = text.substr(begin, pos == std::string_view::npos ? pos : pos - begin);
        const bool ours = is_pool_key(key);
        pos = skip_blanks(text, pos);
        if (pos == text.size() || text[pos] != '=') {
            if (ours) refuse(shown_key(key) + ": expected \"=\" and a value after the key");
            break;
        }
        // Unnamed: unquoted, the key may be a part of a password with a blank in it.
        if (!ours && swallows_pair(text, pos)) {
            refuse("the key at character " + std::to_string(begin + 1) +
                   " has no value before the next key=value pair; an empty value is written ''");
        }
        pos = skip_blanks(text, pos + 1);
        if (!ours) {
            // Any other value is read by the driver alone: it may be a password.
            std::string* const wanted =
                key == connect_timeout_key ? &result.connect_timeout.emplace() : nullptr;
            const keyword_value value = scan_value(text, pos, wanted);
            if (!value.quoted && !may_be_password(key) &&
                has_semicolon_pair(text.substr(pos, value.end - pos))) {
                refuse("the value of the key at character " + std::to_string(begin + 1) +
                       " holds \";\" and \"=\"; expected a blank between two pairs, or single quotes around "
                       "the value");
            }
            pos = skip_blanks(text, value.end);
            result.driver_keys.emplace_back(key);
            continue;
        }
        pos = take_keyword_pair(text, key, pos, result.pairs);
        // One blank goes with the pair: the one after it, or at the end of the string the one before it.
        result.rest.append(text.substr(copied, begin - copied));
        if (pos < text.size() && is_blank(text[pos])) {
            ++pos;
        } else if (pos == text.size() && !result.rest.empty() && is_blank(result.rest.back())) {
            result.rest.pop_back();
        }
        copied = pos;
        pos = skip_blanks(text, pos);
    }
    result.rest.append(text.substr(copied));
    return result;
}

/// Takes the pool's pairs out of a connection string of any of the forms in docs/options.md.
inline split_string split_connection_string(std::string_view text) {
    if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
        refuse("the connection string has a zero byte at position " + std::to_string(zero));
    }
    if (const std::size_t authority = scheme_length(text)) return split_uri(text, authority);
    if (scheme_length(text.substr(skip_blanks(text, 0))) != 0) {
        refuse("the connection string begins with a blank; expected a URI from the first character on");
    }
    if (text.starts_with("jdbc:")) refuse("the connection string is a JDBC URL; leave out \"jdbc:\"");
    split_string result = split_keywords(text);
    // What is left would be read as a URI, whose query was never looked at.
    if (scheme_length(result.rest) != 0) {
        refuse("a URI comes after pool keys; in a URI they stand in the query part: ...?pool_...=...");
    }
    return result;
}

}  // namespace podpool::detail
