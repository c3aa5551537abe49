// SPDX-License-Identifier: BSL-1.0
// Connections whose reset was sent when their lease ended: its answer is the next caller's, or read later.
#include "bare_pool.hpp"

namespace podpool::core {
namespace {

/// A pool of one connection whose lease has just ended with a reset that was sent.
struct unanswered_pool : bare_pool {
    explicit unanswered_pool(const options& settings = settings_of(1)) : bare_pool(settings) {
        slot = lease_new(1).front();
        machine.released_unanswered(slot, now);
        collect();
    }
    slot_id slot = none;
};

TEST_CASE("a connection whose reset was sent is idle, and its next caller reads the answer") {
    unanswered_pool pool;
    CHECK(pool.status(pool.slot) == slot_status::idle);
    pool.pass(machine::verify_window + 1s);  // the answer is as good as a look at the socket
    const grant found = pool.machine.try_acquire(pool.now);
    CHECK(found.slot == pool.slot);
    CHECK(found.unanswered);
    CHECK_FALSE(found.verify);
    pool.machine.released(pool.slot, {}, false, pool.now);
    CHECK_FALSE(pool.machine.try_acquire(pool.now).unanswered);
}

TEST_CASE("a waiter is told that the answer is to be read") {
    bare_pool pool(settings_of(1));
    const slot_id slot = pool.lease_new(1).front();
    pool.machine.acquire(pool.now, never, 7);
    pool.machine.released_unanswered(slot, pool.now);
    const std::vector<action> grants = pool.collect(action_kind::grant);
    REQUIRE(grants.size() == 1);
    CHECK(grants[0].cookie == 7);
    CHECK(grants[0].unanswered);
    CHECK_FALSE(grants[0].verify);
}

TEST_CASE("an answer that nobody comes for is read in the background") {
    unanswered_pool pool;
    CHECK(pool.machine.next_deadline() <= pool.now + machine::answer_window);
    pool.tick_at_deadline();
    const std::vector<action> resets = pool.collect(action_kind::reset);
    REQUIRE(resets.size() == 1);
    CHECK(resets[0].slot == pool.slot);
    CHECK(pool.status(pool.slot) == slot_status::resetting);
    pool.machine.maintained(pool.slot, {}, pool.now);
    CHECK_FALSE(pool.machine.try_acquire(pool.now).unanswered);
}

TEST_CASE("an answer is left alone for as long as callers come within the window") {
    unanswered_pool pool;
    const time_point end = pool.now + 10 * machine::answer_window;
    while (pool.now < end) {
        pool.pass(machine::answer_window / 4);
        pool.machine.tick(pool.now);
        CHECK(pool.collect(action_kind::reset).empty());
        const grant found = pool.machine.try_acquire(pool.now);
        REQUIRE(found.unanswered);
        pool.machine.released_unanswered(found.slot, pool.now);
    }
}

TEST_CASE("a check reads the answer first, so that nobody else has to") {
    options settings = settings_of(1);
    settings.health_check_period = 10ms;
    unanswered_pool pool(settings);
    pool.tick_at_deadline();
    CHECK(pool.collect(action_kind::check).size() == 1);
    pool.machine.maintained(pool.slot, {}, pool.now);
    pool.pass(machine::answer_window);
    pool.machine.tick(pool.now);
    CHECK(pool.collect(action_kind::reset).empty());
    CHECK_FALSE(pool.machine.try_acquire(pool.now).unanswered);
}

TEST_CASE("a connection that is given up when its lease ends is closed, whatever was sent") {
    bare_pool pool(settings_of(1));
    const slot_id slot = pool.lease_new(1).front();
    SECTION("the pool is closed") {
        pool.machine.close(pool.now);
        CHECK(pool.machine.connections()[slot].doomed);
    }
    SECTION("its lifetime is over") { pool.now = pool.machine.connections()[slot].ends_at; }
    pool.machine.released_unanswered(slot, pool.now);
    CHECK(pool.collect(action_kind::close).size() == 1);
}

TEST_CASE("after a late answer another connection shows whether the server hangs, and nobody waits for it") {
    bare_pool pool(settings_of(3), {1, 2});
    const std::vector<slot_id> leased = pool.lease_new(3);
    const bool first_is_full =
        pool.where(leased[0]) == pool.where(leased[1]) || pool.where(leased[0]) == pool.where(leased[2]);
    const endpoint silent = first_is_full ? pool.where(leased[0]) : pool.where(leased[1]);
    for (const slot_id slot : leased) {
        if (pool.where(slot) == silent) {
            pool.machine.released_unanswered(slot, pool.now);
        }
    }
    const slot_id taken = pool.machine.try_acquire(pool.now).slot;
    REQUIRE(pool.where(taken) == silent);
    pool.collect();
    pool.machine.answer_is_late(taken, pool.now);
    const std::vector<action> asked = pool.collect();
    CHECK(std::count_if(asked.begin(), asked.end(), [&](const action& each) {
              return each.kind == action_kind::reset && each.slot == taken;
          }) == 1);
    CHECK(std::count_if(asked.begin(), asked.end(), [&](const action& each) {
              return each.kind == action_kind::check && pool.where(each.slot) == silent;
          }) == 1);
    for (const slot_id slot : leased) {
        if (pool.where(slot) != silent) pool.machine.released(slot, {}, false, pool.now);
    }
    const grant next = pool.machine.try_acquire(pool.now);
    REQUIRE(next);
    CHECK_FALSE(pool.where(next.slot) == silent);
}

/// Two endpoints, both connections of one of which are being reset when the other is discovered.
struct resetting_pool : bare_pool {
    explicit resetting_pool(const options& settings = settings_of(2)) : bare_pool(settings) {
        for (const slot_id slot : lease_new(2)) machine.released(slot, {}, true, now);
        collect();
        machine.discovered(answer_with({1, 2}), now);
        seen.clear();
    }
};

TEST_CASE("a move takes a connection that is being reset when its reset ends") {
    resetting_pool pool;
    const time_point end = pool.now + 10min;
    while (pool.now < end && pool.machine.connections()[0].due == pool.machine.connections()[1].due) {
        pool.tick_at_deadline();
        CHECK(pool.collect(action_kind::open).empty());
    }
    const slot_id moving = pool.machine.connections()[0].due ? 0 : 1;
    REQUIRE(pool.machine.connections()[moving].moving);
    pool.machine.maintained(moving, {}, pool.now);
    const std::vector<action> opens = pool.collect(action_kind::open);
    REQUIRE(opens.size() == 1);
    CHECK(pool.where(opens[0].slot) == address(2));
}

TEST_CASE("a renewal takes a connection that is being reset when its reset ends") {
    options settings = settings_of(1);
    settings.max_conn_lifetime = 10min;
    bare_pool pool(settings);
    const slot_id slot = pool.lease_new(1).front();
    pool.machine.released(slot, {}, true, pool.now);
    const time_point end = pool.machine.connections()[slot].ends_at;
    while (!pool.machine.connections()[slot].due && pool.now < end) pool.tick_at_deadline();
    REQUIRE(pool.machine.connections()[slot].due);
    CHECK(pool.collect(action_kind::open).empty());
    pool.machine.maintained(slot, {}, pool.now);
    CHECK(pool.collect(action_kind::open).size() == 1);
}

TEST_CASE("renew_all takes connections that are being reset") {
    bare_pool pool(settings_of(2));
    for (const slot_id slot : pool.lease_new(2)) pool.machine.released(slot, {}, true, pool.now);
    pool.collect();
    pool.pass(1s);
    pool.machine.renew_all(pool.now);
    CHECK((pool.machine.connections()[0].due || pool.machine.connections()[1].due));
}

TEST_CASE("without an overshoot a connection that is in use moves when it comes back") {
    options settings = settings_of(2);
    settings.renew_overshoot = 0;
    resetting_pool pool(settings);
    const time_point end = pool.now + 10min;
    while (pool.now < end && pool.machine.connections()[0].due == pool.machine.connections()[1].due) {
        pool.tick_at_deadline();
    }
    const slot_id moving = pool.machine.connections()[0].due ? 0 : 1;
    REQUIRE(pool.machine.connections()[moving].moving);
    pool.machine.maintained(moving, {}, pool.now);
    CHECK(pool.status(moving) == slot_status::closing);
}

}  // namespace
}  // namespace podpool::core
