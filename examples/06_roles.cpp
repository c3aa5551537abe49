// SPDX-License-Identifier: BSL-1.0
// One pool over a primary and its standbys: writes go to the one, reads to the others.
#include <podpool/podpool.hpp>
#include <podpool/postgres.hpp>

#include <iostream>

int main(int argc, char** argv) try {
    using podpool::role;
    podpool::pool<podpool::postgres> pool(
        argc > 1 ? argv[1] : "postgresql://app@db.prod.svc.cluster.local/shop?sslmode=verify-full");

    auto writer = pool.acquire(role::primary);
    writer->query("create table if not exists visit (at timestamptz not null)");
    writer->query("insert into visit values (now())");
    std::cout << "written to " << to_string(writer.endpoint()) << '\n';

    if (auto reader = pool.try_acquire(role::standby)) {  // or acquire(role::standby), which waits
        std::cout << "a standby is idle: " << to_string(reader.endpoint()) << '\n';
    }
    for (const auto& endpoint : pool.stats().endpoints) {
        std::cout << to_string(endpoint.where) << " is " << to_string(endpoint.role) << '\n';
    }
} catch (const std::exception& problem) {
    std::cerr << problem.what() << '\n';
    return 1;
}
