// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/failure.hpp>
#include <podpool/mysql/error.hpp>

#include <string_view>

namespace podpool::detail {

/// CR_SSL_CONNECTION_ERROR.
inline constexpr int tls_error_number = 2026;

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
    server,      ///< the server is read-only
    unless_own,  ///< so is it, unless the transaction was made read-only by its user
};
read_only_refusal read_only_refusal_in(const mysql_error::report& said) noexcept;

}  // namespace podpool::detail
