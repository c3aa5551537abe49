// SPDX-License-Identifier: BSL-1.0
// Lifetimes and renewals, one event at a time.
#include "bare_pool.hpp"

using namespace podpool;
using namespace podpool::core;

TEST_CASE("#14 an expired idle connection is never handed out, even if nobody has called tick()") {
    options settings = settings_of(4);
    settings.max_conn_lifetime = 10s;
    bare_pool pool(settings);
    const slot_id slot = pool.open_idle(1).front();
    pool.now = pool.machine.connections()[slot].ends_at;
    CHECK_FALSE(pool.machine.try_acquire(pool.now));
    CHECK(pool.status(slot) == slot_status::closing);
}

TEST_CASE("#15 a connection whose lifetime ends in use is closed on return and replaced") {
    options settings = settings_of(1);
    settings.max_conn_lifetime = 10s;
    bare_pool pool(settings);
    const slot_id slot = pool.lease_new(1).front();
    pool.pass(20s);
    pool.machine.tick(pool.now);
    CHECK(pool.status(slot) == slot_status::leased);
    pool.machine.released(slot, {}, false, pool.now);
    CHECK(pool.status(slot) == slot_status::closing);
    pool.machine.closed(slot, pool.now);
    pool.open_all();
    CHECK(pool.machine.connections().totals().idle == 1);
}

TEST_CASE("a renewal opens its replacement before the old connection closes") {
    options settings = settings_of(1);
    settings.max_conn_lifetime = 100s;
    bare_pool pool(settings);
    const slot_id old = pool.open_idle(1).front();
    std::vector<action> asked;
    while (asked.empty()) {
        pool.tick_at_deadline();
        for (const action& each : pool.collect()) {
            if (each.kind == action_kind::check) pool.machine.maintained(each.slot, {}, pool.now);
            if (each.kind == action_kind::open) asked.push_back(each);
        }
    }
    CHECK(pool.status(old) == slot_status::idle);
    CHECK(pool.now < pool.machine.connections()[old].ends_at);
    REQUIRE(pool.machine.begin_open(asked[0].slot, pool.now) != nullptr);
    // The old one serves meanwhile.
    const grant meanwhile = pool.machine.try_acquire(pool.now);
    CHECK(meanwhile.slot == old);
    pool.machine.opened(asked[0].slot, pool.now);
    CHECK(pool.status(old) == slot_status::leased);
    CHECK(pool.machine.connections().totals().draining == 1);
    pool.machine.released(old, {}, false, pool.now);
    CHECK(pool.status(old) == slot_status::closing);
    CHECK(pool.machine.snapshot(pool.now).renewals == 1);
}

TEST_CASE("a renewal that becomes due during a reset may move the slots in memory") {
    // One slot only, so that the replacement makes the table grow while the old one comes back.
    options settings = settings_of(1);
    settings.max_conn_lifetime = 10s;
    bare_pool pool(settings);
    const slot_id slot = pool.lease_new(1).front();
    while (!pool.machine.connections()[slot].due) pool.tick_at_deadline();
    REQUIRE(pool.now < pool.machine.connections()[slot].ends_at);
    pool.machine.released(slot, {}, true, pool.now);
    REQUIRE(pool.status(slot) == slot_status::resetting);
    pool.machine.maintained(slot, {}, pool.now);
    CHECK(pool.collect(action_kind::open).size() == 1);
    CHECK(pool.machine.connections()[slot].last_used == pool.now);
    CHECK(pool.machine.connections()[slot].renewing);
}

TEST_CASE("what has just been opened is not renewed to keep a distance, however the lifetimes are drawn") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        bare_pool pool(settings_of(3), {1}, seed);
        pool.open_idle(3);
        pool.pass(options().max_conn_lifetime * 3 / 100);
        pool.machine.tick(pool.now);
        CHECK(pool.collect(action_kind::open).empty());
    }
}

TEST_CASE("renew_all replaces every connection of that moment, one after the other, and none that is newer") {
    options settings = settings_of(6);
    settings.max_conn_lifetime = 10h;
    bare_pool pool(settings, {1, 2});
    const std::vector<slot_id> old = pool.open_idle(4);
    const grant held = pool.machine.try_acquire(pool.now);
    REQUIRE(held);
    pool.pass(1s);
    pool.machine.renew_all(pool.now);
    const time_point began = pool.now;
    std::size_t most_at_once = 0;
    const auto renewals = [&] { return pool.machine.snapshot(pool.now).renewals; };
    const auto settle_all = [&] {
        most_at_once = std::max(most_at_once, pool.collect(action_kind::open).size());
        pool.open_all();
        for (const action& each : std::exchange(pool.seen, {})) {
            if (each.kind == action_kind::close) pool.machine.closed(each.slot, pool.now);
            if (each.kind == action_kind::check) pool.machine.maintained(each.slot, {}, pool.now);
        }
    };
    while (pool.now < began + 2min) {
        settle_all();
        pool.tick_at_deadline();
        CHECK(pool.machine.connections().totals().open() >= 4);
    }
    CHECK(renewals() == 3);  // the leased one waits for its return
    pool.machine.released(held.slot, {}, false, pool.now);
    settle_all();
    CHECK(renewals() == 4);
    CHECK(most_at_once <= 1);
    pool.now += 1s;
    pool.machine.tick(pool.now);
    CHECK(renewals() == 4);
    CHECK(pool.machine.connections().totals().open() == 4);
}

TEST_CASE("after an hour in which nothing ran every idle connection is looked at before it is handed out") {
    options settings = settings_of(20);
    settings.max_conn_lifetime = settings.max_conn_idle_time = 10h;
    bare_pool pool(settings);
    pool.open_idle(20);
    CHECK_FALSE(pool.machine.try_acquire(pool.now).verify);
    pool.pass(1h);
    SECTION("when a caller is faster than whatever was to be done meanwhile") {}
    SECTION("when that was begun") {
        pool.machine.tick(pool.now);
        pool.collect();
    }
    std::size_t handed_out = 1;
    while (const grant found = pool.machine.try_acquire(pool.now)) {
        CHECK(found.verify);
        ++handed_out;
    }
    CHECK(handed_out + pool.machine.connections().totals().maintaining == 20);
}

TEST_CASE("after an hour in which nothing ran checks go on a tenth at a time, until each was asked once") {
    options settings = settings_of(20);
    settings.max_conn_lifetime = settings.max_conn_idle_time = 10h;
    bare_pool pool(settings);
    pool.open_idle(20);
    pool.pass(1h);
    const time_point woken = pool.now;
    std::vector<slot_id> asked;
    while (asked.size() < 20) {
        pool.tick_at_deadline();
        REQUIRE(pool.now < woken + settings.health_check_period);
        CHECK(pool.machine.connections().totals().maintaining <= 2);
        for (const action& each : pool.collect()) {
            CHECK(each.kind == action_kind::check);
            asked.push_back(each.slot);
        }
        // They answer some time later.
        pool.pass(100ms);
        for (const slot_id slot : asked) {
            if (pool.status(slot) == slot_status::checking) pool.machine.maintained(slot, {}, pool.now);
        }
    }
    std::sort(asked.begin(), asked.end());
    CHECK(std::adjacent_find(asked.begin(), asked.end()) == asked.end());
    CHECK(pool.machine.connections().totals().idle == 20);
    pool.machine.tick(pool.now);
    CHECK(pool.collect().empty());
}
