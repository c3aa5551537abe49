// SPDX-License-Identifier: BSL-1.0
#include "database.hpp"
#include "groups.hpp"
#include "stub_driver.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <stdexcept>

namespace podpool::bench {

namespace {

namespace asio = boost::asio;

/// One client: a lease per query, until the deadline.
asio::awaitable<void> client(pool<postgres>& from, clock::time_point deadline, std::size_t index,
                             latencies& noted, std::uint64_t& queries) {
    for (auto asked = clock::now(); asked < deadline; ++queries) {
        {
            auto leased = co_await from.async_acquire();
            const auto rows = co_await leased->async_query(statement, asio::use_awaitable);
        }
        const auto answered = clock::now();
        noted.add(index, answered - asked);
        asked = answered;
    }
}

/// `in_flight` clients on one thread, which also runs the pool.
contender coroutines(asio::io_context& context, pool<postgres>& from, std::size_t in_flight,
                     clock::duration length) {
    return {"podpool", [&context, &from, in_flight, length] {
                latencies noted(in_flight);
                const auto work = run_together(
                    1, placement::anywhere, length, [&](std::size_t, clock::time_point deadline) {
                        std::uint64_t queries = 0;
                        std::size_t running = in_flight;
                        std::exception_ptr problem;
                        for (std::size_t index = 0; index < in_flight; ++index) {
                            asio::co_spawn(context, client(from, deadline, index, noted, queries),
                                           [&](const std::exception_ptr& error) {
                                               if (error) problem = error;
                                               if (--running == 0) context.stop();
                                           });
                        }
                        context.run();
                        context.restart();
                        if (problem) std::rethrow_exception(problem);
                        return queries;
                    });
                return evaluate_queries(work, noted);
            }};
}

void compare(database& server, std::size_t in_flight, std::size_t rounds, const bench_settings& settings,
             report& into) {
    const auto libpq = server.open_libpq(in_flight);
    asio::io_context context(1);
    pool<postgres> ours(context.get_executor(), server.uri(in_flight));
    const auto deadline = clock::now() + std::chrono::seconds(30);
    while (ours.stats().idle != in_flight) {
        if (clock::now() > deadline) throw std::runtime_error("the pool isn't full after 30 s");
        context.run_for(std::chrono::milliseconds(1));
    }
    const outcome result = run_rounds({coroutines(context, ours, in_flight, settings.long_round),
                                       dedicated_libpq(libpq, placement::anywhere, settings.long_round)},
                                      settings.rounds_or(rounds));
    constexpr double times_dedicated = 0.9;
    const std::string count = std::to_string(in_flight);
    const std::string workload = "select 1, coroutines on 1 thread, " + count + " in flight";
    const std::string threads = "dedicated libpq, " + count + " threads";
    row throughput("coroutines", workload, figure{"queries/s", 0}, result.of(0, queries_per_second));
    throughput.against(threads, result.of(1, queries_per_second));
    throughput.goal = aim{aim::bound::at_least, times_dedicated, false};
    into.rows.push_back(throughput);
    row slow("coroutines", workload + ": p99", figure{"µs", 0}, result.of(0, latency_p99));
    slow.against(threads, result.of(1, latency_p99));
    into.rows.push_back(slow);
}

}  // namespace

void run_coroutines_group(const bench_settings& settings, report& into) {
    constexpr std::size_t few_rounds = 9;
    database server;
    for (const std::size_t in_flight : {std::size_t{8}, std::size_t{32}}) {
        compare(server, in_flight, few_rounds, settings, into);
    }
}

}  // namespace podpool::bench
