// SPDX-License-Identifier: BSL-1.0
// Callers and connections, one event at a time. What takes many events is in tests/simulation.
#include "bare_pool.hpp"

using namespace podpool;
using namespace podpool::core;

namespace {

const failure lost(failure_kind::connection_lost, "connection reset by peer");
const failure refused(failure_kind::endpoint_down, "connection refused");

}  // namespace

TEST_CASE("an idle connection is leased at once and comes back") {
    bare_pool pool(settings_of(4));
    const slot_id slot = pool.open_idle(1).front();
    const acquire_result result = pool.machine.acquire(pool.now, never, 7);
    REQUIRE(result.granted);
    CHECK(result.granted.slot == slot);
    CHECK(pool.status(slot) == slot_status::leased);
    CHECK(pool.collect().empty());
    pool.machine.released(slot, {}, false, pool.now);
    CHECK(pool.status(slot) == slot_status::idle);
    CHECK(pool.collect().empty());
}

TEST_CASE("the connection returned last is leased first") {
    bare_pool pool(settings_of(4));
    const std::vector<slot_id> slots = pool.lease_new(3);
    for (const slot_id slot : {slots[2], slots[0], slots[1]})
        pool.machine.released(slot, {}, false, pool.now);
    CHECK(pool.machine.try_acquire(pool.now).slot == slots[1]);
    CHECK(pool.machine.try_acquire(pool.now).slot == slots[0]);
    CHECK(pool.machine.try_acquire(pool.now).slot == slots[2]);
    CHECK_FALSE(pool.machine.try_acquire(pool.now));
}

TEST_CASE("#2 #7 a returned connection is handed to the first waiter directly") {
    bare_pool pool(settings_of(1));
    const slot_id slot = pool.lease_new(1).front();
    pool.machine.acquire(pool.now, never, 101);
    pool.machine.acquire(pool.now, never, 102);
    CHECK(pool.collect(action_kind::open).empty());
    CHECK_FALSE(pool.machine.try_acquire(pool.now));
    pool.machine.released(slot, {}, false, pool.now);
    const std::vector<action> asked = pool.collect();
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].kind == action_kind::grant);
    CHECK(asked[0].cookie == 101);
    CHECK(asked[0].slot == slot);
    CHECK(pool.machine.waiting() == 1);
}

TEST_CASE("#5 a cancelled waiter is passed over, and cancelling it again says so") {
    bare_pool pool(settings_of(1));
    const slot_id slot = pool.lease_new(1).front();
    const waiter_id gone = pool.machine.acquire(pool.now, never, 101).waiter;
    pool.machine.acquire(pool.now, never, 102);
    CHECK(pool.machine.cancel(gone));
    CHECK_FALSE(pool.machine.cancel(gone));
    pool.machine.released(slot, {}, false, pool.now);
    CHECK(pool.collect(action_kind::grant).front().cookie == 102);
    CHECK(pool.machine.snapshot(pool.now).cancellations == 1);
}

TEST_CASE("an opening is counted under its endpoint before it is dialled") {
    bare_pool pool(settings_of(4), {1, 2});
    pool.machine.acquire(pool.now, never, 101);
    pool.machine.acquire(pool.now, never, 102);
    const std::vector<action> asked = pool.collect(action_kind::open);
    REQUIRE(asked.size() == 2);
    CHECK(pool.where(asked[0].slot) != pool.where(asked[1].slot));
    CHECK(pool.machine.connections().totals().opening == 2);
    CHECK(pool.machine.begin_open(asked[0].slot, pool.now)->where == pool.where(asked[0].slot));
}

TEST_CASE("an opening whose demand is gone before it begins is given up") {
    bare_pool pool(settings_of(4));
    const waiter_id waiter = pool.machine.acquire(pool.now, never, 101).waiter;
    const slot_id slot = pool.collect(action_kind::open).front().slot;
    pool.machine.cancel(waiter);
    CHECK(pool.machine.begin_open(slot, pool.now) == nullptr);
    CHECK(pool.status(slot) == slot_status::vacant);
    CHECK(pool.machine.connections().sockets() == 0);
}

