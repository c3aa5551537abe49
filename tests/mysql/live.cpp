// SPDX-License-Identifier: BSL-1.0
#include "live.hpp"

namespace podpool::test {

bool have_mysql() {
    static const std::string missing = [] {
        std::string why;
        return mysql_cluster::available(why) ? std::string() : why;
    }();
    if (!missing.empty()) WARN("not run: " << missing);
    return missing.empty();
}

mysql_server& shared_server() {
    static mysql_cluster cluster;
    if (cluster.servers().empty()) cluster.add_primary();
    return *cluster.servers().front();
}

std::string conninfo(const mysql_server& server, const std::string& more) {
    return "host=" + server.address() + " port=" + std::to_string(server.port()) +
           " user=" + mysql_cluster::user() + " password=" + mysql_cluster::password() +
           " dbname=" + mysql_cluster::database() + " " + more;
}

endpoint_info target(const mysql_server& server, const std::string& host) {
    return endpoint_info(endpoint(server.address(), server.port()), host);
}

}  // namespace podpool::test
