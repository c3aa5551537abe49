// SPDX-License-Identifier: BSL-1.0
// Many threads at once: every acquire ends, nobody waits while a connection is idle, the sums add up.
#include "runtime/support.hpp"
#include "support/catch.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <numeric>
#include <random>

namespace asio = boost::asio;
using namespace podpool::test;
using namespace std::chrono_literals;
using boost::system::error_code;

namespace {

constexpr std::size_t callers = 8;
constexpr std::size_t connections = 4;

/// Looks at a pool over and over: at every moment the sums add up, the maximum holds, and nobody waits
/// while a connection is idle.
class observer {
public:
    observer(fake_pool& pool, std::size_t most_sockets)
        : thread_([this, &pool, most_sockets] {
              while (!ended_) {
                  look(pool.stats(), most_sockets);
                  std::this_thread::sleep_for(20us);
              }
          }) {}
    observer(const observer&) = delete;
    observer& operator=(const observer&) = delete;
    ~observer() { (void)findings(); }

    /// Ends the observation; what was wrong, or empty.
    std::string findings() {
        ended_ = true;
        if (thread_.joinable()) thread_.join();
        return findings_;
    }

private:
    void look(const podpool::stats& figures, std::size_t most_sockets) {
        if (!findings_.empty()) return;
        findings_ = broken_sum(figures);
        if (figures.open + figures.opening + figures.closing > most_sockets) findings_ = "too many sockets";
        if (figures.waiters > 0 && figures.idle > figures.maintaining) findings_ = "a lost wake-up";
        if (figures.acquires < acquires_) findings_ = "a counter that fell";
        acquires_ = figures.acquires;
    }

    std::atomic<bool> ended_ = false;
    std::string findings_;
    std::uint64_t acquires_ = 0;
    std::thread thread_;
};

/// What a caller does with a lease, at random.
void use(fake_lease& leased, std::minstd_rand& random, const fake_servers& servers) {
    const auto choice = random() % 100;
    if (choice < 30) std::this_thread::yield();
    if (choice < 60) leased->use();
    if (choice >= 60 && choice < 65) leased.discard();
    if (choice >= 65 && choice < 70) {
        leased->fail_with(podpool::failure(podpool::failure_kind::connection_lost, "lost"));
    }
    if (choice == 70) servers.world().kill_sessions(leased.endpoint());
    if (choice >= 71 && choice < 75) std::this_thread::sleep_for(100us);
}

}  // namespace