TEST_CASE("#9 an opening that has begun isn't given up: it feeds the pool") {
    bare_pool pool(settings_of(4));
    const waiter_id waiter = pool.machine.acquire(pool.now, never, 101).waiter;
    const slot_id slot = pool.collect(action_kind::open).front().slot;
    REQUIRE(pool.machine.begin_open(slot, pool.now) != nullptr);
    pool.machine.cancel(waiter);
    pool.pass(10ms);
    pool.machine.opened(slot, pool.now);
    CHECK(pool.status(slot) == slot_status::idle);
    CHECK(pool.collect().empty());
}

TEST_CASE("an opening that hangs doesn't hold back the next one") {
    bare_pool pool(settings_of(4), {1, 2});
    pool.machine.acquire(pool.now, never, 101);
    const slot_id hangs = pool.collect(action_kind::open).front().slot;
    REQUIRE(pool.machine.begin_open(hangs, pool.now) != nullptr);
    CHECK(pool.machine.next_deadline() == pool.now + machine::patience);
    pool.tick_at_deadline();
    const std::vector<action> asked = pool.collect(action_kind::open);
    REQUIRE(asked.size() == 1);
    CHECK(pool.where(asked[0].slot) != pool.where(hangs));
    // And it isn't given up as if the first one served its caller.
    CHECK(pool.machine.begin_open(asked[0].slot, pool.now) != nullptr);
    pool.machine.opened(asked[0].slot, pool.now);
    CHECK(pool.collect(action_kind::grant).size() == 1);
}

TEST_CASE("#37 a connection is looked at if it wasn't seen alive for longer than the window") {
    bare_pool pool(settings_of(4));
    const slot_id slot = pool.open_idle(1).front();
    pool.pass(machine::verify_window);
    CHECK_FALSE(pool.machine.try_acquire(pool.now).verify);
    pool.machine.released(slot, {}, false, pool.now);
    pool.pass(machine::verify_window + 1ns);
    CHECK(pool.machine.try_acquire(pool.now).verify);
}

TEST_CASE("#35 once one connection is lost its siblings are looked at, until they prove themselves") {
    bare_pool pool(settings_of(4));
    // One is asked at once, so it takes a fourth to see what happens to the others.
    pool.open_idle(4);
    pool.pass(1ms);
    const slot_id dead = pool.machine.try_acquire(pool.now).slot;
    const slot_id busy = pool.machine.try_acquire(pool.now).slot;
    pool.machine.released(dead, lost, false, pool.now);
    CHECK(pool.collect(action_kind::close).size() == 1);
    pool.pass(1ms);
    pool.machine.released(busy, {}, false, pool.now);
    // The last answer that the busy one had may be older than the loss.
    const grant again = pool.machine.try_acquire(pool.now);
    CHECK(again.slot == busy);
    CHECK(again.verify);
    pool.pass(1ms);
    pool.machine.released(busy, {}, false, pool.now);
    // One whose whole use came later is fine, the one that was idle all along is suspect.
    CHECK_FALSE(pool.machine.try_acquire(pool.now).verify);
    CHECK(pool.machine.try_acquire(pool.now).verify);
}

TEST_CASE("#35 a sibling that was seen in the same tick of the clock as the loss is looked at, too") {
    bare_pool pool(settings_of(4));
    pool.open_idle(3);
    const slot_id dead = pool.machine.try_acquire(pool.now).slot;
    pool.machine.released(dead, lost, false, pool.now);
    CHECK(pool.machine.try_acquire(pool.now).verify);
}

