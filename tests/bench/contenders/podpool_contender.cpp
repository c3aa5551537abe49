// SPDX-License-Identifier: BSL-1.0
// podpool as a contender; may use only what the oldest podpool that is compared has, see build_older.sh.
#include "../stub_driver.hpp"
#include "contender.hpp"
#include "transfer.hpp"

#include <podpool/pool.hpp>
#include <podpool/postgres.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <future>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace podpool::bench {

namespace {

namespace asio = boost::asio;

std::string sized(const contender_settings& settings) {
    const std::string size = std::to_string(settings.connections);
    return settings.uri + "&pool_max_conns=" + size + "&pool_min_conns=" + size;
}

/// A caller of its own numbers.
using random_numbers = std::minstd_rand;

std::vector<random_numbers> numbers_for(std::size_t callers) {
    std::vector<random_numbers> all;
    for (std::size_t index = 0; index < callers; ++index) all.emplace_back(std::random_device{}());
    return all;
}

void transfer_on(postgres_connection& on, random_numbers& random) {
    const transfer drawn = transfer::draw(random);
    on.query("BEGIN");
    on.query(transfer::update_account, drawn.delta, drawn.account);
    if (on.query(transfer::select_balance, drawn.account).rows() != 1) throw std::runtime_error("no account");
    on.query(transfer::update_teller, drawn.delta, drawn.teller);
    on.query(transfer::update_branch, drawn.delta, drawn.branch);
    on.query(transfer::insert_history, drawn.teller, drawn.branch, drawn.account, drawn.delta);
    on.query("END");
}

asio::awaitable<void> async_transfer_on(postgres_connection& on, random_numbers& random) {
    const transfer drawn = transfer::draw(random);
    co_await on.async_query("BEGIN", asio::use_awaitable);
    co_await on.async_query(transfer::update_account, drawn.delta, drawn.account, asio::use_awaitable);
    const auto balance =
        co_await on.async_query(transfer::select_balance, drawn.account, asio::use_awaitable);
    if (balance.rows() != 1) throw std::runtime_error("no account");
    co_await on.async_query(transfer::update_teller, drawn.delta, drawn.teller, asio::use_awaitable);
    co_await on.async_query(transfer::update_branch, drawn.delta, drawn.branch, asio::use_awaitable);
    co_await on.async_query(transfer::insert_history, drawn.teller, drawn.branch, drawn.account, drawn.delta,
                            asio::use_awaitable);
    co_await on.async_query("END", asio::use_awaitable);
}

void expect_one(const postgres_result& answer) {
    if (answer.get<int>(0, 0) != 1) throw std::runtime_error("select 1 isn't 1");
}

void run_blocking(const contender_settings& settings) {
    pool<postgres> ours(sized(settings));
    wait_until_full(ours, settings.connections);
    auto numbers = numbers_for(settings.callers);
    serve(settings, [&](contender_round& round) {
        if (settings.work == workload::transfer) {
            run_threads(round, [&](std::size_t caller) {
                const auto leased = ours.acquire();
                transfer_on(*leased, numbers[caller]);
            });
        } else {
            run_threads(round, [&](std::size_t) {
                const auto leased = ours.acquire();
                expect_one(leased->query("select 1"));
            });
        }
    });
}

asio::awaitable<void> transfer_once(pool<postgres>& from, random_numbers& random) {
    const auto leased = co_await from.async_acquire();
    co_await async_transfer_on(*leased, random);
}

/// One caller, until its round is over. `select 1` is written here and not in a function of its own: a
/// coroutine more would be part of what is measured.
asio::awaitable<void> call(pool<postgres>& from, caller_round& caller, workload work,
                           random_numbers& random) {
    while (caller.goes_on()) {
        std::string problem;
        try {
            if (work == workload::transfer) {
                co_await transfer_once(from, random);
            } else {
                const auto leased = co_await from.async_acquire();
                expect_one(co_await leased->async_query("select 1", asio::use_awaitable));
            }
        } catch (const std::exception& thrown) {
            problem = thrown.what();
        }
        if (problem.empty()) {
            caller.done();
        } else {
            caller.failed(problem);
        }
    }
}

/// All callers and the pool on one thread, which runs between the rounds, too.
void run_coroutines(const contender_settings& settings) {
    asio::io_context context(1);
    auto more_to_come = asio::make_work_guard(context);
    {
        pool<postgres> ours(context.get_executor(), sized(settings));
        std::jthread runner([&context] { context.run(); });
        wait_until_full(ours, settings.connections);
        auto numbers = numbers_for(settings.callers);
        serve(settings, [&](contender_round& round) {
            std::promise<void> all_done;
            std::size_t running = settings.callers;
            asio::post(context, [&] {
                round.begin();
                for (std::size_t index = 0; index < settings.callers; ++index) {
                    asio::co_spawn(context, call(ours, round.callers()[index], settings.work, numbers[index]),
                                   [&](const std::exception_ptr&) {
                                       if (--running == 0) all_done.set_value();
                                   });
                }
            });
            all_done.get_future().wait();
        });
        ours.close();
        more_to_come.reset();
    }
}

/// acquire + release of connections that are numbers.
void run_stub(const contender_settings& settings) {
    constexpr std::uint64_t batch = 256;
    pool<stub_driver> ours(full_pool_options(settings.connections));
    wait_until_full(ours, settings.connections);
    serve(settings, [&](contender_round& round) {
        round.begin();
        caller_round& caller = round.callers().front();
        while (caller.goes_on()) {
            for (std::uint64_t cycle = 0; cycle < batch; ++cycle) {
                const auto leased = ours.acquire();
                asm volatile("" : : "r"(&*leased) : "memory");
            }
            caller.done(batch);
        }
    });
}

void run(const contender_settings& settings) {
    if (settings.work == workload::nothing) return run_stub(settings);
    if (settings.kind == "blocking") return run_blocking(settings);
    if (settings.kind == "coroutines") return run_coroutines(settings);
    throw std::runtime_error("kind is '" + settings.kind + "'; expected blocking or coroutines");
}

}  // namespace

}  // namespace podpool::bench

int main(int argc, char** argv) { return podpool::bench::contender_main(argc, argv, podpool::bench::run); }
