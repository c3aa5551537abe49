// SPDX-License-Identifier: BSL-1.0
#include <podpool/podpool.hpp>
#include <podpool/postgres.hpp>

#include <iostream>

int main(int argc, char** argv) try {
    podpool::pool<podpool::postgres> pool(
        argc > 1 ? argv[1]
                 : "postgresql://app@db.prod.svc.cluster.local/shop"
                   "?pool_max_conns=32&pool_max_conn_lifetime=30m&sslmode=verify-full");

    auto conn = pool.acquire();  // from any thread; waits at most pool_acquire_timeout
    auto rows = conn->query("select n, n * $1 as tenfold from generate_series(1, 3) as n", 10);
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        std::cout << rows.get<int>(row, 0) << " -> " << rows.get<long>(row, "tenfold") << '\n';
    }
    std::cout << "served by " << to_string(conn.endpoint()) << '\n';
} catch (const std::exception& problem) {
    std::cerr << problem.what() << '\n';
    return 1;
}
