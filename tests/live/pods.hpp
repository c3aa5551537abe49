// SPDX-License-Identifier: BSL-1.0
#pragma once

// The build says which database's: postgres/dialect.hpp or mysql/dialect.hpp.
#include "dialect.hpp"

#include <podpool/pool.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// Compiled once for all tests, in pods.cpp: it takes longer than all the rest.
extern template class podpool::detail::pool_state<podpool::test::dialect::driver>;

namespace podpool::test {

/// The driver that is tested.
using database = dialect::driver;

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
    std::string user = dialect::cluster::user();
    std::string password = dialect::cluster::password();
    std::string database = dialect::cluster::database();
};

/// Real servers as pods behind one name of a real DNS server. Figures come from the servers.
class pods {
public:
    /// Starts `count` servers that know nothing of each other and publishes them all.
    explicit pods(std::size_t count, std::size_t max_connections = 60);
    /// A primary, which is the first one, and replicas of it; all published.
    static pods with_replicas(std::size_t replicas);

    [[nodiscard]] dialect::server& operator[](std::size_t index) { return *cluster_->servers().at(index); }
    [[nodiscard]] std::size_t size() const { return cluster_->servers().size(); }
    [[nodiscard]] dialect::name_server& dns() { return *dns_; }
    [[nodiscard]] dialect::cluster& cluster() { return *cluster_; }
    /// The name that they are behind; no other pods of this program have it.
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::uint16_t port() const { return cluster_->port(); }

    /// Starts a further server; publish() makes it known.
    dialect::server& add() { return cluster_->add_primary(); }
    /// Makes the name resolve to exactly these servers.
    void publish(const std::vector<std::size_t>& which);
    void publish_all();
    /// Whatever a test did to servers and DNS: all run and are published again.
    void restore();

    /// A connection string with the name, the DNS server, a refresh every second (unless `pool_keys` says
    /// otherwise) and `pool_keys`, such as `pool_max_conns=30&pool_name=web`.
    [[nodiscard]] std::string url(const std::string& pool_keys, const login& as = {}) const;

    /// Sessions of the pool with this name on each server, counted there; a stopped one has none.
    [[nodiscard]] std::vector<std::size_t> sessions(std::string_view pool_name);
    /// Whether each server counts as many sessions of a pool with this name as the pool does.
    [[nodiscard]] bool agree_with(const pool<database>& pool, std::string_view pool_name);
    /// Connections that clients have begun so far, as the server says.
    [[nodiscard]] std::size_t connection_attempts(std::size_t index);

private:
    std::unique_ptr<dialect::cluster> cluster_;
    std::unique_ptr<dialect::name_server> dns_;
    std::string name_;
};

/// Three servers that the tests of one program use one after the other, restored for the next one.
pods& shared_pods();

/// Leases `count` connections at the same time.
std::vector<lease<database>> lease_at_once(pool<database>& pool, std::size_t count, role wanted = role::any);

std::size_t sum(const std::vector<std::size_t>& counts);

/// Whether no count is more than one away from the mean of all.
bool within_one_of_even(const std::vector<std::size_t>& counts);

/// The most attempts that pauses allow which begin with `first`, double up to `longest` and are drawn
/// between half and all of that.
std::size_t most_attempts(std::chrono::milliseconds first, std::chrono::milliseconds longest,
                          std::chrono::steady_clock::duration elapsed);

}  // namespace podpool::test
