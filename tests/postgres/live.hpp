// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/driver_session.hpp"
#include "support/postgres_server.hpp"

#include <podpool/endpoint_info.hpp>
#include <podpool/postgres.hpp>

#include <string>

namespace podpool::test {

/// Whether this machine has PostgreSQL; says why not, once per test.
bool have_postgres();

/// One primary that the tests of this program share; started at first use.
postgres_server& shared_server();

/// A connection string for a server, with further keywords.
std::string conninfo(const postgres_server& server, const std::string& more = {});

/// What a driver is told to open. `host`: the name that was resolved to it.
endpoint_info target(const postgres_server& server, const std::string& host = {});

using live_session = driver_session<postgres, postgres_server>;

}  // namespace podpool::test
