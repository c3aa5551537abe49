// SPDX-License-Identifier: BSL-1.0
#include <podpool/mysql.hpp>
#include <podpool/podpool.hpp>

#include <iostream>

int main(int argc, char** argv) try {
    podpool::pool<podpool::mysql> pool(
        argc > 1 ? argv[1]
                 : "mysql://app@my.prod.svc.cluster.local/shop?pool_max_conns=32&pool_max_conn_lifetime=30m");

    auto conn = pool.acquire();
    auto rows =
        conn->query("select ? * 10 as tenfold, concat(?, ' from ', database()) as greeting", 3, "hello");
    std::cout << rows.get<long>(0, "tenfold") << ", " << rows.get<std::string>(0, "greeting")
              << ", served by " << to_string(conn.endpoint()) << '\n';
} catch (const std::exception& problem) {
    std::cerr << problem.what() << '\n';
    return 1;
}
