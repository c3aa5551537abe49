// SPDX-License-Identifier: BSL-1.0
// What acquire, release and hand-over don't do: allocate, or measure by a clock that lags.
#include "runtime/allocations.hpp"
#include "runtime/support.hpp"
#include "support/catch.hpp"

using namespace podpool::test;
using namespace std::chrono_literals;

TEST_CASE("neither the lease of an idle connection nor its return allocates") {
    const fake_servers servers(2);
    fake_pool pool(small_pool(2), servers.driver());
    pool.acquire().release();
    const std::size_t before = allocations();
    for (int round = 0; round < 100; ++round) pool.try_acquire().release();
    for (int round = 0; round < 100; ++round) pool.acquire().release();
    CHECK(allocations() == before);
}

TEST_CASE("#7 a hand-over to a caller who waits doesn't allocate") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    for (int round = 0; round < 20; ++round) {
        fake_lease held = pool.acquire();
        auto waiting = acquire_elsewhere(pool);
        REQUIRE(waiters_become(pool, 1));
        const std::size_t before = allocations();
        held.release();
        const std::size_t after = allocations();
        (void)result_of(waiting);
        if (round > 0) CHECK(after == before);  // buffers have grown
    }
}

TEST_CASE("#38 a wait that a return ends is measured by the precise clock") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    pool.acquire().release();
    const auto before = pool.stats().wait_time.sum();
    std::chrono::nanoseconds seen{0};
    for (int round = 0; round < 20; ++round) {
        fake_lease held = pool.acquire();
        auto waiting = acquire_elsewhere(pool);
        REQUIRE(waiters_become(pool, 1));
        seen += pool.stats().oldest_wait;
        held.release();
        (void)result_of(waiting);
    }
    // Each wait went on after it was looked at.
    CHECK(pool.stats().wait_time.sum() - before >= seen);
}
