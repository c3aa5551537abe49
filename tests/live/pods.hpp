// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/postgres_server.hpp"
#include "support/real_dns_server.hpp"

#include <podpool/pool.hpp>
#include <podpool/postgres.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// Compiled once for all tests, in pods.cpp: it takes longer than all the rest.
extern template class podpool::detail::pool_state<podpool::postgres>;

namespace podpool::test {

/// Whether this machine can run these tests; if not, says why in one line.
bool live_tests_can_run();

/// Whether a condition becomes true within a time that only a broken program needs.
template <class Condition>
bool eventually(Condition condition, std::chrono::seconds patience = std::chrono::seconds(60)) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

/// Who logs in, and where.
struct login {
    std::string user = postgres_cluster::user();
    std::string password = postgres_cluster::password();
    std::string database = postgres_cluster::database();
};

/// Servers whose log tells of every connection attempt.
postgres_cluster_settings with_log(std::size_t max_connections = 60);

/// Real PostgreSQL servers as pods behind one name of a real DNS server. Figures come from the servers.
class pods {
public:
    static constexpr std::string_view name = "pg.db.svc.cluster.local";

    /// Starts `count` servers that know nothing of each other and publishes them all; `settings`: theirs.
    explicit pods(std::size_t count, postgres_cluster_settings settings = {});
    /// A primary, which is the first one, and streaming standbys of it; all published.
    static pods with_standbys(std::size_t standbys);

    [[nodiscard]] postgres_server& operator[](std::size_t index) { return *cluster_->servers().at(index); }
    [[nodiscard]] std::size_t size() const { return cluster_->servers().size(); }
    [[nodiscard]] real_dns_server& dns() { return *dns_; }
    [[nodiscard]] std::uint16_t port() const { return cluster_->port(); }

    /// Starts a further server; publish() makes it known.
    postgres_server& add() { return cluster_->add_primary(); }
    /// Makes the name resolve to exactly these servers.
    void publish(const std::vector<std::size_t>& which);
    void publish_all();
    /// Whatever a test did to servers and DNS: all run and are published again.
    void restore();

    /// A connection string with the name, the DNS server, a refresh every second (unless `pool_keys` says
    /// otherwise) and `pool_keys`, such as `pool_max_conns=30&pool_name=web`.
    [[nodiscard]] std::string url(const std::string& pool_keys, const login& as = {}) const;

    /// Client sessions with this application_name on each server, counted there; a stopped one has none.
    [[nodiscard]] std::vector<std::size_t> sessions(std::string_view application_name = {});
    /// Connections that clients have begun so far, from the server's log; needs log_connections.
    [[nodiscard]] std::size_t connection_attempts(std::size_t index);

private:
    explicit pods(postgres_cluster_settings settings);

    std::unique_ptr<postgres_cluster> cluster_;
    std::unique_ptr<real_dns_server> dns_;
};

/// Three servers that the tests of one program use one after the other, restored for the next one; their
/// log tells of every connection attempt.
pods& shared_pods();

/// Leases `count` connections at the same time.
std::vector<lease<postgres>> lease_at_once(pool<postgres>& pool, std::size_t count);

std::size_t sum(const std::vector<std::size_t>& counts);

/// Whether no count is more than one away from the mean of all.
bool within_one_of_even(const std::vector<std::size_t>& counts);

/// The most attempts that pauses allow which begin with `first`, double up to `longest` and are drawn
/// between half and all of that.
std::size_t most_attempts(std::chrono::milliseconds first, std::chrono::milliseconds longest,
                          std::chrono::steady_clock::duration elapsed);

}  // namespace podpool::test
