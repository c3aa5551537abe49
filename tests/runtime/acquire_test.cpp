// SPDX-License-Identifier: BSL-1.0
// Blocking callers: waiting, order, refusals and what the errors say.
#include "runtime/support.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>

using namespace podpool::test;
using namespace std::chrono_literals;
using podpool::close_reason;
using podpool::errc;
using podpool::failure;
using podpool::failure_kind;

TEST_CASE("acquire opens a connection, and its release keeps it for the next caller") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(4), servers.driver());
    const fake_pool::lease_type::connection* first = nullptr;
    {
        const fake_lease leased = pool.acquire();
        REQUIRE(leased);
        CHECK(leased.endpoint() == servers.at(0));
        CHECK(leased->where() == servers.at(0));
        CHECK(pool.stats().active == 1);
        first = &*leased;
    }
    CHECK(pool.stats().idle == 1);
    const fake_lease again = pool.acquire();
    CHECK(&*again == first);
    CHECK(servers.seen(0).attempts == 1);
}

TEST_CASE("a pool without a name is called by its driver's label") {
    const fake_servers servers(1);
    auto settings = small_pool(1);
    settings.name.clear();
    const fake_pool pool(settings, servers.driver());
    CHECK(pool.stats().name == "fake");
}

TEST_CASE("try_acquire takes an idle connection and neither waits nor opens") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    CHECK_FALSE(pool.try_acquire());
    CHECK(servers.seen(0).attempts == 0);
    pool.acquire().release();
    const fake_lease leased = pool.try_acquire();
    CHECK(leased);
    CHECK_FALSE(pool.try_acquire());
}

TEST_CASE("#2 a caller past the maximum waits and gets the first connection that comes back") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    fake_lease held = pool.acquire();
    const auto* const connection = &*held;
    auto waiting = acquire_elsewhere(pool);
    REQUIRE(waiters_become(pool, 1));
    held.release();
    const fake_lease got = result_of(waiting);
    CHECK(&*got == connection);
    CHECK(servers.seen(0).most_sessions == 1);
}

TEST_CASE("try_acquire doesn't overtake callers who wait") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    fake_lease held = pool.acquire();
    auto waiting = acquire_elsewhere(pool);
    REQUIRE(waiters_become(pool, 1));
    std::atomic<bool> ended = false;
    std::atomic<bool> overtook = false;
    std::thread impatient([&] {
        while (!ended) {
            if (pool.try_acquire()) overtook = true;
        }
    });
    held.release();
    const fake_lease got = result_of(waiting);
    ended = true;
    impatient.join();
    CHECK_FALSE(overtook);
}

TEST_CASE("#7 callers who wait are served first come first served") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    fake_lease held = pool.acquire();
    constexpr std::size_t callers = 6;
    std::mutex mutex;
    std::vector<std::size_t> order;
    std::vector<std::thread> threads;
    for (std::size_t caller = 0; caller < callers; ++caller) {
        threads.emplace_back([&, caller] {
            const fake_lease got = pool.acquire();
            const std::lock_guard lock(mutex);
            order.push_back(caller);
        });
        CHECK(waiters_become(pool, caller + 1));
    }
    held.release();
    for (std::thread& thread : threads) thread.join();
    CHECK(order.size() == callers);
    CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("#3 an acquire that runs out of time names the pool, its sizes and who waits") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    fake_lease held = pool.acquire();
    auto waiting = acquire_elsewhere(pool);
    REQUIRE(waiters_become(pool, 1));
    const auto failed = failing_acquire(pool, 10ms);
    CHECK(failed.code == errc::acquire_timeout);
    INFO(failed.text);
    CHECK(failed.says("podpool orders: "));
    CHECK(failed.says("1 of at most 1 connections open (1 leased, 0 idle)"));
    CHECK(failed.says("1 other callers waiting"));
    CHECK(pool.stats().timeouts == 1);
    held.release();
    CHECK(result_of(waiting));
}

TEST_CASE("#4 an acquire that runs out of time tells the last failure of each endpoint") {
    const fake_servers servers(2);
    servers.refuse(0, failure(failure_kind::endpoint_down, "connection refused by the first"));
    servers.refuse(1, failure(failure_kind::overloaded, "sorry, too many clients"));
    fake_pool pool(small_pool(2), servers.driver());
    CHECK(eventually([&] {
        (void)failing_acquire(pool, 10ms);
        return servers.seen(0).attempts > 0 && servers.seen(1).attempts > 0 && pool.stats().opening == 0;
    }));
    const auto failed = failing_acquire(pool, 1ms);
    INFO(failed.text);
    CHECK(failed.code == errc::acquire_timeout);
    CHECK(failed.says("10.0.0.1:5432 (failing): connection refused by the first"));
    CHECK(failed.says("10.0.0.2:5432 (failing): sorry, too many clients"));
}

