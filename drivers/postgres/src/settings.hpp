// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "role_rules.hpp"

#include <podpool/detail/cluster_identity.hpp>
#include <podpool/discovery/target.hpp>
#include <podpool/options.hpp>
#include <podpool/secret.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace podpool::detail {

/// What the driver made of the connection string; never changes, but for a cluster's identity that is learnt.
struct postgres_settings {
    /// What every connection is opened with, each keyword once; host, hostaddr and port come with the
    /// endpoint.
    std::vector<std::pair<std::string, secret>> parameters;
    /// Where to look for servers.
    std::vector<discovery_target> targets;
    session_attrs wanted = session_attrs::any;
    std::string label;
    /// Every keyword in force, passwords hidden.
    std::map<std::string, std::string> shown;
    /// Which servers may be used.
    std::shared_ptr<cluster_identity> cluster;
    /// The pool's options, for the discovery source.
    options pool;
};

/// Reads a connection string as psql does, with the environment, the service file and the defaults.
/// Throws podpool::error (errc::invalid_options) with libpq's reason, without any password.
postgres_settings read_settings(const options& pool);

}  // namespace podpool::detail
