// SPDX-License-Identifier: BSL-1.0
#include "errors.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace podpool::detail {

namespace {

/// How errors whose SQLSTATE begins like this are read.
struct sqlstate_rule {
    std::string_view prefix;
    failure_kind at_connect;
    failure_kind when_lost;
};

using enum failure_kind;

// The first rule that fits counts, so single states come before their classes.
constexpr std::array rules{
    sqlstate_rule{"57P01", endpoint_down,
                  session_terminated},                       // admin_shutdown: of one session, or the server
    sqlstate_rule{"57P02", endpoint_down, endpoint_down},    // crash_shutdown
    sqlstate_rule{"57P03", endpoint_down, endpoint_down},    // cannot_connect_now
    sqlstate_rule{"57P04", rejected, rejected},              // database_dropped
    sqlstate_rule{"57P05", endpoint_down, connection_lost},  // idle_session_timeout
    sqlstate_rule{"08", endpoint_down, session_terminated},  // connection_exception: poolers end one, or all
    sqlstate_rule{"53", overloaded, connection_lost},        // insufficient_resources, too_many_connections
    sqlstate_rule{"28", rejected, rejected},                 // invalid_authorization_specification
    sqlstate_rule{"3D", rejected, rejected},                 // invalid_catalog_name: no such database
    sqlstate_rule{"0A", rejected, connection_lost},          // feature_not_supported: protocol, encoding
    sqlstate_rule{"0P", rejected, connection_lost},          // invalid_role_specification
    sqlstate_rule{"22", rejected, connection_lost},          // bad value of a setting in `options`
    sqlstate_rule{"42", rejected, connection_lost},          // no CONNECT privilege, unknown setting
    sqlstate_rule{"55", rejected, connection_lost},          // the database takes no connections
};

// What libpq and OpenSSL say, in English, when they refuse and not the server: they have no code for it. A
// broken socket isn't among them ("SSL SYSCALL error", "could not send SSL negotiation packet").
constexpr std::array<std::string_view, 23> refusals{
    "certificate",  // unreadable, of an unknown authority, for another host, wanted and not sent
    "host name must be specified",
    "does not support SSL",
    "response to SSL negotiation",
    "unencrypted data after SSL response",
    "SSL error: ",
    "SSL context",
    "SSL engine",
    "private key file",
    "private SSL key",
    "ALPN",
    "channel binding",
    "authentication method",
    "authentication request",
    "authentication not supported",
    "did not complete authentication",
    "SASL",
    "SCRAM",
    "server signature",
    "OAuth",
    "requirepeer",
    "protocol version",       // of TLS or of PostgreSQL
    "for connection option",  // no number: libpq looks at some values only when it connects
};

// What no statement is to blame for. A limit that was configured (53400) often is its user's, and an internal
// error (XX000) is as often that of an extension's function.
constexpr std::array<std::string_view, 7> server_errors{
    "53000",  // insufficient_resources
    "53100",  // disk_full
    "53200",  // out_of_memory
    "58000",  // system_error
    "58030",  // io_error
    "XX001",  // data_corrupted
    "XX002",  // index_corrupted
};

// OpenSSL speaks English only.
constexpr std::string_view broken_tls = "unexpected eof while reading";

const sqlstate_rule* find_rule(std::string_view sqlstate) noexcept {
    const auto* found = std::find_if(rules.begin(), rules.end(), [&](const sqlstate_rule& rule) {
        return sqlstate.substr(0, rule.prefix.size()) == rule.prefix;
    });
    return found == rules.end() ? nullptr : found;
}

bool contains(std::string_view text, std::string_view part) noexcept {
    return text.find(part) != std::string_view::npos;
}

/// Where what went wrong begins in a line that begins an attempt to connect; else npos.
///
/// `connection to server at "db" (10.0.0.1), port 5432 failed: ` or `connection to server on socket "/a"
/// failed: `.
std::size_t after_host(std::string_view line) noexcept {
    constexpr std::string_view start = "connection to server ";
    constexpr std::string_view end = " failed: ";
    if (!line.starts_with(start)) return std::string_view::npos;
    const bool socket = line.substr(start.size()).starts_with("on socket ");
    const std::size_t number = line.find(socket ? "\" failed: " : "\", port ");
    const std::size_t paren = socket ? std::string_view::npos : line.find("), port ");
    const std::size_t found = line.find(end, std::min(number, paren));
    return found == std::string_view::npos ? found : found + end.size();
}

/// The last attempt to connect of those in a message, and what is before it. libpq makes a second one when
/// `sslmode` is `prefer` or `allow`.
struct attempts {
    std::string_view before;
    std::string_view last;
};

attempts split(std::string_view connect_message) noexcept {
    attempts found{{}, connect_message};
    for (std::size_t line = 0; line < connect_message.size();) {
        const std::size_t end = std::min(connect_message.find('\n', line), connect_message.size());
        const std::size_t reason = after_host(connect_message.substr(line, end - line));
        if (reason != std::string_view::npos) {
            found = {connect_message.substr(0, line), connect_message.substr(line + reason)};
        }
        line = end + 1;
    }
    return found;
}

/// The SQLSTATE at the start of what a server said: `FATAL:  28P01: `, whose first word may be of any
/// language.
std::string_view leading_sqlstate(std::string_view said) noexcept {
    constexpr std::string_view after_severity = ":  ";
    const std::string_view line = said.substr(0, said.find('\n'));
    const std::size_t colon = line.find(after_severity);
    if (colon == std::string_view::npos) return {};
    const std::string_view rest = line.substr(colon + after_severity.size());
    const bool has_one = rest.size() > 6 && is_sqlstate(rest.substr(0, 5)) && rest.substr(5, 2) == ": ";
    return has_one ? rest.substr(0, 5) : std::string_view();
}

/// `LOCATION:  auth_failed, auth.c:326`, whatever the language of its first word.
bool is_source_location(std::string_view line) noexcept {
    const std::size_t number = line.rfind(".c:");
    return number != std::string_view::npos && contains(line, ":  ") && contains(line, ", ") &&
           line.find_first_not_of("0123456789", number + 3) == std::string_view::npos;
}

}  // namespace