TEST_CASE("the acquire timeout of the options holds where a call names none") {
    const fake_servers servers(1);
    auto settings = small_pool(1);
    settings.acquire_timeout = 10ms;
    fake_pool pool(settings, servers.driver());
    const fake_lease held = pool.acquire(patience);
    try {
        (void)pool.acquire();
        FAIL("there was nothing to acquire");
    } catch (const podpool::error& error) {
        CHECK(error.code() == errc::acquire_timeout);
    }
}

TEST_CASE("an acquire with no time to wait takes an idle connection or fails at once") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    const auto timeout =
        GENERATE(std::chrono::nanoseconds(0), std::chrono::nanoseconds(-1), std::chrono::nanoseconds::min());
    pool.acquire().release();
    fake_lease held = pool.acquire(timeout);
    REQUIRE(held);
    CHECK(failing_acquire(pool, timeout).code == errc::acquire_timeout);
    CHECK(pool.stats().waiters == 0);
}

TEST_CASE("an acquire may wait for ever") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    fake_lease held = pool.acquire();
    auto waiting =
        std::async(std::launch::async, [&] { return pool.acquire(std::chrono::nanoseconds::max()); });
    REQUIRE(waiters_become(pool, 1));
    held.release();
    CHECK(result_of(waiting));
}

TEST_CASE("#6 callers beyond pool_max_waiters are refused at once") {
    const fake_servers servers(1);
    auto settings = small_pool(1);
    settings.max_waiters = 1;
    fake_pool pool(settings, servers.driver());
    fake_lease held = pool.acquire();
    auto waiting = acquire_elsewhere(pool);
    REQUIRE(waiters_become(pool, 1));
    const auto refused = failing_acquire(pool, std::chrono::nanoseconds::max());
    CHECK(refused.code == errc::too_many_waiters);
    CHECK(refused.says("podpool orders: too many callers wait"));
    CHECK(pool.stats().refusals == 1);
    held.release();
    CHECK(result_of(waiting));
}

TEST_CASE("#6 with pool_max_waiters at zero a caller who would have to wait is refused") {
    const fake_servers servers(1);
    auto settings = small_pool(1);
    settings.max_waiters = 0;
    settings.min_conns = 1;
    fake_pool pool(settings, servers.driver());
    REQUIRE(eventually([&] { return pool.stats().idle == 1; }));
    const fake_lease held = pool.acquire();
    CHECK(failing_acquire(pool, patience).code == errc::too_many_waiters);
}

TEST_CASE("a login that every endpoint refuses fails callers at once, with the server's words") {
    const fake_servers servers(2);
    for (const std::size_t index : {0U, 1U}) {
        servers.refuse(index, failure(failure_kind::rejected, "password authentication failed for user app"));
    }
    fake_pool pool(small_pool(2), servers.driver());
    const auto waiting = failing_acquire(pool, std::chrono::nanoseconds::max());
    CHECK(waiting.code == errc::connection_rejected);
    CHECK(waiting.says("password authentication failed for user app"));
    const auto arriving = failing_acquire(pool, std::chrono::nanoseconds::max());
    CHECK(arriving.code == errc::connection_rejected);
    CHECK(arriving.says("10.0.0.1:5432"));
    CHECK(arriving.says("10.0.0.2:5432"));
}

TEST_CASE("#8 a failed connect leaves nobody behind") {
    const fake_servers servers(1);
    servers.refuse(0, failure(failure_kind::endpoint_down, "connection refused"));
    fake_pool pool(small_pool(2), servers.driver());
    auto first = acquire_elsewhere(pool);
    auto second = acquire_elsewhere(pool);
    REQUIRE(waiters_become(pool, 2));
    REQUIRE(eventually([&] { return servers.seen(0).attempts >= 2; }));
    servers.behave(0, manner::accept);
    CHECK(result_of(first));
    CHECK(result_of(second));
}

TEST_CASE("#22 a pool survives that everything is down at its start") {
    const fake_servers servers(3);
    for (const std::size_t index : {0U, 1U, 2U}) {
        servers.refuse(index, failure(failure_kind::endpoint_down, "connection refused"));
    }
    auto settings = small_pool(3);
    settings.min_conns = 3;
    fake_pool pool(settings, servers.driver());
    CHECK(failing_acquire(pool, 20ms).code == errc::acquire_timeout);
    for (const std::size_t index : {0U, 1U, 2U}) servers.behave(index, manner::accept);
    CHECK(pool.acquire());
    CHECK(eventually([&] { return pool.stats().open == 3; }));
}

TEST_CASE("#28 callers wait for the first answer of discovery") {
    fake_servers servers(1);
    servers.world().publish(podpool::discovery_update(podpool::discovery_error("SERVFAIL for db.test.")));
    fake_pool pool(small_pool(1), servers.driver());
    auto waiting = acquire_elsewhere(pool);
    REQUIRE(waiters_become(pool, 1));
    REQUIRE(eventually([&] { return pool.stats().discovery_failures == 1; }));
    const auto failed = failing_acquire(pool, 5ms);
    CHECK(failed.says("no endpoint is known"));
    CHECK(failed.says("discovery: SERVFAIL for db.test."));
    servers.publish();
    const fake_lease got = result_of(waiting);
    CHECK(got.endpoint() == servers.at(0));
}

