// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pod_figures.hpp"
#include "support/mysql_server.hpp"

#include <podpool/mysql.hpp>

namespace demo {

/// MySQL or MariaDB as the demo sees it.
struct dialect {
    using driver = podpool::mysql;
    using cluster = podpool::test::mysql_cluster;
    using server = podpool::test::mysql_server;

    static constexpr const char* scheme = "mysql";
    static constexpr const char* counted_in = "the performance schema";
    static constexpr const char* query = "select sleep(0.01)";

    static const char* name() { return podpool::test::mysql_flavour::chosen().name(); }
    static void prepare(server&) {}
    static pod_figures figures(server& running);
};

}  // namespace demo