TEST_CASE("a caller whose connection was dead goes to the head of the queue with its old deadline") {
    bare_pool pool(settings_of(1));
    const slot_id slot = pool.lease_new(1).front();
    pool.machine.acquire(pool.now, pool.now + 5s, 101);
    pool.machine.acquire(pool.now, pool.now + 5s, 102);
    pool.machine.released(slot, {}, false, pool.now);
    REQUIRE(pool.collect(action_kind::grant).front().cookie == 101);
    pool.machine.released(slot, lost, false, pool.now);
    const acquire_result again = pool.machine.acquire(pool.now, pool.now + 5s, 101, queue_end::front);
    REQUIRE_FALSE(again.granted);
    for (const action& each : pool.collect(action_kind::close)) pool.machine.closed(each.slot, pool.now);
    pool.open_all();
    const auto granted = std::find_if(pool.seen.rbegin(), pool.seen.rend(),
                                      [](const action& each) { return each.kind == action_kind::grant; });
    REQUIRE(granted != pool.seen.rend());
    CHECK(granted->cookie == 101);
    CHECK(pool.machine.waiting() == 1);
}

TEST_CASE("a caller who was served a dead connection isn't refused because the queue is full") {
    options settings = settings_of(1);
    settings.max_waiters = 1;
    bare_pool pool(settings);
    pool.lease_new(1);
    pool.machine.acquire(pool.now, never, 101);
    CHECK(*pool.machine.acquire(pool.now, never, 102).refused == errc::too_many_waiters);
    CHECK_FALSE(pool.machine.acquire(pool.now, never, 103, queue_end::front).refused);
    CHECK(pool.machine.snapshot(pool.now).refusals == 1);
}

TEST_CASE("#3 a waiter is refused at its deadline, which next_deadline() tells") {
    bare_pool pool(settings_of(1));
    pool.lease_new(1);
    const time_point deadline = pool.now + 7ms;
    pool.machine.acquire(pool.now, deadline, 101);
    CHECK(pool.machine.next_deadline() <= deadline);
    pool.now = deadline - 1ns;
    pool.machine.tick(pool.now);
    CHECK(pool.collect(action_kind::refuse).empty());
    pool.now = deadline;
    pool.machine.tick(pool.now);
    const std::vector<action> asked = pool.collect(action_kind::refuse);
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].reason == errc::acquire_timeout);
    CHECK(asked[0].cookie == 101);
}

TEST_CASE("#5 a waiter past its deadline doesn't get the connection that comes back then") {
    bare_pool pool(settings_of(1));
    const slot_id slot = pool.lease_new(1).front();
    pool.machine.acquire(pool.now, pool.now + 1ms, 101);
    pool.machine.acquire(pool.now, pool.now + 1s, 102);
    pool.pass(1ms);
    pool.machine.released(slot, {}, false, pool.now);
    CHECK(pool.collect(action_kind::grant).front().cookie == 102);
}

TEST_CASE("#11 a broken connection is closed and replaced for whoever waits") {
    bare_pool pool(settings_of(1));
    const slot_id slot = pool.lease_new(1).front();
    pool.machine.acquire(pool.now, never, 101);
    pool.machine.released(slot, lost, false, pool.now);
    const std::vector<action> asked = pool.collect();
    CHECK(std::count_if(asked.begin(), asked.end(), [&](const action& each) {
              return each.kind == action_kind::close && each.slot == slot;
          }) == 1);
    CHECK(std::count_if(asked.begin(), asked.end(),
                        [](const action& each) { return each.kind == action_kind::refresh; }) == 1);
    pool.machine.closed(slot, pool.now);
    pool.open_all();
    CHECK(pool.machine.waiting() == 0);
}

TEST_CASE("a connection that needs a reset is handed out only after it") {
    bare_pool pool(settings_of(1));
    const slot_id slot = pool.lease_new(1).front();
    pool.machine.acquire(pool.now, never, 101);
    pool.machine.released(slot, {}, true, pool.now);
    std::vector<action> asked = pool.collect();
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].kind == action_kind::reset);
    CHECK(pool.status(slot) == slot_status::resetting);
    pool.pass(1ms);
    pool.machine.maintained(slot, {}, pool.now);
    asked = pool.collect();
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].kind == action_kind::grant);
    CHECK_FALSE(asked[0].verify);
}

TEST_CASE("#12 a reset that fails closes the connection") {
    bare_pool pool(settings_of(1));
    const slot_id slot = pool.lease_new(1).front();
    pool.machine.released(slot, {}, true, pool.now);
    pool.machine.maintained(slot, {failure_kind::connection_lost, "reset failed"}, pool.now);
    CHECK(pool.status(slot) == slot_status::closing);
    CHECK(
        pool.machine.snapshot(pool.now).endpoints[0].closes[static_cast<std::size_t>(close_reason::broken)] ==
        1);
}

