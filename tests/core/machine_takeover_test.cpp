// SPDX-License-Identifier: BSL-1.0
// A source takes the place of another one: DNS has served, and the API server answers for the first time.
#include "bare_pool.hpp"

using namespace podpool;
using namespace podpool::core;

namespace {

endpoint_set answer_of_api(std::initializer_list<int> numbers, removal_kind removal) {
    endpoint_set answer = answer_with(numbers);
    answer.source = "kubernetes";
    answer.removal = removal;
    return answer;
}

/// Without checks, which this test's world doesn't answer.
options unchecked(std::size_t max_conns) {
    options settings = settings_of(max_conns);
    settings.health_check_period = 24h;
    return settings;
}

std::size_t on(const bare_pool& pool, int number) {
    const endpoint_id id = pool.machine.endpoints().find(address(number));
    return id == none ? 0 : pool.machine.connections().at(id).open();
}

/// Plays the world up to the next deadline; returns how many connections were closed.
std::size_t step(bare_pool& pool) {
    pool.tick_at_deadline();
    pool.open_all();
    std::size_t closed = 0;
    for (const action& each : std::exchange(pool.seen, {})) {
        if (each.kind != action_kind::close) continue;
        pool.machine.closed(each.slot, pool.now);
        ++closed;
    }
    return closed;
}

template <class Condition>
bool reached(bare_pool& pool, Condition condition) {
    constexpr int many = 500;
    for (int turn = 0; turn < many && !condition(); ++turn) step(pool);
    return condition();
}

}  // namespace

TEST_CASE("what only a former source has serves on while its connections move, one at a time") {
    bare_pool pool(unchecked(8), {9});
    pool.open_idle(8);
    pool.machine.discovered(answer_of_api({1, 2}, removal_kind::superseding), pool.now);
    CHECK(pool.collect(action_kind::close).empty());
    CHECK(on(pool, 9) == 8);
    const grant found = pool.machine.try_acquire(pool.now);
    REQUIRE(found);
    CHECK(pool.where(found.slot) == address(9));
    pool.machine.released(found.slot, {}, false, pool.now);

    REQUIRE(reached(pool, [&] { return on(pool, 9) == 5; }));
    // The next answers of the same source say nothing new about it.
    pool.machine.discovered(answer_of_api({1, 2}, removal_kind::authoritative), pool.now);
    CHECK(pool.collect(action_kind::close).empty());
    CHECK(on(pool, 9) == 5);

    bool never_fewer = true;
    CHECK(reached(pool, [&] {
        never_fewer = never_fewer && on(pool, 1) + on(pool, 2) + on(pool, 9) >= 8;
        return on(pool, 9) == 0;
    }));
    CHECK(never_fewer);
    CHECK(on(pool, 1) == 4);
    CHECK(on(pool, 2) == 4);
    CHECK(pool.machine.endpoints().find(address(9)) == none);
}

TEST_CASE("the last connection of a former source moves, too, though no endpoint has two") {
    bare_pool pool(unchecked(2), {9});
    pool.open_idle(1);
    pool.machine.discovered(answer_of_api({1, 2}, removal_kind::superseding), pool.now);
    CHECK(reached(pool, [&] { return on(pool, 9) == 0; }));
    CHECK(on(pool, 1) + on(pool, 2) == 1);
}

TEST_CASE("nothing new is opened where only a former source has an endpoint, not even begun before") {
    bare_pool pool(unchecked(4), {9});
    pool.lease_new(1);
    pool.machine.acquire(pool.now, never, 100);
    const std::vector<action> begun = pool.collect(action_kind::open);
    REQUIRE(begun.size() == 1);
    pool.machine.discovered(answer_of_api({1}, removal_kind::superseding), pool.now);
    CHECK(pool.machine.begin_open(begun.front().slot, pool.now) == nullptr);
    pool.open_all();
    CHECK(pool.machine.waiting() == 0);
    CHECK(on(pool, 9) == 1);
    CHECK(on(pool, 1) == 1);
}

TEST_CASE("a former source's endpoint that the new one has, too, is an endpoint like any other") {
    bare_pool pool(unchecked(4), {1, 9});
    pool.open_idle(4);
    pool.machine.discovered(answer_of_api({1}, removal_kind::superseding), pool.now);
    pool.machine.discovered(answer_of_api({1, 9}, removal_kind::authoritative), pool.now);
    pool.machine.discovered(answer_of_api({1}, removal_kind::authoritative), pool.now);
    CHECK(pool.collect(action_kind::close).size() == 2);
    CHECK(on(pool, 1) == 2);
}

TEST_CASE("moves go on while the source has something to complain of, if its word holds") {
    bare_pool pool(unchecked(4), {1});
    pool.open_idle(4);
    pool.machine.discovered(answer_of_api({1, 2}, removal_kind::authoritative), pool.now);
    pool.machine.discovery_failed("slice db-x: no port 5432", pool.now);
    CHECK(reached(pool, [&] { return on(pool, 1) == 2 && on(pool, 2) == 2; }));
}
