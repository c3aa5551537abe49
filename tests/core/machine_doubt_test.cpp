// SPDX-License-Identifier: BSL-1.0
// A server ends one session: the login of the lost connection's replacement tells whether it ends them all.
#include "bare_pool.hpp"

namespace podpool::core {
namespace {

const failure terminated(failure_kind::session_terminated, "57P01: terminating connection");

options settings_without_totals(std::size_t max_conns) {
    options settings = settings_of(max_conns);
    settings.server_totals = false;
    return settings;
}

/// A pool of idle connections of which one has just been ended by its server.
struct doubting_pool {
    explicit doubting_pool(const options& settings, std::initializer_list<int> endpoints = {1})
        : pool(settings, endpoints) {
        pool.open_idle(settings.max_conns);
        pool.pass(1ms);
        lost = pool.machine.try_acquire(pool.now).slot;
        where = pool.where(lost);
        pool.machine.released(lost, terminated, false, pool.now);
        asked = pool.collect();
    }

    /// The slots that the machine wants to open or check.
    [[nodiscard]] std::vector<slot_id> wanted(action_kind kind) const {
        std::vector<slot_id> slots;
        for (const action& each : asked) {
            if (each.kind == kind) slots.push_back(each.slot);
        }
        return slots;
    }
    [[nodiscard]] std::size_t idle_there() const {
        for (const endpoint_stats& each : pool.machine.snapshot(pool.now).endpoints) {
            if (each.where == where) return each.idle;
        }
        return 0;
    }
    /// Begins the login that decides and returns its slot.
    slot_id dial() {
        const std::vector<slot_id> opening = wanted(action_kind::open);
        REQUIRE(opening.size() == 1);
        REQUIRE(pool.where(opening.front()) == where);
        REQUIRE(pool.machine.begin_open(opening.front(), pool.now) != nullptr);
        return opening.front();
    }

