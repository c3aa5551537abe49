// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/container_cluster.hpp"
#include "support/container_postgres_server.hpp"

namespace podpool::test {

/// Where the pods of the scenarios are: in containers on one network, named by Docker's DNS.
using live_cluster_settings = container_settings;
using live_server = container_postgres_server;
using live_cluster = container_cluster<live_server>;
using live_name_server = embedded_dns<live_server>;

/// What a connection string needs besides: the certificates hold a name, or an address, of these pods.
inline constexpr const char* live_uri_keys = "&sslmode=verify-full&sslrootcert=/run/podpool/client/ca.crt";
/// For the demo's story.
inline constexpr const char* live_place = "in containers that Docker's DNS names";
inline constexpr bool live_dns_names_dead_servers = false;

}  // namespace podpool::test
