// SPDX-License-Identifier: BSL-1.0
// Servers that fail statements: who does so often is kept back, and one lease at a time finds out for how
// long.
#include "bare_pool.hpp"

namespace podpool::core {
namespace {

const failure no_disk(failure_kind::server_error, "no space left on device");

/// Endpoints with three idle connections each, without anything that moves connections by itself.
bare_pool threes(std::initializer_list<int> endpoints) {
    options settings = settings_of(3 * endpoints.size());
    settings.server_totals = false;
    settings.rebalance = false;
    bare_pool pool(settings, endpoints);
    pool.open_idle(3 * endpoints.size());
    pool.pass(1ms);
    return pool;
}

std::vector<slot_id> take_all(bare_pool& pool, role wanted = role::any) {
    std::vector<slot_id> taken;
    while (const grant next = pool.machine.try_acquire(pool.now, wanted)) taken.push_back(next.slot);
    return taken;
}

std::size_t count_at(const bare_pool& pool, const std::vector<slot_id>& slots, int number) {
    return static_cast<std::size_t>(std::count_if(
        slots.begin(), slots.end(), [&](slot_id slot) { return pool.where(slot) == address(number); }));
}

void give_back(bare_pool& pool, slot_id slot) {
    pool.machine.released(slot, {}, false, pool.now);
    pool.collect();
}

void give_back(bare_pool& pool, const std::vector<slot_id>& slots) {
    for (const slot_id slot : slots) give_back(pool, slot);
}

/// A lease on this endpoint; the others that were handed out before it come back.
slot_id lease_on(bare_pool& pool, int number) {
    std::vector<slot_id> others;
    for (;;) {
        const grant next = pool.machine.try_acquire(pool.now);
        REQUIRE(next);
        if (pool.where(next.slot) == address(number)) {
            give_back(pool, others);
            return next.slot;
        }
        others.push_back(next.slot);
    }
}

void fail_on(bare_pool& pool, int number, int times) {
    for (int count = 0; count < times; ++count) {
        const slot_id slot = lease_on(pool, number);
        pool.pass(1ms);
        pool.machine.statement_failed(slot, no_disk, pool.now);
        give_back(pool, slot);
    }
}

void serve_on(bare_pool& pool, int number) {
    const slot_id slot = lease_on(pool, number);
    pool.pass(1ms);
    pool.machine.statement_served(slot, pool.now);
    give_back(pool, slot);
}

const endpoint_stats& figures_of(const stats& figures, int number) {
    return *std::find_if(figures.endpoints.begin(), figures.endpoints.end(),
                         [&](const endpoint_stats& each) { return each.where == address(number); });
}

bool ejected(const bare_pool& pool, int number) {
    return figures_of(pool.machine.snapshot(pool.now), number).state == endpoint_state::failing;
}

TEST_CASE("an endpoint is ejected after five leases in a row with errors of the server's own") {
    bare_pool pool = threes({1, 2});
    fail_on(pool, 1, 4);
    CHECK_FALSE(ejected(pool, 1));
    serve_on(pool, 1);
    fail_on(pool, 1, 4);
    CHECK_FALSE(ejected(pool, 1));
    fail_on(pool, 1, 1);
    CHECK(ejected(pool, 1));
    const stats figures = pool.machine.snapshot(pool.now);
    CHECK(figures_of(figures, 1).ejections == 1);
    CHECK(figures_of(figures, 1).last_failure.message == no_disk.message);
    CHECK(figures_of(figures, 1).retry_in.value() <= 1s);
    // Its connections stay.
    CHECK(figures_of(figures, 1).open == 3);
    const std::vector<slot_id> taken = take_all(pool);
    CHECK(taken.size() == 3);
    CHECK(count_at(pool, taken, 1) == 0);
}

TEST_CASE("one lease finds out whether an ejected endpoint is well, and then all come") {
    bare_pool pool = threes({1, 2});
    fail_on(pool, 1, 5);
    pool.tick_at_deadline();
    while (pool.machine.endpoints()[0].ejection.probe_at > pool.now) pool.tick_at_deadline();
    pool.collect();
    std::vector<slot_id> taken = take_all(pool);
    REQUIRE(taken.size() == 4);
    REQUIRE(count_at(pool, taken, 1) == 1);
    const slot_id probe = *std::find_if(taken.begin(), taken.end(),
                                        [&](slot_id slot) { return pool.where(slot) == address(1); });
    std::erase(taken, probe);
    give_back(pool, taken);

    SECTION("it is well") {
        pool.pass(1ms);
        pool.machine.statement_served(probe, pool.now);
        give_back(pool, probe);
        CHECK_FALSE(ejected(pool, 1));
        CHECK(take_all(pool).size() == 6);
    }
    SECTION("it isn't, and the next look is later") {
        pool.pass(1ms);
        pool.machine.statement_failed(probe, no_disk, pool.now);
        give_back(pool, probe);
        CHECK(ejected(pool, 1));
        CHECK(count_at(pool, take_all(pool), 1) == 0);
        const endpoint_stats figures = figures_of(pool.machine.snapshot(pool.now), 1);
        CHECK(figures.ejections == 2);
        CHECK(figures.retry_in.value() >= 1s);
        CHECK(figures.retry_in.value() <= 2s);
    }
    SECTION("it takes its time, and another lease may look after the same pause") {
        const time_point asked = pool.now;
        while (count_at(pool, taken = take_all(pool), 1) == 0) {
            give_back(pool, taken);
            pool.tick_at_deadline();
            pool.collect();
            REQUIRE(pool.now <= asked + 1s);
        }
        CHECK(pool.now >= asked + 500ms);
        CHECK(count_at(pool, taken, 1) == 1);
    }
}

TEST_CASE("what was leased before the ejection says nothing more about it") {
    bare_pool pool = threes({1, 2});
    const slot_id early = lease_on(pool, 1);
    fail_on(pool, 1, 5);
    const auto before = figures_of(pool.machine.snapshot(pool.now), 1).ejections;
    SECTION("a success doesn't end it") {
        pool.machine.statement_served(early, pool.now);
        CHECK(ejected(pool, 1));
    }
    SECTION("an error doesn't prolong it") {
        pool.machine.statement_failed(early, no_disk, pool.now);
        CHECK(figures_of(pool.machine.snapshot(pool.now), 1).ejections == before);
    }
}

TEST_CASE("never more than half of the endpoints are ejected, and a lone one never") {
    bare_pool pair = threes({1, 2});
    fail_on(pair, 1, 5);
    fail_on(pair, 2, 10);
    CHECK(ejected(pair, 1));
    CHECK_FALSE(ejected(pair, 2));

    bare_pool lone = threes({1});
    fail_on(lone, 1, 20);
    CHECK_FALSE(ejected(lone, 1));
    CHECK(take_all(lone).size() == 3);
}

TEST_CASE("when nobody else can serve, an ejected endpoint does, and is readmitted by what it serves") {
    bare_pool pool = threes({1, 2});
    fail_on(pool, 1, 5);
    pool.pass(1ms);
    const std::vector<slot_id> others = take_all(pool);
    REQUIRE(count_at(pool, others, 2) == 3);
    for (const slot_id slot : others) {
        pool.machine.released(slot, {failure_kind::endpoint_down, "shutting down"}, false, pool.now);
    }
    pool.collect();
    serve_on(pool, 1);
    CHECK_FALSE(ejected(pool, 1));
}

TEST_CASE("pool_eject_after=none ejects nobody, but the error is told") {
    options settings = settings_of(4);
    settings.eject_after.reset();
    bare_pool pool(settings, {1, 2});
    pool.open_idle(4);
    fail_on(pool, 1, 50);
    CHECK_FALSE(ejected(pool, 1));
    CHECK(figures_of(pool.machine.snapshot(pool.now), 1).last_failure.message == no_disk.message);
}

TEST_CASE("who was well for half a minute starts anew with the shortest pause, who wasn't doesn't") {
    bare_pool pool = threes({1, 2});
    const auto pause_after = [&](duration well) {
        fail_on(pool, 1, 5);
        while (pool.machine.endpoints()[0].ejection.probe_at > pool.now) pool.tick_at_deadline();
        serve_on(pool, 1);
        pool.pass(well);
        fail_on(pool, 1, 5);
        return figures_of(pool.machine.snapshot(pool.now), 1).retry_in.value();
    };
    SECTION("a relapse") { CHECK(pause_after(5s) > 1s); }
    SECTION("something new") { CHECK(pause_after(31s) <= 1s); }
}

}  // namespace
}  // namespace podpool::core
