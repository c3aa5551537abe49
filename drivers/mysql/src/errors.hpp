// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/failure.hpp>
#include <podpool/mysql/error.hpp>

#include <string_view>

namespace podpool::detail {

/// CR_SSL_CONNECTION_ERROR.
inline constexpr int tls_error_number = 2026;
/// ER_UNKNOWN_COM_ERROR: a proxy doesn't know a command, or a Galera node outside of its cluster, which keeps
/// the session, refuses every statement in it.
inline constexpr int unknown_command_number = 1047;

/// What a failed attempt to connect says about the endpoint.
failure_kind kind_of_mysql_connect_failure(const mysql_error::report& said) noexcept;

/// What an error on an open connection says about it; none: it lives on. MariaDB and MySQL share numbers
/// below 4000 only.
failure_kind kind_of_mysql_end(const mysql_error::report& said, bool mariadb) noexcept;

/// Whether an error says that the server itself isn't well: any statement may meet it. The connection lives
/// on.
bool is_mysql_server_error(int number) noexcept;

/// Whether an error says that the server refuses writes.
enum class read_only_refusal : unsigned char {
    none,
    perhaps,     ///< it does, or another option is in the way, such as --skip-grant-tables
    server,      ///< the server is read-only
    unless_own,  ///< so is it, unless the transaction was made read-only by its user
};
read_only_refusal read_only_refusal_in(int number) noexcept;

/// Whether the server may have rolled back the whole transaction when a statement in it failed so: always for
/// a deadlock, for a lock that took too long if it is set up so (innodb_rollback_on_timeout).
bool may_end_transaction(const mysql_error::report& said) noexcept;

}  // namespace podpool::detail