TEST_CASE("a discarded connection is closed, whatever its state") {
    bare_pool pool(settings_of(2));
    const slot_id slot = pool.lease_new(1).front();
    pool.machine.discarded(slot, pool.now);
    CHECK(pool.status(slot) == slot_status::closing);
    const stats seen = pool.machine.snapshot(pool.now);
    CHECK(seen.endpoints[0].closes[static_cast<std::size_t>(close_reason::discarded)] == 1);
    CHECK(seen.open == 0);
    CHECK(seen.closing == 1);
}

TEST_CASE("a session that can't be cleared is replaced though nobody asks, and a retired one isn't") {
    bare_pool pool(settings_of(2));
    const std::vector<slot_id> slots = pool.lease_new(2);
    pool.machine.replaced(slots[0], pool.now);
    CHECK(pool.status(slots[0]) == slot_status::closing);
    pool.machine.closed(slots[0], pool.now);
    CHECK(pool.collect(action_kind::open).size() == 1);
    pool.machine.retire_all(pool.now);
    pool.collect();
    pool.machine.replaced(slots[1], pool.now);
    pool.machine.closed(slots[1], pool.now);
    CHECK(pool.collect(action_kind::open).empty());
    CHECK(pool.machine.snapshot(pool.now).closes[static_cast<std::size_t>(close_reason::retired)] >= 1);
}

TEST_CASE("a connection that keeps too much memory is closed, and replaced when somebody needs it") {
    bare_pool pool(settings_of(2));
    const std::vector<slot_id> slots = pool.lease_new(2);
    for (const slot_id slot : slots) pool.machine.discarded(slot, pool.now, close_reason::oversized);
    CHECK(pool.status(slots[0]) == slot_status::closing);
    for (const slot_id slot : slots) pool.machine.closed(slot, pool.now);
    pool.pass(1h);
    pool.machine.tick(pool.now);
    CHECK(pool.collect(action_kind::open).empty());
    CHECK(pool.machine.snapshot(pool.now).closes[static_cast<std::size_t>(close_reason::oversized)] == 2);
    pool.machine.acquire(pool.now, never, 1);
    CHECK(pool.collect(action_kind::open).size() == 1);
}

TEST_CASE("a caller who waits is who needs the connection that replaces a too large one") {
    bare_pool pool(settings_of(1));
    const slot_id slot = pool.lease_new(1).front();
    pool.machine.acquire(pool.now, never, 101);
    pool.machine.discarded(slot, pool.now, close_reason::oversized);
    pool.machine.closed(slot, pool.now);
    pool.open_all();
    CHECK(pool.machine.waiting() == 0);
}

TEST_CASE("#13 idle connections are checked once a period, a tenth at a time, the longest unseen first") {
    bare_pool pool(settings_of(20));
    const std::vector<slot_id> slots = pool.open_idle(20);
    pool.tick_at_deadline();
    while (pool.collect(action_kind::check).empty()) pool.tick_at_deadline();
    CHECK(pool.machine.connections().totals().maintaining == 2);
    CHECK(pool.now >= time_point(1h) + 30s);
    CHECK(pool.now < time_point(1h) + 31s);
    CHECK(pool.status(slots[0]) == slot_status::checking);
    CHECK(pool.status(slots[1]) == slot_status::checking);
    pool.machine.maintained(slots[0], {}, pool.now);
    CHECK(pool.status(slots[0]) == slot_status::idle);
    CHECK(pool.machine.connections()[slots[0]].last_seen == pool.now);
}

