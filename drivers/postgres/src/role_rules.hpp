// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/postgres/role.hpp>

#include <libpq-fe.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace podpool::detail {

/// libpq's six values of target_session_attrs.
enum class session_attrs : std::uint8_t { any, read_write, read_only, primary, standby, prefer_standby };

/// Reads one of the six values; nothing for another text.
std::optional<session_attrs> parse_session_attrs(std::string_view text);
std::string_view to_string(session_attrs attrs) noexcept;

/// What is known of a server; nothing where it didn't say.
struct server_state {
    std::optional<bool> in_recovery;
    std::optional<bool> read_only;

    [[nodiscard]] postgres_role role() const noexcept;
};

/// What the server reported with its last answers: free, but only from PostgreSQL 14 on.
server_state reported_state(const PGconn* connection) noexcept;

/// Asks a server that doesn't report it: two columns, in_recovery and read_only.
inline constexpr const char* state_query =
    "select pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only') = 'on'";

/// Whether these attributes can't be judged by what is known.
bool must_ask(session_attrs wanted, const server_state& known) noexcept;

/// Whether these attributes need a server that takes writes.
bool wants_writes(session_attrs wanted) noexcept;

/// Why a server doesn't have the wanted attributes; empty if it does.
std::string unmet(session_attrs wanted, const server_state& known);

}  // namespace podpool::detail
