// SPDX-License-Identifier: BSL-1.0
// Leases: moving, ending, outliving the pool; orders that wait for leases to end.
#include "runtime/support.hpp"
#include "support/catch.hpp"

#include <optional>
#include <type_traits>
#include <utility>

using namespace podpool::test;
using namespace std::chrono_literals;
using podpool::close_reason;
using podpool::errc;
using podpool::failure;
using podpool::failure_kind;

static_assert(!std::is_copy_constructible_v<fake_lease> && !std::is_copy_assignable_v<fake_lease>);
static_assert(std::is_nothrow_move_constructible_v<fake_lease> &&
              std::is_nothrow_move_assignable_v<fake_lease>);
static_assert(!std::is_copy_constructible_v<fake_pool> && std::is_nothrow_move_constructible_v<fake_pool>);

TEST_CASE("an empty lease says so instead of crashing") {
    const fake_lease empty;
    CHECK_FALSE(empty);
    const auto refused = [](const auto& use) {
        try {
            use();
        } catch (const podpool::error& error) {
            return error.code() == errc::not_connected;
        }
        return false;
    };
    CHECK(refused([&] { (void)*empty; }));
    CHECK(refused([&] { (void)empty->alive(); }));
    CHECK(refused([&] { (void)empty.endpoint(); }));
}

TEST_CASE("#30 a lease can be released and discarded more than once") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    fake_lease leased = pool.acquire();
    leased.release();
    leased.release();
    leased.discard();
    CHECK_FALSE(leased);
    CHECK_THROWS_AS(*leased, podpool::error);
    CHECK(pool.stats().idle == 1);
    leased = pool.acquire();
    leased.discard();
    leased.release();
    CHECK(closes(pool.stats(), close_reason::discarded) == 1);
}

TEST_CASE("a moved lease leaves nothing behind, and moving over a lease returns that one") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(2), servers.driver());
    fake_lease first = pool.acquire();
    fake_lease second = pool.acquire();
    const auto* const connection = &*second;
    first = std::move(second);
    CHECK(&*first == connection);
    CHECK(pool.stats().active == 1);
    CHECK(pool.stats().idle == 1);
    fake_lease& same = first;
    first = std::move(same);
    CHECK(first);
    const fake_lease third(std::move(first));
    CHECK(&*third == connection);
    CHECK(pool.stats().active == 1);
}

TEST_CASE("#31 a lease goes back to the pool that it came from, whatever variable holds it") {
    const fake_servers servers(1);
    fake_pool one(small_pool(1), servers.driver());
    fake_pool other(small_pool(1), servers.driver());
    fake_lease first = one.acquire();
    fake_lease second = other.acquire();
    const auto* const of_one = &*first;
    const auto* const of_other = &*second;
    std::swap(first, second);
    // Moving over a lease returns the one that was held.
    first = std::move(second);
    CHECK(one.stats().active == 1);
    CHECK(other.stats().active == 0);
    first.release();
    CHECK(one.stats().active == 0);
    CHECK(&*one.acquire() == of_one);
    CHECK(&*other.acquire() == of_other);
}

TEST_CASE("a discarded connection is closed and never used again") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    pool.acquire().discard();
    CHECK(eventually([&] { return servers.world().sessions() == 0; }));
    const fake_lease next = pool.acquire();
    CHECK(servers.seen(0).attempts == 2);
    CHECK(closes(pool.stats(), close_reason::discarded) == 1);
}

TEST_CASE("a discarded connection makes room for a caller who waits") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    fake_lease held = pool.acquire();
    auto waiting = acquire_elsewhere(pool);
    REQUIRE(waiters_become(pool, 1));
    held.discard();
    CHECK(result_of(waiting)->alive());
    CHECK(servers.seen(0).attempts == 2);
    // Closing one and opening the next may overlap by pool_renew_overshoot.
    CHECK(servers.seen(0).most_sessions <= 2);
}

