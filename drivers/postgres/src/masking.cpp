// SPDX-License-Identifier: BSL-1.0
#include "masking.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <memory>

namespace podpool::detail {

namespace {

constexpr std::string_view blanks = " \t\n\v\f\r";

/// The keywords that this libpq knows; none at all if it can't say, and then everything is hidden.
class keyword_list {
public:
    [[nodiscard]] bool has(std::string_view word) const {
        const PQconninfoOption* option = known_.get();
        for (; option != nullptr && option->keyword != nullptr; ++option) {
            if (word == option->keyword) return true;
        }
        return false;
    }

private:
    std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> known_{PQconndefaults(), &PQconninfoFree};
};

std::size_t postgres_scheme_length(std::string_view text) noexcept {
    for (const std::string_view scheme :
         {std::string_view("postgresql://"), std::string_view("postgres://")}) {
        if (text.starts_with(scheme)) return scheme.size();
    }
    return 0;
}

/// Hides the values of secret keys, and of keys that libpq doesn't know, in the part after `?`.
std::string masked_query(std::string_view query) {
    const keyword_list keywords;
    std::string shown;
    bool after_secret = false;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
        const std::size_t equals = pair.find('=');
        const std::string_view key = pair.substr(0, equals);
        const bool known = keywords.has(key);
        // An unknown word after a password may be the rest of it, cut off by an ampersand.
        shown.append(shown.empty() ? "" : "&").append(known || !after_secret ? key : mask);
        after_secret = after_secret || is_secret_keyword(key) || !known;
        if (equals == std::string_view::npos) continue;
        const bool show = known && !is_secret_keyword(key);
        shown.append("=").append(show ? pair.substr(equals + 1) : mask);
    }
    return shown;
}

std::string masked_uri(std::string_view uri) {
    const std::size_t start = postgres_scheme_length(uri);
    // A password may hold any sign that the user forgot to encode: it ends at the last "@" of all.
    const std::size_t at = uri.rfind('@');
    const std::size_t colon = uri.find(':', start);
    std::string shown(uri.substr(0, start));
    std::string_view rest = uri.substr(start);
    if (at != std::string_view::npos && at >= start) {
        const bool has_password = colon != std::string_view::npos && colon < at;
        shown.append(uri.substr(start, (has_password ? colon : at) - start));
        if (has_password) shown.append(":").append(mask);
        shown.append("@");
        rest = uri.substr(at + 1);
    } else if (colon != std::string_view::npos && uri.substr(start, 1) != "[") {
        // `user:password` with the "@host" forgotten looks like `host:port`.
        const std::size_t end = std::min(uri.find_first_of("/?,", colon), uri.size());
        const std::string_view port = uri.substr(colon + 1, end - colon - 1);
        const bool number = port.find_first_not_of("0123456789") == std::string_view::npos;
        shown.append(uri.substr(start, colon + 1 - start)).append(number ? port : mask);
        rest = uri.substr(end);
    }
    const std::size_t question = rest.find('?');
    shown.append(rest.substr(0, question));
    if (question != std::string_view::npos) shown.append("?").append(masked_query(rest.substr(question + 1)));
    return shown;
}

/// The value at the front of a keyword/value string, quotes and backslashes included.
std::string_view value_at(std::string_view text) {
    const bool quoted = text.starts_with('\'');
    std::size_t pos = quoted ? 1 : 0;
    for (; pos < text.size(); ++pos) {
        if (text[pos] == '\\') {
            ++pos;
        } else if (quoted ? text[pos] == '\'' : blanks.find(text[pos]) != std::string_view::npos) {
            break;
        }
    }
    return text.substr(0, std::min(pos + (quoted ? 1 : 0), text.size()));
}

std::string_view without_blanks(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    return text;
}

bool looks_like_keyword(std::string_view key) {
    return key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
           std::string_view::npos;
}

std::string masked_keywords(std::string_view text) {
    const keyword_list keywords;
    std::string shown;
    bool after_secret = false;
    for (text = without_blanks(text); !text.empty(); text = without_blanks(text)) {
        const std::string_view key = text.substr(0, text.find_first_of("= \t\n\v\f\r"));
        text = without_blanks(text.substr(key.size()));
        const bool has_value = text.starts_with('=');
        const bool known = keywords.has(key);
        // An unknown word after a password may be the rest of it, cut off by a blank; what doesn't look like
        // a keyword may be anything.
        const bool show_key = known || (!after_secret && has_value && looks_like_keyword(key));
        shown.append(shown.empty() ? "" : " ").append(show_key ? key : mask);
        if (!has_value) continue;
        text = without_blanks(text.substr(1));
        const std::string_view value = value_at(text);
        text.remove_prefix(value.size());
        after_secret = after_secret || is_secret_keyword(key) || !known;
        const bool closed = value.size() < 2 || !value.starts_with('\'') || value.ends_with('\'');
        shown.append("=").append(!closed ? "'" : "");
        shown.append(known && !is_secret_keyword(key) && closed ? value : mask);
    }
    return shown;
}

}  // namespace

bool is_secret_keyword(std::string_view keyword) noexcept {
    constexpr std::array<std::string_view, 5> secrets{"password", "sslpassword", "oauth_client_secret",
                                                      "scram_client_key", "scram_server_key"};
    return std::find(secrets.begin(), secrets.end(), keyword) != secrets.end();
}

bool is_postgres_uri(std::string_view connection_string) noexcept {
    return postgres_scheme_length(connection_string) != 0;
}

bool has_stray_at(std::string_view uri) noexcept {
    const std::size_t start = postgres_scheme_length(uri);
    // As libpq: the user's part ends at the first "@" if no "/" comes before it.
    const std::size_t end = uri.find_first_of("@/", start);
    if (end == std::string_view::npos) return false;
    const std::size_t from = end + 1;
    const std::string_view rest = uri.substr(from);
    return rest.substr(0, rest.find('?')).find('@') != std::string_view::npos;
}

std::string masked(std::string_view connection_string) {
    return is_postgres_uri(connection_string) ? masked_uri(connection_string)
                                              : masked_keywords(connection_string);
}

}  // namespace podpool::detail
