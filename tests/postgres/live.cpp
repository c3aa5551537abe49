// SPDX-License-Identifier: BSL-1.0
#include "live.hpp"

namespace podpool::test {

bool have_postgres() {
    static const std::string missing = [] {
        std::string why;
        return postgres_cluster::available(why) ? std::string() : why;
    }();
    if (!missing.empty()) WARN("not run: " << missing);
    return missing.empty();
}

postgres_server& shared_server() {
    static postgres_cluster cluster;
    if (cluster.servers().empty()) cluster.add_primary();
    return *cluster.servers().front();
}

std::string conninfo(const postgres_server& server, const std::string& more) {
    return "host=" + server.address() + " port=" + std::to_string(server.port()) +
           " user=" + postgres_cluster::user() + " password=" + postgres_cluster::password() +
           " dbname=" + postgres_cluster::database() + " " + more;
}

endpoint_info target(const postgres_server& server, const std::string& host) {
    return endpoint_info(endpoint(server.address(), server.port()), host);
}

}  // namespace podpool::test
