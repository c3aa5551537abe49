// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pod_figures.hpp"
#include "support/postgres_server.hpp"

#include <podpool/postgres.hpp>

namespace demo {

/// PostgreSQL as the demo sees it; every database has such a type, with the same members.
struct dialect {
    using driver = podpool::postgres;
    using cluster = podpool::test::postgres_cluster;
    using server = podpool::test::postgres_server;

    static constexpr const char* scheme = "postgresql";
    static constexpr const char* counted_in = "pg_stat_activity";
    /// Takes 10 ms, and is counted by the server.
    static constexpr const char* query = "select nextval('served'), pg_sleep(0.01)";

    static const char* name() { return "PostgreSQL"; }
    static void prepare(server& fresh);
    static pod_figures figures(server& running);
};

}  // namespace demo
