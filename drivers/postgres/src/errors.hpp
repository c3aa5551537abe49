// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/worse_failure.hpp>
#include <podpool/failure.hpp>
#include <podpool/postgres/error.hpp>

#include <libpq-fe.h>

#include <string>
#include <string_view>

namespace podpool::detail {

/// Whether a text has the form of a SQLSTATE.
bool is_sqlstate(std::string_view text) noexcept;

/// The SQLSTATE in libpq's verbose message about a failed connection, or nothing. libpq has no other way
/// to tell it. What the server says may be in any language; libpq's own words are English (english_texts).
/// Of two attempts to connect, the last one with a SQLSTATE counts.
std::string sqlstate_in(std::string_view connect_message);

/// libpq's message about a failed connection on one line, without the server's source location.
std::string tidy_connect_message(std::string_view connect_message);

/// What a failed connection says about the endpoint. `sqlstate` may be empty: then libpq itself gave up, and
/// what it says of the last attempt decides. `connect_message`: libpq's whole message, in English.
failure_kind kind_of_connect_failure(std::string_view sqlstate, std::string_view connect_message) noexcept;

/// What the end of an open connection says about the endpoint. `sqlstate` may be empty.
failure_kind kind_of_lost_connection(std::string_view sqlstate) noexcept;

/// Whether an error says that the server itself isn't well: any statement may meet it. The connection lives
/// on.
bool is_server_error(std::string_view sqlstate) noexcept;

/// `ERROR`, `FATAL`, `WARNING`, ... in English whatever the server's language; empty for what libpq itself
/// reports.
std::string_view severity_of(const PGresult* result) noexcept;

/// What a result that holds an error says; `endpoint` is added.
postgres_error::report report_of(const PGresult* result, std::string_view endpoint);

/// A text without blanks and line ends at its end.
std::string_view trimmed(std::string_view text) noexcept;

}  // namespace podpool::detail