TEST_CASE("what comes back from a long lease, or a long reset, is looked at before it is handed out again") {
    bare_pool pool(settings_of(1));
    const slot_id slot = pool.lease_new(1).front();
    pool.pass(machine::verify_window);
    pool.machine.released(slot, {}, false, pool.now);
    CHECK_FALSE(pool.machine.try_acquire(pool.now).verify);

    pool.pass(machine::verify_window + 1ms);
    pool.machine.released(slot, {}, false, pool.now);
    CHECK(pool.machine.try_acquire(pool.now).verify);

    pool.machine.released(slot, {}, true, pool.now);
    REQUIRE(pool.collect(action_kind::reset).size() == 1);
    pool.pass(1s);
    pool.machine.maintained(slot, {}, pool.now);
    CHECK(pool.machine.try_acquire(pool.now).verify);
}

TEST_CASE("#18 a check doesn't count as use: the idle time runs on") {
    options settings = settings_of(4);
    settings.max_conn_idle_time = 2min;
    bare_pool pool(settings);
    const slot_id slot = pool.open_idle(1).front();
    const time_point used = pool.now;
    while (pool.status(slot) == slot_status::idle || pool.status(slot) == slot_status::checking) {
        pool.tick_at_deadline();
        for (const action& each : pool.collect(action_kind::check)) {
            pool.machine.maintained(each.slot, {}, pool.now);
        }
    }
    CHECK(pool.now >= used + 2min);
    CHECK(pool.now < used + 2min + 1s);
}

TEST_CASE("#23 retire_all aborts what is being opened, and those who wait get another") {
    bare_pool pool(settings_of(2));
    pool.machine.acquire(pool.now, never, 101);
    const slot_id slot = pool.collect(action_kind::open).front().slot;
    REQUIRE(pool.machine.begin_open(slot, pool.now) != nullptr);
    pool.machine.retire_all(pool.now);
    CHECK(pool.collect(action_kind::abort).size() == 1);
    pool.machine.open_failed(slot, {failure_kind::endpoint_down, "aborted"}, pool.now);
    // Our own doing is nobody's failure.
    CHECK(pool.machine.endpoints()[0].failures == 0);
    pool.open_all();
    CHECK(pool.machine.waiting() == 0);
}

TEST_CASE("an opening that was to be aborted but succeeded is closed") {
    bare_pool pool(settings_of(2));
    pool.machine.acquire(pool.now, never, 101);
    const slot_id slot = pool.collect(action_kind::open).front().slot;
    REQUIRE(pool.machine.begin_open(slot, pool.now) != nullptr);
    pool.machine.retire_all(pool.now);
    pool.machine.opened(slot, pool.now);
    CHECK(pool.status(slot) == slot_status::closing);
    pool.open_all();
    CHECK(pool.machine.waiting() == 0);
}

TEST_CASE("#26 a closed machine refuses, hands out nothing, and finishes with its last socket") {
    bare_pool pool(settings_of(3));
    const std::vector<slot_id> slots = pool.lease_new(3);
    pool.machine.released(slots[0], {}, false, pool.now);
    pool.machine.released(slots[1], {}, true, pool.now);
    pool.collect();
    pool.machine.close(pool.now);
    pool.machine.close(pool.now);
    CHECK(*pool.machine.acquire(pool.now, never, 9).refused == errc::pool_closed);
    CHECK_FALSE(pool.machine.try_acquire(pool.now));
    CHECK(pool.machine.next_deadline() == never);
    CHECK(pool.collect(action_kind::close).size() == 1);
    CHECK(pool.status(slots[1]) == slot_status::resetting);
    pool.machine.maintained(slots[1], {failure_kind::connection_lost, "aborted"}, pool.now);
    pool.machine.released(slots[2], {}, true, pool.now);
    CHECK(pool.collect(action_kind::close).size() == 2);
    for (const slot_id slot : slots) {
        CHECK_FALSE(pool.machine.finished());
        pool.machine.closed(slot, pool.now);
    }
    CHECK(pool.machine.finished());
}

TEST_CASE("min_idle_conns is kept when leases, and nothing else, take idle connections away") {
    options settings = settings_of(10);
    settings.min_idle_conns = 2;
    const bool by_try = GENERATE(true, false);
    bare_pool pool(settings);
    pool.machine.tick(pool.now);
    pool.open_all();
    REQUIRE(pool.machine.connections().totals().idle == 2);
    by_try ? static_cast<void>(pool.machine.try_acquire(pool.now))
           : static_cast<void>(pool.machine.acquire(pool.now, never, 1));
    pool.open_all();
    CHECK(pool.machine.connections().totals().idle == 2);
}