TEST_CASE("#11 a connection that broke during its lease is not used again") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(2), servers.driver());
    {
        const fake_lease other = pool.acquire();
        const fake_lease leased = pool.acquire();
        leased->fail_with(
            failure(failure_kind::connection_lost, "server closed the connection unexpectedly"));
    }
    CHECK(eventually([&] { return servers.world().sessions() == 1; }));
    const auto figures = pool.stats();
    CHECK(closes(figures, close_reason::broken) == 1);
    CHECK(figures.idle == 1);
}

TEST_CASE("#35 an endpoint that goes down during a lease loses its idle connections, the others don't") {
    const fake_servers servers(2);
    fake_pool pool(small_pool(4), servers.driver());
    std::vector<fake_lease> leases;
    for (int index = 0; index < 4; ++index) leases.push_back(pool.acquire());
    REQUIRE(servers.seen(0).sessions == 2);
    std::optional<fake_lease> doomed;
    for (fake_lease& leased : leases) {
        if (!doomed && leased.endpoint() == servers.at(0)) doomed = std::move(leased);
    }
    leases.clear();
    servers.refuse(0, failure(failure_kind::endpoint_down, "connection refused"));
    (*doomed)->fail_with(failure(failure_kind::endpoint_down, "57P01 terminating connection"));
    doomed.reset();
    CHECK(eventually([&] { return servers.seen(0).sessions == 0; }));
    CHECK(servers.seen(1).sessions == 2);
    const auto figures = pool.stats();
    CHECK(closes(figures, close_reason::endpoint_failed) == 2);
    CHECK(figures.endpoints[0].state == podpool::endpoint_state::failing);
    CHECK(figures.endpoints[0].last_failure.message == "57P01 terminating connection");
}

TEST_CASE("#23 #39 retire_all replaces idle connections now and leased ones when they come back") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(3), servers.driver());
    fake_lease held = pool.acquire();
    pool.acquire().release();
    REQUIRE(servers.world().sessions() == 2);
    pool.retire_all();
    CHECK(eventually([&] { return servers.world().sessions() == 1; }));
    CHECK(held->alive());
    CHECK(pool.stats().draining == 1);
    fake_lease fresh = pool.acquire();
    held.release();
    CHECK(eventually([&] { return servers.world().sessions() == 1; }));
    CHECK(closes(pool.stats(), close_reason::retired) == 2);
    fresh.release();
    CHECK(pool.stats().idle == 1);
}

TEST_CASE("#24 a larger pool serves callers who wait") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    const fake_lease held = pool.acquire();
    auto first = acquire_elsewhere(pool);
    auto second = acquire_elsewhere(pool);
    REQUIRE(waiters_become(pool, 2));
    pool.resize(3);
    CHECK(result_of(first));
    CHECK(result_of(second));
    CHECK(pool.stats().max_conns == 3);
}

TEST_CASE("#24 a smaller pool closes idle connections now and leased ones when they come back") {
    const fake_servers servers(2);
    fake_pool pool(small_pool(4), servers.driver());
    std::vector<fake_lease> leases;
    for (int index = 0; index < 4; ++index) leases.push_back(pool.acquire());
    leases.pop_back();
    pool.resize(2);
    CHECK(eventually([&] { return servers.world().sessions() == 3; }));
    leases.pop_back();
    CHECK(eventually([&] { return servers.world().sessions() == 2; }));
    leases.clear();
    CHECK(pool.stats().idle == 2);
    CHECK(closes(pool.stats(), close_reason::surplus) == 2);
}

TEST_CASE("#24 a pool may be made smaller than its minimum, which is kept again when there is room") {
    const fake_servers servers(1);
    auto settings = small_pool(3);
    settings.min_conns = 3;
    settings.min_idle_conns = 2;
    fake_pool pool(settings, servers.driver());
    REQUIRE(eventually([&] { return pool.stats().open == 3; }));
    pool.resize(1);
    CHECK(pool.stats().max_conns == 1);
    CHECK(eventually([&] { return servers.world().sessions() == 1; }));
    CHECK(pool.acquire());
    pool.resize(4);
    CHECK(eventually([&] { return pool.stats().open >= 3; }));
}