    bare_pool pool;
    slot_id lost = none;
    endpoint where;
    std::vector<action> asked;
};

TEST_CASE("after a session was terminated its endpoint is dialled at once, and its idle connections wait") {
    doubting_pool doubting(settings_without_totals(4));
    doubting.dial();
    CHECK(doubting.idle_there() == 3);
    CHECK_FALSE(doubting.pool.machine.try_acquire(doubting.pool.now));
    CHECK_FALSE(doubting.pool.machine.acquire(doubting.pool.now, never, 1).granted);
}

TEST_CASE("a login that is accepted keeps the other connections, which serve again") {
    doubting_pool doubting(settings_without_totals(4));
    doubting.pool.machine.acquire(doubting.pool.now, never, 77);
    doubting.pool.machine.opened(doubting.dial(), doubting.pool.now);
    const std::vector<action> granted = doubting.pool.collect(action_kind::grant);
    REQUIRE(granted.size() == 1);
    CHECK(granted.front().cookie == 77);
    CHECK(doubting.idle_there() == 3);
    const stats figures = doubting.pool.machine.snapshot(doubting.pool.now);
    CHECK(figures.closes[static_cast<std::size_t>(close_reason::endpoint_failed)] == 0);
    CHECK(figures.closes[static_cast<std::size_t>(close_reason::broken)] == 1);
}

TEST_CASE("a login that is refused, unreachable or ended takes the other idle connections with it") {
    const auto kind = GENERATE(failure_kind::endpoint_down, failure_kind::connection_lost,
                               failure_kind::session_terminated);
    doubting_pool doubting(settings_without_totals(4));
    doubting.pool.machine.open_failed(doubting.dial(), {kind, "the database system is shutting down"},
                                      doubting.pool.now);
    doubting.pool.collect();
    CHECK(doubting.idle_there() == 0);
    CHECK(doubting.pool.machine.snapshot(doubting.pool.now)
              .closes[static_cast<std::size_t>(close_reason::endpoint_failed)] == 3);
}

TEST_CASE("a server that refuses the login for its user's sake is up: the other connections stay") {
    doubting_pool doubting(settings_without_totals(4));
    doubting.pool.machine.open_failed(
        doubting.dial(), {failure_kind::rejected, "password authentication failed"}, doubting.pool.now);
    doubting.pool.collect();
    CHECK(doubting.idle_there() == 3);
    CHECK(doubting.pool.machine.try_acquire(doubting.pool.now));
}

TEST_CASE("a server that is full is asked on an idle connection, whose answer decides") {
    const auto alive = GENERATE(true, false);
    doubting_pool doubting(settings_without_totals(4));
    bare_pool& pool = doubting.pool;
    pool.machine.open_failed(doubting.dial(), {failure_kind::overloaded, "too many connections"}, pool.now);
    const std::vector<action> checks = pool.collect(action_kind::check);
    REQUIRE(checks.size() == 1);
    CHECK_FALSE(pool.machine.try_acquire(pool.now));

    const failure silent(failure_kind::endpoint_down, "no answer to a check");
    pool.machine.maintained(checks.front().slot, alive ? failure() : silent, pool.now);
    pool.collect();
    CHECK(doubting.idle_there() == (alive ? 3 : 0));
    CHECK(static_cast<bool>(pool.machine.try_acquire(pool.now)) == alive);
}

TEST_CASE("a checked connection that was ended, too, leads to another one") {
    doubting_pool doubting(settings_without_totals(4));
    bare_pool& pool = doubting.pool;
    pool.machine.open_failed(doubting.dial(), {failure_kind::overloaded, "too many connections"}, pool.now);
    const slot_id first = pool.collect(action_kind::check).front().slot;
    pool.machine.maintained(first, terminated, pool.now);
    const std::vector<action> checks = pool.collect(action_kind::check);
    REQUIRE(checks.size() == 1);
    CHECK(checks.front().slot != first);
    pool.machine.maintained(checks.front().slot, {}, pool.now);
    pool.collect();
    CHECK(doubting.idle_there() == 2);
}

TEST_CASE("sessions that end while the login is under way are no further question") {
    options settings = settings_without_totals(4);
    bare_pool pool(settings, {1});
    const std::vector<slot_id> leased = pool.lease_new(4);
    pool.machine.released(leased[0], {}, false, pool.now);
    pool.collect();
    for (const std::size_t index : {1U, 2U, 3U})
        pool.machine.released(leased[index], terminated, false, pool.now);
    CHECK(pool.collect(action_kind::open).size() == 1);
}

TEST_CASE("other endpoints serve meanwhile") {
    doubting_pool doubting(settings_without_totals(6), {1, 2});
    std::size_t granted = 0;
    while (const grant next = doubting.pool.machine.try_acquire(doubting.pool.now)) {
        CHECK(doubting.pool.where(next.slot) != doubting.where);
        ++granted;
    }
    CHECK(granted == 3);
}

TEST_CASE("without an overshoot the login waits until the lost connection's socket is closed") {
    options settings = settings_without_totals(3);
    settings.renew_overshoot = 0;
    doubting_pool doubting(settings);
    CHECK(doubting.wanted(action_kind::open).empty());
    CHECK_FALSE(doubting.pool.machine.try_acquire(doubting.pool.now));
    doubting.pool.machine.closed(doubting.lost, doubting.pool.now);
    doubting.asked = doubting.pool.collect();
    doubting.pool.machine.opened(doubting.dial(), doubting.pool.now);
    doubting.pool.collect();
    CHECK(doubting.idle_there() == 3);
}

TEST_CASE("an endpoint that has just refused a login needn't be asked again") {
    bare_pool pool(settings_without_totals(4), {1});
    const std::vector<slot_id> leased = pool.lease_new(3);
    pool.machine.released(leased[0], {}, false, pool.now);
    pool.machine.acquire(pool.now, never, 1);
    pool.machine.acquire(pool.now, never, 2);
    const std::vector<action> opening = pool.collect(action_kind::open);
    REQUIRE(opening.size() == 1);
    REQUIRE(pool.machine.begin_open(opening.front().slot, pool.now) != nullptr);
    pool.machine.open_failed(opening.front().slot, {failure_kind::endpoint_down, "shutting down"}, pool.now);
    pool.machine.released(leased[1], terminated, false, pool.now);
    pool.machine.released(leased[2], {}, false, pool.now);
    pool.collect();
    const stats figures = pool.machine.snapshot(pool.now);
    CHECK(figures.opening == 0);
}

TEST_CASE("the last session of an endpoint leaves nothing to ask about") {
    doubting_pool doubting(settings_without_totals(1));
    CHECK(doubting.wanted(action_kind::open).empty());
    CHECK(doubting.wanted(action_kind::check).empty());
    doubting.pool.machine.acquire(doubting.pool.now, never, 1);
    CHECK(doubting.pool.collect(action_kind::open).size() == 1);
}

TEST_CASE("a pool that gives up its connections meanwhile ends the doubt") {
    doubting_pool doubting(settings_without_totals(4));
    const slot_id asked = doubting.dial();
    doubting.pool.machine.retire_all(doubting.pool.now);
    doubting.pool.machine.open_failed(asked, {failure_kind::endpoint_down, "aborted"}, doubting.pool.now);
    doubting.pool.collect();
    doubting.pool.machine.acquire(doubting.pool.now, never, 1);
    CHECK(doubting.pool.collect(action_kind::open).size() == 1);
}

}  // namespace
}  // namespace podpool::core
