// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "queries.hpp"

#include <support/postgres_server.hpp>

#include <podpool/pool.hpp>
#include <podpool/postgres.hpp>

#include <libpq-fe.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace podpool::bench {

struct finish_libpq {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};

/// A real PostgreSQL server for the benchmarks.
class database {
public:
    /// Throws std::runtime_error with the reason when there is none to be had.
    database();

    /// libpq's own connections, opened one after the other; they end with this object.
    std::vector<PGconn*> open_libpq(std::size_t count);
    /// A pool's connection string, with as many connections as callers can use.
    [[nodiscard]] std::string uri(std::size_t connections) const;

private:
    test::postgres_cluster cluster_;
    test::postgres_server* server_;
    std::vector<std::unique_ptr<PGconn, finish_libpq>> connections_;
};

/// Runs the statement by PQexec; throws std::runtime_error when it fails.
void query_libpq(PGconn* connection);

/// One thread per libpq connection, no pool: what a pool is measured by.
contender dedicated_libpq(const std::vector<PGconn*>& connections, placement where, clock::duration length);

}  // namespace podpool::bench