TEST_CASE("#24 resizing from several threads while callers come and go ends well") {
    const fake_servers servers(2);
    fake_pool pool(small_pool(4), servers.driver());
    std::vector<std::thread> threads;
    for (std::size_t sizes = 1; sizes <= 2; ++sizes) {
        threads.emplace_back([&pool, sizes] {
            for (std::size_t round = 0; round < 200; ++round) pool.resize(1 + (round * sizes) % 5);
        });
        threads.emplace_back([&pool] {
            for (int round = 0; round < 200; ++round) pool.acquire().release();
        });
    }
    for (std::thread& thread : threads) thread.join();
    pool.resize(2);
    CHECK(eventually([&] { return servers.world().sessions() <= 2; }));
    CHECK(broken_sum(pool.stats()).empty());
}

TEST_CASE("a size out of range is refused, and the pool stays as it is") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(3), servers.driver());
    for (const std::size_t size : {std::size_t{0}, std::size_t{100'001}}) {
        try {
            pool.resize(size);
            FAIL("a pool of " << size << " was accepted");
        } catch (const podpool::error& error) {
            CHECK(error.code() == errc::invalid_options);
            CHECK(std::string(error.what()).find("pool_max_conns") != std::string::npos);
        }
    }
    CHECK(pool.stats().max_conns == 3);
}

TEST_CASE("a moved pool goes on where it was") {
    const fake_servers servers(1);
    fake_pool first(small_pool(2), servers.driver());
    fake_lease before = first.acquire();
    fake_pool second(std::move(first));
    CHECK(second.stats().active == 1);
    const fake_lease after = second.acquire();
    before.release();
    CHECK(second.stats().idle == 1);
}

TEST_CASE("a pool that another one is moved over is closed as by its destructor") {
    const fake_servers old_servers(1);
    const fake_servers new_servers(1);
    fake_pool pool(small_pool(2), old_servers.driver());
    fake_lease old_lease = pool.acquire();
    pool.acquire().release();
    pool = fake_pool(small_pool(2), new_servers.driver());
    CHECK(old_servers.world().sessions() == 1);
    CHECK(old_lease->alive());
    const fake_lease new_lease = pool.acquire();
    CHECK(new_servers.world().sessions() == 1);
    old_lease.release();
    CHECK(old_servers.world().sessions() == 0);
    fake_pool& same = pool;
    pool = std::move(same);
    CHECK(pool.stats().active == 1);
}

TEST_CASE("#27 leases may outlive a pool with a thread of its own, and are closed on return") {
    const fake_servers servers(1);
    auto pool = std::make_unique<fake_pool>(small_pool(3), servers.driver());
    fake_lease first = pool->acquire();
    fake_lease second = pool->acquire();
    const fake_lease third = pool->acquire();
    pool.reset();
    CHECK(servers.world().sessions() == 3);
    CHECK(first->alive());
    CHECK(first.endpoint() == servers.at(0));
    first.release();
    CHECK(servers.world().sessions() == 2);
    second->use();
    second.release();
    CHECK(servers.world().sessions() == 1);
    const fake_lease moved(std::move(const_cast<fake_lease&>(third)));
    CHECK(moved->alive());
}

TEST_CASE("#27 leases may outlive a pool on the user's executor") {
    const fake_servers servers(1);
    io_threads io(2);
    auto pool = std::make_unique<fake_pool>(io.executor(), small_pool(3), servers.driver());
    fake_lease first = pool->acquire();
    fake_lease second = pool->acquire();
    pool.reset();
    first->fail_with(failure(failure_kind::connection_lost, "gone"));
    first.release();
    std::thread([moved = std::move(second)]() mutable { moved.discard(); }).join();
    CHECK(servers.world().sessions() == 0);
    io.join();
}

TEST_CASE("a lease may end on another thread than it began on") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    fake_lease leased = pool.acquire();
    std::thread([moved = std::move(leased)]() mutable { moved.release(); }).join();
    CHECK(pool.stats().idle == 1);
    CHECK(pool.acquire());
}
