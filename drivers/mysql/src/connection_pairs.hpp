// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/secret.hpp>

#include <map>
#include <string>
#include <string_view>

namespace podpool::detail {

/// The pairs of a connection string by their keys as docs/mysql.md has them: `host` and `port` are lists
/// with commas between the entries, `dbname`, `user`, `password`, and whatever else is given.
using mysql_pairs = std::map<std::string, secret>;

/// Ends reading; `reason` must hold no value that could be a password or a part of one.
[[noreturn]] void refuse_mysql_string(const std::string& reason);

/// Takes `mysql://user:password@host:port,.../database?key=value&...`, or `mariadb://`, or
/// `key=value key='value' ...` apart; other names of a key become the one that is documented.
/// Throws podpool::error (errc::invalid_options).
mysql_pairs read_mysql_pairs(std::string_view text);

}  // namespace podpool::detail
