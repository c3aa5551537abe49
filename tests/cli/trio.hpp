// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/postgres_server.hpp"
#include "support/real_dns_server.hpp"

#include <string>
#include <vector>

namespace podpool::test {

/// Three real PostgreSQL servers behind one real DNS name.
class trio {
public:
    trio() {
        for (int i = 0; i < 3; ++i) servers_.add_primary();
        publish_all();
    }

    [[nodiscard]] postgres_server& server(std::size_t index) { return *servers_.servers().at(index); }
    [[nodiscard]] real_dns_server& dns() { return dns_; }
    [[nodiscard]] std::uint16_t port() const { return servers_.port(); }
    [[nodiscard]] static std::string name() { return "db.cluster.local"; }

    [[nodiscard]] std::vector<std::string> addresses() const {
        std::vector<std::string> all;
        for (const auto& server : servers_.servers()) all.push_back(server->address());
        return all;
    }

    /// Lets the name stand for all three again.
    void publish_all() { dns_.set_records(name(), addresses()); }

    /// A connection string for the name; `more`: further pairs such as `pool_max_conns=6`.
    [[nodiscard]] std::string uri(const std::string& more = {}) const {
        return "postgresql://" + postgres_cluster::user() + ":" + postgres_cluster::password() + "@" +
               name() + ":" + std::to_string(port()) + "/" + postgres_cluster::database() +
               "?pool_dns_servers=" + dns_.address() + (more.empty() ? "" : "&" + more);
    }

private:
    postgres_cluster servers_;
    real_dns_server dns_;
};

/// The trio of a test program: starting one takes longer than most tests.
inline trio& shared_trio() {
    static trio instance;
    return instance;
}

}  // namespace podpool::test