TEST_CASE("#38 blocking callers hold, use, break and discard: every acquire ends and the sums add up") {
    const fake_servers servers(3);
    fake_pool pool(small_pool(connections), servers.driver());
    observer watching(pool, connections + 1);
    std::atomic<std::uint64_t> served = 0;
    std::atomic<std::uint64_t> failed = 0;
    const stopwatch load;
    std::vector<std::thread> threads;
    for (unsigned caller = 0; caller < callers; ++caller) {
        threads.emplace_back([&, caller] {
            std::minstd_rand random(caller + 1);
            while (load.running()) {
                try {
                    fake_lease leased = random() % 4 == 0 ? pool.try_acquire() : pool.acquire(patience);
                    if (!leased) continue;
                    ++served;
                    use(leased, random, servers);
                } catch (const podpool::error&) {
                    ++failed;
                }
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(watching.findings().empty());
    CHECK(failed == 0);
    const auto figures = pool.stats();
    CHECK(figures.active == 0);
    CHECK(figures.waiters == 0);
    // Those that were found dead before their callers saw them count as leases, too.
    CHECK(figures.acquires >= served);
    CHECK(eventually([&] { return servers.world().sessions() == pool.stats().open; }));
}

TEST_CASE("#7 no caller starves where more want connections than there are") {
    const fake_servers servers(2);
    fake_pool pool(small_pool(2), servers.driver());
    const stopwatch load;
    std::array<std::atomic<std::size_t>, callers> turns{};
    constexpr std::size_t enough = 100 * callers;
    const auto total = [&] { return std::accumulate(turns.begin(), turns.end(), std::size_t{0}); };
    std::vector<std::thread> threads;
    for (std::size_t caller = 0; caller < callers; ++caller) {
        threads.emplace_back([&, caller] {
            while (load.running() || total() < enough) {
                const fake_lease leased = pool.acquire(patience);
                ++turns[caller];
                std::this_thread::sleep_for(200us);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    const auto [fewest, most] = std::minmax_element(turns.begin(), turns.end());
    CHECK(*fewest * 4 > *most);
}

TEST_CASE("blocking and asynchronous callers share a pool on several threads") {
    const fake_servers servers(3);
    io_threads io(3);
    fake_pool pool(io.executor(), small_pool(connections), servers.driver());
    observer watching(pool, connections + 1);
    const stopwatch load;
    std::atomic<int> failed = 0;
    const auto coroutine = [](fake_pool& from, const fake_servers& world, unsigned seed,
                              const stopwatch& time, std::atomic<int>& failures) -> asio::awaitable<void> {
        std::minstd_rand random(seed);
        while (time.running()) {
            auto [error, leased] = co_await from.async_acquire(patience, asio::as_tuple(asio::use_awaitable));
            if (error) {
                ++failures;
                continue;
            }
            use(leased, random, world);
            if (random() % 16 == 0) {
                asio::steady_timer pause(co_await asio::this_coro::executor, 50us);
                co_await pause.async_wait(asio::use_awaitable);
            }
        }
    };
    std::vector<std::future<void>> coroutines;
    for (unsigned caller = 0; caller < callers; ++caller) {
        coroutines.push_back(asio::co_spawn(asio::make_strand(io.executor()),
                                            coroutine(pool, servers, caller + 1, load, failed),
                                            asio::use_future));
    }
    std::vector<std::thread> threads;
    for (unsigned caller = 0; caller < 3; ++caller) {
        threads.emplace_back([&, caller] {
            std::minstd_rand random(100 + caller);
            while (load.running()) {
                fake_lease leased = pool.acquire(patience);
                use(leased, random, servers);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    for (std::future<void>& each : coroutines) result_of(each);
    CHECK(failed == 0);
    CHECK(watching.findings().empty());
    CHECK(pool.stats().active == 0);
}

TEST_CASE("#29 callers are cancelled at random from other threads, and each ends exactly once") {
    const fake_servers servers(2);
    io_threads io(3);
    fake_pool pool(io.executor(), small_pool(2), servers.driver());
    observer watching(pool, 3);
    const stopwatch load;
    std::atomic<int> begun = 0;
    std::atomic<int> ended = 0;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (unsigned caller = 0; caller < 4; ++caller) {
        threads.emplace_back([&, caller] {
            std::minstd_rand random(caller + 1);
            while (load.running()) {
                ++begun;
                asio::cancellation_signal signal;
                std::promise<void> done;
                auto end = done.get_future();
                pool.async_acquire(
                    patience, asio::bind_cancellation_slot(signal.slot(), [&](error_code error,
                                                                              const fake_lease& leased) {
                        const bool fits = error ? error == asio::error::operation_aborted : bool(leased);
                        if (!fits || bool(error) == bool(leased)) ++wrong;
                        ++ended;
                        done.set_value();
                    }));
                if (random() % 2 == 0) std::this_thread::yield();
                if (random() % 3 != 0) signal.emit(asio::cancellation_type::partial);
                result_of(end);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(ended == begun);
    CHECK(wrong == 0);
    CHECK(watching.findings().empty());
    CHECK(eventually([&] { return pool.stats().active == 0; }));
    CHECK(pool.stats().waiters == 0);
}

TEST_CASE("orders arrive from everywhere while callers come and go, and close ends it all") {
    fake_servers servers(4);
    io_threads io(2);
    auto settings = small_pool(connections);
    settings.min_idle_conns = 1;
    settings.health_check_period = 100ms;
    settings.connect_timeout = 20ms;
    fake_pool pool(io.executor(), settings, servers.driver());
    std::atomic<bool> ended = false;
    std::atomic<int> unexpected = 0;
    std::vector<std::thread> threads;
    for (unsigned caller = 0; caller < 4; ++caller) {
        threads.emplace_back([&, caller] {
            std::minstd_rand random(caller + 1);
            for (;;) {
                try {
                    fake_lease leased = pool.acquire(patience);
                    use(leased, random, servers);
                } catch (const podpool::error& error) {
                    if (error.code() == podpool::errc::pool_closed) return;
                    ++unexpected;
                }
            }
        });
    }
    threads.emplace_back([&] {
        std::minstd_rand random(99);
        while (!ended) {
            switch (random() % 7) {
                case 0:
                    pool.resize(1 + random() % 6);
                    break;
                case 1:
                    pool.retire_all();
                    break;
                case 2:
                    pool.refresh();
                    break;
                case 3:
                    servers.world().publish({servers.at(random() % 3), servers.at(3)});
                    break;
                case 4:
                    servers.behave(random() % 3, random() % 2 == 0 ? manner::hang : manner::accept);
                    break;
                case 5:
                    servers.silence(random() % 3, random() % 2 == 0);
                    break;
                default:
                    (void)pool.stats();
                    break;
            }
            std::this_thread::sleep_for(200us);
        }
        for (const std::size_t index : {0U, 1U, 2U}) {
            servers.behave(index, manner::accept);
            servers.silence(index, false);
        }
        servers.publish();
    });
    std::this_thread::sleep_for(stopwatch::load_time);
    ended = true;
    threads.back().join();
    threads.pop_back();
    auto closed = pool.async_close(asio::use_future);
    for (std::thread& thread : threads) thread.join();
    REQUIRE(closed.wait_for(patience) == std::future_status::ready);
    CHECK(unexpected == 0);
    CHECK(servers.world().sessions() == 0);
    CHECK(pool.stats().open + pool.stats().opening + pool.stats().closing == 0);
}