TEST_CASE("a lease or a return is news only if it asks for something or moves the next wake-up") {
    options settings = settings_of(4);
    settings.min_idle_conns = 1;
    settings.rebalance = false;
    bare_pool pool(settings);
    pool.open_all();
    const grant first = pool.machine.try_acquire(pool.now);
    pool.open_all();
    const grant second = pool.machine.try_acquire(pool.now);
    REQUIRE((first && second));
    const slot_id attempt = pool.collect(action_kind::open).front().slot;
    REQUIRE(pool.machine.begin_open(attempt, pool.now) != nullptr);
    pool.machine.released(first.slot, {}, false, pool.now);
    pool.machine.released(second.slot, {}, false, pool.now);
    // By the time it fails nobody needs it: the end of its back-off is of no interest.
    pool.machine.open_failed(attempt, {failure_kind::rejected, "no such role"}, pool.now);
    pool.collect();
    const time_point before = pool.machine.next_deadline();

    REQUIRE(pool.machine.try_acquire(pool.now));
    CHECK_FALSE(pool.machine.has_news());
    REQUIRE(pool.machine.try_acquire(pool.now));
    CHECK(pool.machine.has_news());
    CHECK(pool.collect().empty());
    CHECK(pool.machine.next_deadline() < before);
    pool.machine.released(first.slot, {}, false, pool.now);
    CHECK_FALSE(pool.machine.has_news());
}

TEST_CASE("tick() too early is harmless") {
    bare_pool pool(settings_of(4));
    pool.open_idle(2);
    const time_point deadline = pool.machine.next_deadline();
    for (int call = 0; call < 10; ++call) pool.machine.tick(pool.now);
    CHECK(pool.collect().empty());
    CHECK(pool.machine.next_deadline() == deadline);
}

TEST_CASE("#38 a snapshot tells what has happened") {
    bare_pool pool(settings_of(2), {1, 2});
    const std::vector<slot_id> slots = pool.lease_new(2);
    pool.machine.acquire(pool.now, pool.now + 1s, 101);
    pool.pass(300ms);
    stats seen = pool.machine.snapshot(pool.now);
    CHECK(seen.name == "test");
    CHECK(seen.max_conns == 2);
    CHECK(seen.open == 2);
    CHECK(seen.active == 2);
    CHECK(seen.waiters == 1);
    CHECK(seen.oldest_wait == 300ms);
    CHECK(seen.acquires == 2);
    CHECK(seen.waits == 2);
    CHECK(seen.discovery_source == "dns");
    CHECK(seen.discovery_answers == 1);
    CHECK(*seen.discovery_age == 300ms);
    CHECK(seen.sessions.max_over_mean == 1);
    CHECK(seen.leases.cv == 0);
    REQUIRE(seen.endpoints.size() == 2);
    CHECK(seen.endpoints[0].share == 0.5);
    CHECK(seen.endpoints[0].host == "db.example");
    CHECK(seen.endpoints[0].opens == 1);
    CHECK(seen.endpoints[0].leases == 1);
    CHECK(seen.open_time.count() == 2);

    pool.machine.note_use_time(5ms);
    pool.machine.released(slots[0], refused, false, pool.now);
    seen = pool.machine.snapshot(pool.now);
    const std::size_t broken = seen.endpoints[0].last_failure ? 0 : 1;
    CHECK(seen.use_time.count() == 1);
    CHECK(seen.endpoints[broken].state == endpoint_state::failing);
    CHECK(seen.endpoints[broken].last_failure.message == "connection refused");
    CHECK(*seen.endpoints[broken].last_failure_age == 0s);
    CHECK(*seen.endpoints[broken].retry_in >= 5ms);
    CHECK(seen.endpoints[broken].closes[static_cast<std::size_t>(close_reason::endpoint_failed)] == 1);
}
