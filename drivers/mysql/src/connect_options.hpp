// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "connector.hpp"
#include "settings.hpp"

#include <podpool/endpoint.hpp>

#include <string>

namespace podpool::detail {

/// Everything that one attempt tells the connector. `host`: from host_to_dial().
/// The map holds the password: it should live no longer than the attempt.
sql::ConnectOptionsMap connect_options(const mysql_settings& settings, const endpoint& where,
                                       const std::string& host);

}  // namespace podpool::detail
