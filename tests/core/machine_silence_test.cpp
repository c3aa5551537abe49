// SPDX-License-Identifier: BSL-1.0
// Servers that don't answer: who hangs is not handed out while others can serve.
#include "bare_pool.hpp"

namespace podpool::core {
namespace {

const failure lost(failure_kind::connection_lost, "no answer before the deadline");

/// Two endpoints with three idle connections each.
bare_pool two_by_three() {
    options settings = settings_of(6);
    settings.server_totals = false;
    bare_pool pool(settings, {1, 2});
    pool.open_idle(6);
    pool.pass(1ms);
    return pool;
}

/// Leases whatever idle connections there are for anybody.
std::vector<slot_id> take_all(bare_pool& pool) {
    std::vector<slot_id> taken;
    while (const grant next = pool.machine.try_acquire(pool.now)) taken.push_back(next.slot);
    return taken;
}

std::size_t count_at(const bare_pool& pool, const std::vector<slot_id>& slots, const endpoint& where) {
    return static_cast<std::size_t>(
        std::count_if(slots.begin(), slots.end(), [&](slot_id slot) { return pool.where(slot) == where; }));
}

void give_back(bare_pool& pool, const std::vector<slot_id>& slots) {
    for (const slot_id slot : slots) pool.machine.released(slot, {}, false, pool.now);
    pool.collect();
}

TEST_CASE("when a connection is lost one sibling is asked, and none is handed out until it has answered") {
    bare_pool pool = two_by_three();
    const slot_id dead = pool.machine.try_acquire(pool.now).slot;
    const endpoint where = pool.where(dead);
    pool.machine.released(dead, lost, false, pool.now);
    const std::vector<action> asked = pool.collect(action_kind::check);
    REQUIRE(asked.size() == 1);
    CHECK(pool.where(asked.front().slot) == where);
    CHECK(pool.machine.snapshot(pool.now).endpoints[where == address(1) ? 0 : 1].state ==
          endpoint_state::failing);

    const std::vector<slot_id> meanwhile = take_all(pool);
    CHECK(meanwhile.size() == 3);
    CHECK(count_at(pool, meanwhile, where) == 0);
    give_back(pool, meanwhile);

    pool.machine.maintained(asked.front().slot, {}, pool.now);
    CHECK(count_at(pool, take_all(pool), where) == 2);
}

TEST_CASE("a sibling that doesn't answer either takes its endpoint's idle connections with it") {
    bare_pool pool = two_by_three();
    const slot_id dead = pool.machine.try_acquire(pool.now).slot;
    const endpoint where = pool.where(dead);
    pool.machine.released(dead, lost, false, pool.now);
    const slot_id asked = pool.collect(action_kind::check).front().slot;
    pool.machine.maintained(asked, {failure_kind::endpoint_down, "no answer within 5s"}, pool.now);
    CHECK(count_at(pool, take_all(pool), where) == 0);
}

TEST_CASE("whoever lets a check wait is kept back after a while, and serves again when it has answered") {
    bare_pool pool = two_by_three();
    pool.pass(30s);
    pool.machine.tick(pool.now);
    const std::vector<action> asked = pool.collect(action_kind::check);
    REQUIRE(asked.size() == 1);
    const endpoint where = pool.where(asked.front().slot);
    std::vector<slot_id> taken = take_all(pool);
    CHECK(count_at(pool, taken, where) == 2);
    give_back(pool, taken);

    CHECK(pool.machine.next_deadline() <= pool.now + 250ms);
    pool.pass(250ms);
    pool.machine.tick(pool.now);
    taken = take_all(pool);
    CHECK(taken.size() == 3);
    CHECK(count_at(pool, taken, where) == 0);
    give_back(pool, taken);

    pool.machine.maintained(asked.front().slot, {}, pool.now);
    CHECK(count_at(pool, take_all(pool), where) == 3);
}

TEST_CASE("with nobody else to serve, what doesn't answer is handed out all the same") {
    bare_pool pool(settings_of(3));
    pool.open_idle(3);
    const slot_id dead = pool.machine.try_acquire(pool.now).slot;
    pool.machine.released(dead, lost, false, pool.now);
    REQUIRE(pool.collect(action_kind::check).size() == 1);
    CHECK(pool.machine.try_acquire(pool.now).verify);
}

}  // namespace
}  // namespace podpool::core
