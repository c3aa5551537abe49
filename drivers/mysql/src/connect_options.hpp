// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "connector.hpp"
#include "settings.hpp"

#include <podpool/credentials.hpp>
#include <podpool/endpoint.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace podpool::detail {

/// One attempt to connect.
struct connect_attempt {
    /// From host_to_dial().
    std::string host;
    tls_use tls = tls_use::verified;
    std::chrono::seconds limit{1};
    /// None: those of the connection string.
    std::optional<credentials> login;
};

/// Everything that one attempt tells the connector.
/// The map holds the password: it should live no longer than the attempt.
sql::ConnectOptionsMap connect_options(const mysql_settings& settings, const endpoint& where,
                                       const connect_attempt& attempt);

}  // namespace podpool::detail
