// SPDX-License-Identifier: BSL-1.0
#include <podpool/podpool.hpp>
#include <podpool/postgres.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <memory>

// Callbacks get an error code from the pool, and the exception itself from a query.
int main(int argc, char** argv) {
    using lease = podpool::lease<podpool::postgres>;
    boost::asio::io_context io;
    podpool::pool<podpool::postgres> pool(
        io.get_executor(), argc > 1 ? argv[1] : "postgresql://app@db.prod.svc.cluster.local/shop");
    int status = 1;
    pool.async_acquire(std::chrono::seconds(5), [&](boost::system::error_code error, lease leased) {
        if (error) {
            std::cerr << error.message() << '\n';
            return pool.close();
        }
        const auto conn = std::make_shared<lease>(std::move(leased));
        (*conn)->async_query("select 6 * $1", 7, [&, conn](const std::exception_ptr& failed, auto rows) {
            if (!failed) std::cout << rows.template get<int>(0, 0) << '\n';
            status = failed ? 1 : 0;
            conn->release();
            pool.close();
        });
    });
    io.run();
    return status;
}
