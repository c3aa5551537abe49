// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "connector.hpp"
#include "login_watch.hpp"

#include <podpool/mysql/detail/statement.hpp>
#include <podpool/mysql/result.hpp>

#include <string>

namespace podpool::detail {

/// Runs a statement and reads its whole result, or the first one of several. Throws sql::SQLException.
/// `client`: the same session in the client library.
mysql_result execute(sql::Connection& connection, const mysql_statement& statement,
                     const client_handle& client);

/// The same for a text of our own without parameters.
mysql_result execute(sql::Connection& connection, const std::string& sql);

}  // namespace podpool::detail
