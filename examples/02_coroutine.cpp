// SPDX-License-Identifier: BSL-1.0
#include <podpool/podpool.hpp>
#include <podpool/postgres.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <iostream>

using postgres_pool = podpool::pool<podpool::postgres>;

boost::asio::awaitable<void> handle(postgres_pool& pool) {
    auto conn = co_await pool.async_acquire();  // throws podpool::error, which says why
    auto rows = co_await conn->async_query("select $1 || ' from ' || current_database()", "hello");
    std::cout << rows.get<std::string>(0, 0) << ", served by " << to_string(conn.endpoint()) << '\n';
    conn.release();
    co_await pool.async_close();
}

int main(int argc, char** argv) {
    boost::asio::io_context io;
    postgres_pool pool(io.get_executor(),
                       argc > 1 ? argv[1] : "postgresql://app@db.prod.svc.cluster.local/shop");
    int status = 0;
    boost::asio::co_spawn(io, handle(pool), [&](const std::exception_ptr& problem) {
        if (!problem) return;
        pool.close();
        status = 1;
        try {
            std::rethrow_exception(problem);
        } catch (const std::exception& reason) {
            std::cerr << reason.what() << '\n';
        }
    });
    io.run();
    return status;
}
