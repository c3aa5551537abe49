// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "connector_options.hpp"
#include "tls_rules.hpp"

#include <podpool/detail/cluster_identity.hpp>
#include <podpool/detail/session_attrs.hpp>
#include <podpool/discovery/target.hpp>
#include <podpool/options.hpp>
#include <podpool/secret.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace podpool::detail {

/// What the driver made of the connection string; never changes.
struct mysql_settings {
    std::string user;
    secret password;
    std::string database;
    /// Where to look for servers.
    std::vector<discovery_target> targets;
    session_attrs wanted = session_attrs::any;

    ssl_mode tls = ssl_mode::prefer;
    dial_by dial = dial_by::address;
    /// Paths; empty: the system's authorities, no certificate of our own.
    std::string root_certificate;
    std::string certificate;
    std::string key;

    /// What is handed to the connector under its own names.
    std::vector<std::pair<std::string, connector_value>> options;
    /// pool_connect_timeout, rounded up to what the connector can keep.
    std::chrono::seconds connect_timeout{1};
    std::string label;
    /// What sessions call their program, which servers show as the connection attribute `program_name`.
    std::string program_name;
    /// Every key in force, passwords hidden.
    std::map<std::string, std::string> shown;
    /// Which servers may be used.
    std::shared_ptr<cluster_identity> cluster;
    /// The pool's options, for the discovery source.
    podpool::options pool;
};

/// Reads a connection string of either form. Throws podpool::error (errc::invalid_options) that says what
/// is wrong and what was expected, without any password.
mysql_settings read_mysql_settings(const options& pool);

}  // namespace podpool::detail