TEST_CASE("a server that hangs costs its attempt the connect timeout, and the error says so") {
    const fake_servers servers(1);
    servers.behave(0, manner::hang);
    auto settings = small_pool(1);
    settings.connect_timeout = 20ms;
    fake_pool pool(settings, servers.driver());
    REQUIRE(eventually([&] {
        (void)failing_acquire(pool, 10ms);
        const auto figures = pool.stats();
        return !figures.endpoints.empty() && figures.endpoints[0].open_failures > 0;
    }));
    const auto failed = failing_acquire(pool, 1ms);
    INFO(failed.text);
    CHECK(failed.says("no connection within pool_connect_timeout (20.0ms)"));
    CHECK(servers.world().sessions() == 0);
}

TEST_CASE("a server that hangs doesn't keep callers from the others") {
    const fake_servers servers(2);
    servers.behave(0, manner::hang);
    auto settings = small_pool(4);
    settings.connect_timeout = 50ms;
    fake_pool pool(settings, servers.driver());
    std::vector<fake_lease> leases;
    for (int caller = 0; caller < 3; ++caller) leases.push_back(pool.acquire());
    for (const fake_lease& leased : leases) CHECK(leased.endpoint() == servers.at(1));
}

TEST_CASE("an acquire from a closed pool fails, and says which pool") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    pool.close();
    const auto failed = failing_acquire(pool, patience);
    CHECK(failed.code == errc::pool_closed);
    CHECK(failed.says("podpool orders: the pool is closed"));
    CHECK_FALSE(pool.try_acquire());
}

namespace {

/// Acquires and releases so that the pool has one idle connection per server, all of which then die
/// unnoticed for longer than a connection is trusted without a look at its socket.
void fill_and_kill(fake_pool& pool, const fake_servers& servers, std::size_t count) {
    {
        std::vector<fake_lease> leases;
        for (std::size_t index = 0; index < count; ++index) leases.push_back(pool.acquire());
    }
    REQUIRE(pool.stats().idle == count);
    for (std::size_t index = 0; index < count; ++index) servers.world().kill_sessions(servers.at(index));
    // Time itself is what is tested: later is as good.
    std::this_thread::sleep_for(podpool::core::machine::verify_window + 20ms);
}

}  // namespace

TEST_CASE("a caller never gets a session that died while it was idle") {
    const fake_servers servers(3);
    fake_pool pool(small_pool(3), servers.driver());
    fill_and_kill(pool, servers, 3);
    const fake_lease got = pool.acquire();
    CHECK(got->alive());
    const auto figures = pool.stats();
    CHECK(closes(figures, close_reason::broken) == 3);
    CHECK(figures.active == 1);
    CHECK(broken_sum(figures).empty());
}

TEST_CASE("a shutdown that is found at the look before a lease closes what else is idle on that server") {
    const fake_servers servers(2);
    fake_pool pool(small_pool(6), servers.driver());
    {
        std::vector<fake_lease> leases;
        for (int count = 0; count < 6; ++count) leases.push_back(pool.acquire());
    }
    servers.world().with(servers.at(0), [](podpool::fake_world::server& server) {
        ++server.epoch;
        server.farewell = failure(failure_kind::endpoint_down, "57P01: terminating connection");
        server.behaviour = podpool::fake_world::manner::refuse;
    });
    std::this_thread::sleep_for(podpool::core::machine::verify_window + 20ms);
    // Both servers' connections are looked at; the first dead one speaks for the others.
    std::vector<fake_lease> leases;
    for (int count = 0; count < 2; ++count) leases.push_back(pool.acquire());
    for (const fake_lease& each : leases) CHECK(each.endpoint() == servers.at(1));
    const auto figures = pool.stats();
    CHECK(closes(figures, close_reason::endpoint_failed) == 3);
    CHECK(closes(figures, close_reason::broken) == 0);
}

TEST_CASE("try_acquire finds no connection where all have died") {
    const fake_servers servers(2);
    fake_pool pool(small_pool(2), servers.driver());
    fill_and_kill(pool, servers, 2);
    CHECK_FALSE(pool.try_acquire());
    CHECK(closes(pool.stats(), close_reason::broken) == 2);
}

TEST_CASE("a caller gets a living connection when only some have died") {
    const fake_servers servers(2);
    fake_pool pool(small_pool(2), servers.driver());
    {
        const fake_lease first = pool.acquire();
        const fake_lease second = pool.acquire();
    }
    servers.world().kill_sessions(servers.at(1));
    std::this_thread::sleep_for(podpool::core::machine::verify_window + 20ms);
    const fake_lease got = pool.acquire();
    CHECK(got.endpoint() == servers.at(0));
    CHECK(servers.seen(0).attempts + servers.seen(1).attempts == 2);
}
