// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "application_namespace.hpp"
#include "control_plane.hpp"
#include "load.hpp"
#include "support/postgres_server.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace podpool::test {

/// What the tests of one program share: a control plane, nodes in three zones (`node-a` in `zone-a` and so
/// on, and `node-a2` in `zone-a`), and five PostgreSQL servers that can be pods. Each test has a namespace of
/// its own.
class stage {
public:
    /// Whether this machine can run these tests; if not, says why in one line.
    static bool can_run();
    /// Made at first use, by the thread that makes the pools; its API server runs. Throws std::runtime_error.
    static stage& shared();

    [[nodiscard]] control_plane& plane() { return plane_; }
    [[nodiscard]] postgres_server& server(std::size_t index) { return *cluster_.servers().at(index); }
    /// The port of every pod, which isn't the Services'.
    [[nodiscard]] std::uint16_t pod_port() const { return cluster_.port(); }

    /// Makes servers the pods `db-0`, `db-1`... of a namespace, ready at once.
    void add_pods(application_namespace& where, const std::vector<std::size_t>& which,
                  const std::string& node = "node-a");
    /// The addresses of servers.
    [[nodiscard]] std::vector<std::string> addresses(const std::vector<std::size_t>& which);
    /// A connection string for a Service, with `pool_keys` such as `pool_max_conns=30&pool_name=web`. DNS,
    /// which there is none of, serves nothing.
    [[nodiscard]] std::string url(const application_namespace& where, const std::string& service,
                                  const std::string& pool_keys) const;
    /// Sessions of the pool with this name on each server, counted there.
    [[nodiscard]] std::vector<std::size_t> sessions(const std::string& pool_name);
    /// What a pool thinks of one server; nothing if it doesn't know it.
    [[nodiscard]] std::optional<endpoint_stats> known(const pool<database>& pool, std::size_t index);

private:
    stage();

    postgres_cluster cluster_;
    control_plane plane_;
};

/// The name of the pod that is a server.
std::string pod_name(std::size_t server);

}  // namespace podpool::test
