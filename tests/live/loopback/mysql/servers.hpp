// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/mysql_server.hpp"
#include "support/real_dns_server.hpp"

namespace podpool::test {

/// Where the pods of the scenarios are: on loopback addresses of this machine, named by a DNS server of ours.
using live_cluster_settings = mysql_cluster_settings;
using live_cluster = mysql_cluster;
using live_server = mysql_server;

struct live_name_server : real_dns_server {
    explicit live_name_server(const live_cluster& /*named*/) {}
};

/// What a connection string needs besides: these servers have no TLS, and some tests count attempts to
/// connect, of which finding that out would be one.
inline constexpr const char* live_uri_keys = "&sslmode=disable";
/// For the demo's story.
inline constexpr const char* live_place = "and a DNS server, all on loopback addresses";
inline constexpr bool live_dns_names_dead_servers = true;

}  // namespace podpool::test
