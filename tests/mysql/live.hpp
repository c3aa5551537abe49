// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/driver_session.hpp"
#include "support/mysql_server.hpp"

#include <podpool/endpoint_info.hpp>
#include <podpool/mysql.hpp>

#include <string>

namespace podpool::test {

/// Whether this machine has the server; says why not, once per test.
bool have_mysql();

/// One primary that the tests of this program share; started at first use.
mysql_server& shared_server();

/// A connection string for a server, with further keywords.
std::string conninfo(const mysql_server& server, const std::string& more = {});

/// What a driver is told to open. `host`: the name that was resolved to it.
endpoint_info target(const mysql_server& server, const std::string& host = {});

using live_session = driver_session<mysql, mysql_server>;

}  // namespace podpool::test
