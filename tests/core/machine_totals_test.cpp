// SPDX-License-Identifier: BSL-1.0
// What the machine makes of the totals that servers tell.
#include "bare_pool.hpp"

namespace podpool::core {
namespace {

/// A pool of 6 with one idle connection on each of two endpoints, which have told these totals.
bare_pool two_that_told(std::size_t first, std::size_t second, bool server_totals = true) {
    options settings = settings_of(6);
    settings.server_totals = server_totals;
    bare_pool pool(settings, {1, 2});
    for (const slot_id slot : pool.open_idle(2)) {
        pool.machine.reported(slot, pool.where(slot) == address(1) ? first : second, pool.now);
    }
    return pool;
}

/// Where the third connection goes.
endpoint third(bare_pool& pool) {
    pool.machine.acquire(pool.now, never, 10);
    pool.machine.acquire(pool.now, never, 11);
    pool.machine.acquire(pool.now, never, 12);
    pool.open_all();
    for (slot_id slot = 0; slot < pool.machine.connections().size(); ++slot) {
        if (slot > 1 && pool.status(slot) == slot_status::leased) return pool.where(slot);
    }
    return {};
}

}  // namespace

TEST_CASE("of endpoints with as few connections, the one whose server has fewer sessions gets the next") {
    bare_pool one = two_that_told(40, 10);
    CHECK(third(one) == address(2));
    bare_pool other = two_that_told(10, 40);
    CHECK(third(other) == address(1));
}

TEST_CASE("totals older than five seconds, or not wanted, decide nothing") {
    bare_pool fresh = two_that_told(40, 10);
    fresh.pass(machine::freshness);
    const endpoint chosen = third(fresh);
    CHECK(chosen == address(2));
    // The same seed without totals: what chance alone would choose, once for either order of the totals.
    for (const bool wanted : {true, false}) {
        bare_pool one = two_that_told(40, 10, wanted);
        bare_pool other = two_that_told(10, 40, wanted);
        one.pass(machine::freshness + 1ms);
        other.pass(machine::freshness + 1ms);
        CHECK(third(one) == third(other));
    }
}

TEST_CASE("what a server told is in the figures, its own sessions included") {
    bare_pool pool = two_that_told(40, 10);
    for (const endpoint_stats& each : pool.machine.snapshot(pool.now).endpoints) {
        CHECK(each.server_sessions == (each.where == address(1) ? 40U : 10U));
    }
}

}  // namespace podpool::core