bool is_sqlstate(std::string_view text) noexcept {
    return text.size() == 5 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
           });
}

std::string sqlstate_in(std::string_view connect_message) {
    while (!connect_message.empty()) {
        const attempts tried = split(connect_message);
        if (const std::string_view found = leading_sqlstate(tried.last); !found.empty()) {
            return std::string(found);
        }
        connect_message = tried.before;
    }
    return {};
}

std::string_view trimmed(std::string_view text) noexcept {
    const std::size_t last = text.find_last_not_of(" \t\r\n");
    return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

std::string tidy_connect_message(std::string_view connect_message) {
    std::string tidy;
    while (!connect_message.empty()) {
        const std::size_t end = std::min(connect_message.find('\n'), connect_message.size());
        const std::string_view line = trimmed(connect_message.substr(0, end));
        connect_message.remove_prefix(std::min(end + 1, connect_message.size()));
        if (line.empty() || is_source_location(line)) continue;
        const std::size_t text = line.find_first_not_of(" \t");
        tidy.append(tidy.empty() ? "" : "; ").append(line.substr(text));
    }
    return tidy;
}

failure_kind kind_of_connect_failure(std::string_view sqlstate, std::string_view connect_message) noexcept {
    if (!sqlstate.empty()) {
        const sqlstate_rule* rule = find_rule(sqlstate);
        return rule == nullptr ? endpoint_down : rule->at_connect;
    }
    // Not what is before it, where a host's name may be any of these words.
    const std::string_view reason = split(connect_message).last;
    if (contains(reason, broken_tls)) return endpoint_down;
    const bool refused = std::any_of(refusals.begin(), refusals.end(),
                                     [&](std::string_view words) { return contains(reason, words); });
    return refused ? rejected : endpoint_down;
}

failure_kind kind_of_lost_connection(std::string_view sqlstate) noexcept {
    const sqlstate_rule* rule = sqlstate.empty() ? nullptr : find_rule(sqlstate);
    return rule == nullptr ? connection_lost : rule->when_lost;
}

bool is_server_error(std::string_view sqlstate) noexcept {
    return std::find(server_errors.begin(), server_errors.end(), sqlstate) != server_errors.end();
}

std::string_view severity_of(const PGresult* result) noexcept {
    const char* text = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    // PgBouncer sends only this one, and never translates it.
    if (text == nullptr) text = PQresultErrorField(result, PG_DIAG_SEVERITY);
    return text == nullptr ? std::string_view() : std::string_view(text);
}

postgres_error::report report_of(const PGresult* result, std::string_view endpoint) {
    const auto field = [&](int code) {
        const char* text = PQresultErrorField(result, code);
        return std::string(text == nullptr ? "" : text);
    };
    postgres_error::report said;
    said.sqlstate = field(PG_DIAG_SQLSTATE);
    said.severity = severity_of(result);
    said.message = field(PG_DIAG_MESSAGE_PRIMARY);
    said.detail = field(PG_DIAG_MESSAGE_DETAIL);
    said.hint = field(PG_DIAG_MESSAGE_HINT);
    said.constraint = field(PG_DIAG_CONSTRAINT_NAME);
    said.schema = field(PG_DIAG_SCHEMA_NAME);
    said.table = field(PG_DIAG_TABLE_NAME);
    said.column = field(PG_DIAG_COLUMN_NAME);
    said.data_type = field(PG_DIAG_DATATYPE_NAME);
    said.context = field(PG_DIAG_CONTEXT);
    const std::string position = field(PG_DIAG_STATEMENT_POSITION);
    std::from_chars(position.data(), position.data() + position.size(), said.position);
    // What libpq itself reports has only a text.
    if (said.message.empty()) said.message = tidy_connect_message(PQresultErrorMessage(result));
    said.endpoint = endpoint;
    return said;
}

}  // namespace podpool::detail
