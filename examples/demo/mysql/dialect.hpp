// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pod_figures.hpp"
// The build says where the servers are: tests/live/loopback or tests/live/containers.
#include "servers.hpp"
#include "support/mysql_flavour.hpp"

#include <podpool/mysql.hpp>

namespace demo {

/// MySQL or MariaDB as the demo sees it.
struct dialect {
    using driver = podpool::mysql;
    using cluster = podpool::test::live_cluster;
    using server = podpool::test::live_server;
    using name_server = podpool::test::live_name_server;

    static constexpr const char* scheme = "mysql";
    static constexpr const char* counted_in = "the performance schema";
    static constexpr const char* query = "select sleep(0.01)";

    static const char* name() { return podpool::test::mysql_flavour::chosen().name(); }
    static void prepare(server&) {}
    static pod_figures figures(server& running);
};

}  // namespace demo
