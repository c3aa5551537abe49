// SPDX-License-Identifier: BSL-1.0
#include "database.hpp"

#include <stdexcept>

namespace podpool::bench {

namespace {

test::postgres_cluster_settings cluster_settings() {
    std::string why;
    if (!test::postgres_cluster::available(why)) throw std::runtime_error(why);
    test::postgres_cluster_settings settings;
    settings.max_connections = 200;
    return settings;
}

}  // namespace

database::database() : cluster_(cluster_settings()), server_(&cluster_.add_primary()) {}

std::vector<PGconn*> database::open_libpq(std::size_t count) {
    std::vector<PGconn*> opened;
    const std::string conninfo = "host=" + server_->address() + " port=" + std::to_string(server_->port()) +
                                 " user=" + test::postgres_cluster::user() +
                                 " password=" + test::postgres_cluster::password() +
                                 " dbname=" + test::postgres_cluster::database();
    for (std::size_t index = 0; index < count; ++index) {
        connections_.emplace_back(PQconnectdb(conninfo.c_str()));
        PGconn* const connection = connections_.back().get();
        if (PQstatus(connection) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(connection));
        opened.push_back(connection);
    }
    return opened;
}

std::string database::uri(std::size_t connections) const {
    const std::string size = std::to_string(connections);
    return "postgresql://" + test::postgres_cluster::user() + ":" + test::postgres_cluster::password() + "@" +
           server_->address() + ":" + std::to_string(server_->port()) + "/" +
           test::postgres_cluster::database() + "?pool_reset=rollback&pool_max_conns=" + size +
           "&pool_min_conns=" + size;
}

void query_libpq(PGconn* connection) {
    PGresult* const result = PQexec(connection, statement);
    const ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    if (status != PGRES_TUPLES_OK) throw std::runtime_error(PQerrorMessage(connection));
}

contender dedicated_libpq(const std::vector<PGconn*>& connections, placement where, clock::duration length) {
    return querying("dedicated libpq", connections.size(), where, length,
                    [connections](std::size_t index) { query_libpq(connections[index]); });
}

}  // namespace podpool::bench
