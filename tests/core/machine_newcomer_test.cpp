// SPDX-License-Identifier: BSL-1.0
// The first session of an endpoint that an authority tells of: it doesn't wait for its turn among the moves.
#include "bare_pool.hpp"

using namespace podpool;
using namespace podpool::core;

namespace {

constexpr duration soon = 500ms;

endpoint_set answer_of(std::initializer_list<int> numbers, removal_kind removal) {
    endpoint_set answer = answer_with(numbers);
    answer.removal = removal;
    return answer;
}

endpoint_set authority(std::initializer_list<int> numbers) {
    return answer_of(numbers, removal_kind::authoritative);
}

/// The default pace, and no checks, which this test's world doesn't answer.
options unchecked(std::size_t max_conns) {
    options settings = settings_of(max_conns);
    settings.health_check_period = 24h;
    settings.server_totals = false;
    return settings;
}

std::size_t on(const bare_pool& pool, int number) {
    const endpoint_id id = pool.machine.endpoints().find(address(number));
    return id == none ? 0 : pool.machine.connections().at(id).open();
}

/// Plays the world until `end`.
void play_until(bare_pool& pool, time_point end) {
    while (pool.machine.next_deadline() <= end) {
        pool.tick_at_deadline();
        pool.open_all();
        for (const action& each : std::exchange(pool.seen, {})) {
            if (each.kind == action_kind::close) pool.machine.closed(each.slot, pool.now);
        }
    }
    pool.now = end;
}

/// A pool of idle connections that has been even for a minute.
bare_pool settled(const endpoint_set& answer, std::size_t size, std::uint64_t seed = 1) {
    bare_pool pool(unchecked(size), {}, seed);
    pool.machine.discovered(answer, pool.now);
    pool.open_idle(size);
    play_until(pool, pool.now + 1min);
    return pool;
}

}  // namespace

TEST_CASE("a new member of an authority's set has a session within half a second") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        bare_pool pool = settled(authority({1, 2, 3}), 30, seed);
        pool.machine.discovered(authority({1, 2, 3, 4}), pool.now);
        play_until(pool, pool.now + soon);
        // One, and not more: the others come at the pace of moves.
        CHECK(on(pool, 4) == 1);
        play_until(pool, pool.now + 4s);
        CHECK(on(pool, 4) == 1);
        play_until(pool, pool.now + 1min);
        // 30 connections on four pods.
        CHECK(on(pool, 4) >= 7);
    }
}

TEST_CASE("two new members have their sessions at once, also while connections are being moved") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        bare_pool pool = settled(authority({1, 2, 3}), 30, seed);
        pool.machine.discovered(authority({1, 2, 3, 4}), pool.now);
        play_until(pool, pool.now + 7s);
        REQUIRE(on(pool, 4) >= 2);
        pool.machine.discovered(authority({1, 2, 3, 4, 5, 6}), pool.now);
        play_until(pool, pool.now + soon + 100ms);
        CHECK(on(pool, 5) == 1);
        CHECK(on(pool, 6) == 1);
    }
}

TEST_CASE("where many pools use the servers, about a hundred a second have their session on a new member") {
    // 300 pools of 30, by what the servers tell.
    std::size_t early = 0;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        bare_pool pool = settled(authority({1, 2, 3}), 30, seed);
        for (slot_id slot = 0; slot < 30; ++slot) pool.machine.reported(slot, 3000, pool.now);
        pool.machine.discovered(authority({1, 2, 3, 4}), pool.now);
        play_until(pool, pool.now + soon);
        early += on(pool, 4);
        play_until(pool, pool.now + 3s);
        CHECK(on(pool, 4) >= 1);
    }
    CHECK(early < 20);
}

TEST_CASE("a pod that was listed before it was ready is a new member when it is") {
    bare_pool pool = settled(authority({1, 2}), 30);
    endpoint_set starting = authority({1, 2, 3});
    starting.endpoints[2].ready = false;
    pool.machine.discovered(starting, pool.now);
    play_until(pool, pool.now + 1min);
    REQUIRE(on(pool, 3) == 0);
    pool.machine.discovered(authority({1, 2, 3}), pool.now);
    play_until(pool, pool.now + soon);
    CHECK(on(pool, 3) == 1);
}

TEST_CASE("a new member's session comes when a lease ends, if all connections are out") {
    bare_pool pool(unchecked(12), {});
    pool.machine.discovered(authority({1, 2}), pool.now);
    const std::vector<slot_id> leased = pool.lease_new(12);
    pool.pass(1min);
    pool.machine.discovered(authority({1, 2, 3}), pool.now);
    play_until(pool, pool.now + soon);
    REQUIRE(on(pool, 3) == 0);
    std::size_t marked = 0;
    for (const slot_id slot : leased) marked += pool.machine.connections()[slot].due ? 1U : 0U;
    CHECK(marked == 1);
    for (const slot_id slot : leased) pool.machine.released(slot, {}, false, pool.now);
    pool.open_all();
    CHECK(on(pool, 3) == 1);
}

TEST_CASE("what DNS tells, and what takes over from it, moves at the pace of moves only") {
    const removal_kind removal = GENERATE(removal_kind::tentative, removal_kind::superseding);
    // The first move comes after a random part of the pace, so that some seed shows it.
    std::size_t early = 0;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        bare_pool pool = settled(answer_with({1, 2, 3}), 30, seed);
        pool.machine.discovered(answer_of({1, 2, 3, 4, 5}, removal), pool.now);
        play_until(pool, pool.now + soon);
        early += on(pool, 4) + on(pool, 5);
    }
    CHECK(early < 25);
}

TEST_CASE("without pool_rebalance a new member gets what is opened anyway only") {
    options settings = unchecked(30);
    settings.rebalance = false;
    bare_pool pool(settings, {});
    pool.machine.discovered(authority({1, 2}), pool.now);
    pool.open_idle(30);
    pool.machine.discovered(authority({1, 2, 3}), pool.now);
    play_until(pool, pool.now + 1min);
    CHECK(on(pool, 3) == 0);
}
