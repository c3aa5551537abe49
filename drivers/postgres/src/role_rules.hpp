// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/session_attrs.hpp>
#include <podpool/postgres/role.hpp>

#include <libpq-fe.h>

#include <optional>
#include <string>

namespace podpool::detail {

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

/// Why a server doesn't have the wanted attributes; empty if it does.
std::string unmet(session_attrs wanted, const server_state& known);

}  // namespace podpool::detail
