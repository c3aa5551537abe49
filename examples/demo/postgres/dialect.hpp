// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pod_figures.hpp"
// The build says where the servers are: tests/live/loopback or tests/live/containers.
#include "servers.hpp"

#include <podpool/postgres.hpp>

namespace demo {

/// PostgreSQL as the demo sees it; every database has such a type, with the same members.
struct dialect {
    using driver = podpool::postgres;
    using cluster = podpool::test::live_cluster;
    using server = podpool::test::live_server;
    using name_server = podpool::test::live_name_server;

    static constexpr const char* scheme = "postgresql";
    static constexpr const char* counted_in = "pg_stat_activity";
    /// Takes 10 ms, and is counted by the server.
    static constexpr const char* query = "select nextval('served'), pg_sleep(0.01)";

    static const char* name() { return "PostgreSQL"; }
    static void prepare(server& fresh);
    static pod_figures figures(server& running);
};

}  // namespace demo
