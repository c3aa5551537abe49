// SPDX-License-Identifier: BSL-1.0
// How much each endpoint carries: weights, zones, subsets, and the cap on opens per second.
#include "bare_pool.hpp"

#include <cmath>
#include <iterator>
#include <set>

namespace podpool::core {
namespace {

const failure refused(failure_kind::endpoint_down, "connection refused");

endpoint_info member(int number, std::string zone, std::uint32_t weight = 1) {
    endpoint_info info(address(number), "db.example");
    info.zone = std::move(zone);
    info.weight = weight;
    return info;
}

endpoint_set answer_of(std::vector<endpoint_info> members) {
    endpoint_set answer;
    answer.source = "test";
    answer.endpoints = std::move(members);
    return answer;
}

endpoint_set numbered(int count) {
    std::vector<endpoint_info> members;
    for (int number = 1; number <= count; ++number) members.push_back(member(number, ""));
    return answer_of(std::move(members));
}

std::size_t on(const bare_pool& pool, int number) {
    const endpoint_id id = pool.machine.endpoints().find(address(number));
    return id == none ? 0 : pool.machine.connections().at(id).open();
}

std::set<int> used(const bare_pool& pool, int count) {
    std::set<int> numbers;
    for (int number = 1; number <= count; ++number) {
        if (on(pool, number) > 0) numbers.insert(number);
    }
    return numbers;
}

endpoint_state state_of(const bare_pool& pool, int number) {
    for (const endpoint_stats& each : pool.machine.snapshot(pool.now).endpoints) {
        if (each.where == address(number)) return each.state;
    }
    return endpoint_state::removed;
}

/// Lets time pass and every opening and closing that is asked for happen.
void run_for(bare_pool& pool, duration length) {
    const time_point end = pool.now + length;
    while (pool.machine.next_deadline() <= end) {
        pool.tick_at_deadline();
        pool.open_all();
        for (const action& each : std::exchange(pool.seen, {})) {
            if (each.kind == action_kind::close) pool.machine.closed(each.slot, pool.now);
            if (each.kind == action_kind::check) pool.machine.maintained(each.slot, {}, pool.now);
        }
    }
    pool.now = end;
}

}  // namespace

TEST_CASE("connections are shared out by weight, whatever the pool's size is") {
    const std::size_t size = GENERATE(4U, 8U, 40U, 41U);
    bare_pool pool(settings_of(size), {});
    pool.machine.discovered(answer_of({member(1, "", 3), member(2, "", 1)}), pool.now);
    pool.open_idle(size);
    const double due = static_cast<double>(size) * 0.75;
    INFO(on(pool, 1) << " of " << size);
    CHECK(std::abs(static_cast<double>(on(pool, 1)) - due) <= 1);
    CHECK(on(pool, 1) + on(pool, 2) == size);
}

TEST_CASE("callers are shared out by weight, too") {
    bare_pool pool(settings_of(16), {});
    pool.machine.discovered(answer_of({member(1, "", 3), member(2, "", 1)}), pool.now);
    pool.open_idle(16);
    std::size_t first = 0;
    for (int caller = 0; caller < 8; ++caller) {
        if (pool.where(pool.machine.try_acquire(pool.now).slot) == address(1)) ++first;
    }
    CHECK(first >= 5);
    CHECK(first <= 7);
}

TEST_CASE("a new weight moves connections, and none moves back") {
    bare_pool pool(settings_of(12), {1, 2});
    pool.open_idle(12);
    REQUIRE(on(pool, 1) == 6);
    pool.machine.discovered(answer_of({member(1, "", 1), member(2, "", 2)}), pool.now);
    run_for(pool, 2min);
    CHECK(on(pool, 1) >= 3);
    CHECK(on(pool, 1) <= 5);
    const auto moved = [&] {
        return pool.machine.snapshot(pool.now).closes[static_cast<std::size_t>(close_reason::rebalanced)];
    };
    const std::uint64_t moves = moved();
    CHECK(moves == 6 - on(pool, 1));
    run_for(pool, 10min);
    CHECK(moved() == moves);
}

TEST_CASE("a subset is as large as asked, stays, and the rest is spare") {
    options settings = settings_of(6);
    settings.subset = 3;
    bare_pool pool(settings, {});
    pool.machine.discovered(numbered(10), pool.now);
    pool.open_idle(6);
    const std::set<int> chosen = used(pool, 10);
    REQUIRE(chosen.size() == 3);
    for (int number = 1; number <= 10; ++number) {
        CHECK(on(pool, number) == (chosen.contains(number) ? 2U : 0U));
        CHECK(state_of(pool, number) ==
              (chosen.contains(number) ? endpoint_state::ready : endpoint_state::spare));
    }
    pool.machine.discovered(numbered(11), pool.now);
    run_for(pool, 5min);
    std::set<int> kept;
    const std::set<int> now = used(pool, 11);
    std::set_intersection(chosen.begin(), chosen.end(), now.begin(), now.end(),
                          std::inserter(kept, kept.end()));
    CHECK(now.size() == 3);
    CHECK(kept.size() >= 2);
}

TEST_CASE("one of a subset that fails is stood in for, and gets its place back") {
    options settings = settings_of(6);
    settings.subset = 2;
    bare_pool pool(settings, {});
    pool.machine.discovered(numbered(5), pool.now);
    pool.open_idle(6);
    const std::set<int> chosen = used(pool, 5);
    REQUIRE(chosen.size() == 2);
    const int dead = *chosen.begin();
    const grant held = pool.machine.try_acquire(pool.now);
    const grant other = pool.machine.try_acquire(pool.now);
    const grant cut = pool.where(held.slot) == address(dead) ? held : other;
    REQUIRE(pool.where(cut.slot) == address(dead));
    pool.machine.released(cut.slot, refused, false, pool.now);
    pool.machine.released(cut.slot == held.slot ? other.slot : held.slot, {}, false, pool.now);
    pool.collect();
    for (const action& each : std::exchange(pool.seen, {})) {
        if (each.kind == action_kind::close) pool.machine.closed(each.slot, pool.now);
    }
    REQUIRE(on(pool, dead) == 0);
    for (std::uintptr_t caller = 70; caller < 76; ++caller) pool.machine.acquire(pool.now, never, caller);
    pool.open_all();
    for (slot_id slot = 0; slot < pool.machine.connections().size(); ++slot) {
        if (pool.status(slot) == slot_status::leased) pool.machine.released(slot, {}, false, pool.now);
    }
    CHECK(on(pool, dead) == 0);
    CHECK(used(pool, 5).size() == 2);
    CHECK(pool.machine.connections().totals().open() == 6);
    // Whatever is opened on it from now on succeeds.
    run_for(pool, 5min);
    CHECK(used(pool, 5) == chosen);
}

TEST_CASE("the own zone gets everything that it has the capacity for") {
    options settings = settings_of(12);
    settings.zone = "a";
    bare_pool pool(settings, {});
    pool.machine.discovered(answer_of({member(1, "a"), member(2, "a"), member(3, "b"), member(4, "b")}),
                            pool.now);
    pool.open_idle(12);
    CHECK(on(pool, 1) == 6);
    CHECK(on(pool, 2) == 6);
    CHECK(state_of(pool, 3) == endpoint_state::spare);
}

TEST_CASE(
    "what the own zone can't carry goes to zones with capacity to spare, so that all pods carry the same") {
    // A third of the clients is in each zone; a has one of six pods, b two, c three.
    const auto members = [] {
        return std::vector{member(1, "a"), member(2, "b"), member(3, "b"),
                           member(4, "c"), member(5, "c"), member(6, "c")};
    };
    std::vector<std::size_t> carried(6, 0);
    for (const std::string zone : {"a", "b", "c"}) {
        options settings = settings_of(24);
        settings.zone = zone;
        bare_pool pool(settings, {});
        pool.machine.discovered(answer_of(members()), pool.now);
        pool.open_idle(24);
        for (int number = 1; number <= 6; ++number) {
            carried[static_cast<std::size_t>(number - 1)] += on(pool, number);
        }
        if (zone == "a") CHECK(on(pool, 2) + on(pool, 3) == 0);
        if (zone == "b") CHECK(on(pool, 2) + on(pool, 3) == 24);
        if (zone == "c") CHECK(on(pool, 4) + on(pool, 5) + on(pool, 6) == 24);
    }
    for (const std::size_t sessions : carried) {
        CHECK(sessions >= 11);
        CHECK(sessions <= 13);
    }
}

TEST_CASE("a zone without pods that serve, or unknown to the source, is no reason to fail") {
    options settings = settings_of(4);
    settings.zone = "elsewhere";
    bare_pool pool(settings, {});
    pool.machine.discovered(answer_of({member(1, "a"), member(2, "b")}), pool.now);
    pool.open_idle(4);
    CHECK(on(pool, 1) == 2);
    CHECK(on(pool, 2) == 2);
}

TEST_CASE("a source may know the own zone better, and whom an endpoint is meant for") {
    options settings = settings_of(12);
    settings.zone = "b";
    bare_pool pool(settings, {});
    endpoint_set answer = answer_of({member(1, "a"), member(2, "b")});
    answer.own_zone = "a";
    pool.machine.discovered(answer, pool.now);
    pool.open_idle(6);
    CHECK(on(pool, 1) == 6);
    CHECK(state_of(pool, 2) == endpoint_state::spare);
    // By the hints of a Service it is the other way round.
    answer.endpoints[0].meant_for = "b";
    answer.endpoints[1].meant_for = "a";
    pool.machine.discovered(answer, pool.now);
    CHECK(state_of(pool, 1) == endpoint_state::spare);
    CHECK(state_of(pool, 2) == endpoint_state::ready);
    // An answer that doesn't know leaves it as it was; one that knows of none makes all the same.
    answer.own_zone.reset();
    pool.machine.discovered(answer, pool.now);
    CHECK(state_of(pool, 1) == endpoint_state::spare);
    answer.own_zone = std::string();
    pool.machine.discovered(answer, pool.now);
    CHECK(state_of(pool, 1) == endpoint_state::ready);
    CHECK(state_of(pool, 2) == endpoint_state::ready);
}

TEST_CASE("when the own zone fails the others take over") {
    options settings = settings_of(4);
    settings.zone = "a";
    bare_pool pool(settings, {});
    pool.machine.discovered(answer_of({member(1, "a"), member(2, "b")}), pool.now);
    const std::vector<slot_id> held = pool.lease_new(2);
    REQUIRE(on(pool, 1) == 2);
    pool.machine.released(held[0], refused, false, pool.now);
    pool.machine.acquire(pool.now, never, 90);
    pool.open_all();
    CHECK(on(pool, 2) == 1);
}

TEST_CASE(
    "#f opens on one endpoint are capped per second, and callers who wait get the rest as soon as it "
    "allows") {
    options settings = settings_of(10);
    settings.max_opens_per_second = 2;
    bare_pool pool(settings, {1});
    pool.lease_new(2);  // what may be opened at once
    for (std::uintptr_t caller = 50; caller < 53; ++caller) pool.machine.acquire(pool.now, never, caller);
    pool.open_all();
    CHECK(on(pool, 1) == 2);
    const time_point began = pool.now;
    run_for(pool, 499ms);
    CHECK(on(pool, 1) == 2);
    run_for(pool, 2ms);
    CHECK(on(pool, 1) == 3);
    run_for(pool, began + 1001ms - pool.now);
    CHECK(on(pool, 1) == 4);
    run_for(pool, began + 1501ms - pool.now);
    CHECK(on(pool, 1) == 5);
}

TEST_CASE("#f a capped endpoint gets its share once it may, and others serve meanwhile") {
    options settings = settings_of(8);
    settings.max_opens_per_second = 1;
    bare_pool pool(settings, {1, 2});
    for (std::uintptr_t caller = 50; caller < 58; ++caller) pool.machine.acquire(pool.now, never, caller);
    pool.open_all();
    CHECK(on(pool, 1) + on(pool, 2) == 2);
    run_for(pool, 3500ms);
    CHECK(on(pool, 1) == 4);
    CHECK(on(pool, 2) == 4);
}

}  // namespace podpool::core
