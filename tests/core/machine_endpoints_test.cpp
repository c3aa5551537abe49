// SPDX-License-Identifier: BSL-1.0
// Endpoints and answers, one event at a time.
#include "bare_pool.hpp"

using namespace podpool;
using namespace podpool::core;

namespace {

const failure refused(failure_kind::endpoint_down, "connection refused");
const failure denied(failure_kind::rejected, "password authentication failed");
const failure standby(failure_kind::wrong_role, "read-only");

endpoint_state state_of(const bare_pool& pool, int number) {
    for (const endpoint_stats& each : pool.machine.snapshot(pool.now).endpoints) {
        if (each.where == address(number)) return each.state;
    }
    FAIL("endpoint " << number << " isn't known");
    return endpoint_state::removed;
}

std::size_t on(const bare_pool& pool, int number) {
    const endpoint_id id = pool.machine.endpoints().find(address(number));
    return id == none ? 0 : pool.machine.connections().at(id).open();
}

}  // namespace

TEST_CASE("#b an endpoint missing from an answer gets nothing new at once and is closed after two more") {
    bare_pool pool(settings_of(6), {1, 2, 3});
    pool.open_idle(6);
    REQUIRE(on(pool, 3) == 2);
    pool.machine.discovered(answer_with({1, 2}), pool.now);
    CHECK(state_of(pool, 3) == endpoint_state::absent);
    CHECK(on(pool, 3) == 2);
    for (int lease = 0; lease < 4; ++lease)
        CHECK(pool.where(pool.machine.try_acquire(pool.now).slot) != address(3));
    CHECK_FALSE(pool.machine.try_acquire(pool.now));
    pool.machine.discovered(answer_with({1, 2}), pool.now);
    CHECK(on(pool, 3) == 2);
    pool.machine.discovered(answer_with({1, 2}), pool.now);
    CHECK(on(pool, 3) == 0);
    const std::vector<action> closes = pool.collect(action_kind::close);
    REQUIRE(closes.size() == 2);
    CHECK(state_of(pool, 3) == endpoint_state::removed);
    for (const action& each : closes) pool.machine.closed(each.slot, pool.now);
    CHECK(pool.machine.endpoints().find(address(3)) == none);
}

TEST_CASE("#38 the pool's counters keep what a forgotten endpoint has counted") {
    bare_pool pool(settings_of(4), {1});
    pool.machine.acquire(pool.now, never, 50);
    const slot_id attempt = pool.collect(action_kind::open).front().slot;
    REQUIRE(pool.machine.begin_open(attempt, pool.now) != nullptr);
    pool.machine.open_failed(attempt, refused, pool.now);
    pool.tick_at_deadline();
    pool.open_all();
    REQUIRE(on(pool, 1) == 1);
    for (int answer = 0; answer < 3; ++answer) pool.machine.discovered(answer_with({2}), pool.now);
    pool.machine.released(pool.seen.back().slot, {}, false, pool.now);
    for (const action& each : pool.collect(action_kind::close)) pool.machine.closed(each.slot, pool.now);
    const stats seen = pool.machine.snapshot(pool.now);
    REQUIRE(seen.endpoints.size() == 1);
    REQUIRE(seen.endpoints[0].where == address(2));
    CHECK(seen.acquires == 1);
    CHECK(seen.opens == 1);
    CHECK(seen.open_failures == 1);
    CHECK(seen.closes[static_cast<std::size_t>(close_reason::endpoint_removed)] == 1);
}

TEST_CASE("#c an endpoint that comes back between two answers loses nothing") {
    bare_pool pool(settings_of(6), {1, 2, 3});
    pool.open_idle(6);
    for (int round = 0; round < 5; ++round) {
        pool.machine.discovered(answer_with({1, 2}), pool.now);
        pool.machine.discovered(answer_with({1, 2}), pool.now);
        pool.machine.discovered(answer_with({1, 2, 3}), pool.now);
        CHECK(state_of(pool, 3) == endpoint_state::ready);
    }
    CHECK(pool.collect(action_kind::close).empty());
    for (int lease = 0; lease < 6; ++lease) CHECK(pool.machine.try_acquire(pool.now));
}

TEST_CASE("an authoritative answer takes away at once what it doesn't have, leases when they come back") {
    bare_pool pool(settings_of(6), {1, 2, 3});
    const std::vector<slot_id> slots = pool.lease_new(6);
    const auto held = std::find_if(slots.begin(), slots.end(),
                                   [&](slot_id slot) { return pool.where(slot) == address(3); });
    REQUIRE(held != slots.end());
    for (const slot_id slot : slots) {
        if (slot != *held) pool.machine.released(slot, {}, false, pool.now);
    }
    pool.collect();
    // Number 2 is in its grace already: what an authority doesn't have isn't waited for either.
    pool.machine.discovered(answer_with({1, 3}), pool.now);
    REQUIRE(on(pool, 2) == 2);
    endpoint_set answer = answer_with({1, 4});
    answer.removal = removal_kind::authoritative;
    pool.machine.discovered(answer, pool.now);
    CHECK(on(pool, 1) == 2);
    CHECK(on(pool, 2) == 0);
    CHECK(on(pool, 3) == 1);
    CHECK(state_of(pool, 3) == endpoint_state::removed);
    const std::vector<action> closes = pool.collect(action_kind::close);
    REQUIRE(closes.size() == 3);
    for (const action& each : closes) {
        CHECK(pool.where(each.slot) != address(1));
        pool.machine.closed(each.slot, pool.now);
    }
    CHECK(pool.status(*held) == slot_status::leased);
    pool.machine.released(*held, {}, false, pool.now);
    CHECK(pool.status(*held) == slot_status::closing);
}

TEST_CASE("what an authoritative answer has taken away serves nobody, even when nothing else can") {
    bare_pool pool(settings_of(2), {1, 2});
    pool.open_idle(2);
    endpoint_set answer = answer_with({3});
    answer.removal = removal_kind::authoritative;
    pool.machine.discovered(answer, pool.now);
    pool.machine.acquire(pool.now, never, 50);
    pool.collect();
    const auto attempt = std::find_if(pool.seen.begin(), pool.seen.end(),
                                      [](const action& each) { return each.kind == action_kind::open; });
    REQUIRE(attempt != pool.seen.end());
    REQUIRE(pool.machine.begin_open(attempt->slot, pool.now) != nullptr);
    CHECK(pool.where(attempt->slot) == address(3));
    pool.machine.open_failed(attempt->slot, refused, pool.now);
    CHECK(pool.collect(action_kind::grant).empty());
    // The grace of later answers is as before.
    pool.machine.discovered(answer_with({4}), pool.now);
    CHECK(state_of(pool, 3) == endpoint_state::absent);
}

TEST_CASE("#c a failed question changes no endpoint") {
    bare_pool pool(settings_of(6), {1, 2, 3});
    pool.open_idle(6);
    for (int question = 0; question < 100; ++question) pool.machine.discovery_failed("NXDOMAIN", pool.now);
    CHECK(pool.collect().empty());
    CHECK(pool.machine.snapshot(pool.now).discovery_error == "NXDOMAIN");
    CHECK(pool.machine.snapshot(pool.now).discovery_failures == 100);
    CHECK(state_of(pool, 3) == endpoint_state::ready);
    // A bad answer isn't one that an absent endpoint misses.
    pool.machine.discovered(answer_with({1, 2}), pool.now);
    for (int question = 0; question < 100; ++question) pool.machine.discovery_failed("SERVFAIL", pool.now);
    CHECK(on(pool, 3) == 2);
}

TEST_CASE("#b a terminating endpoint is drained at once") {
    bare_pool pool(settings_of(4), {1, 2});
    const std::vector<slot_id> slots = pool.lease_new(4);
    const auto on_second = [&](slot_id slot) { return pool.where(slot) == address(2); };
    const slot_id leased = *std::find_if(slots.begin(), slots.end(), on_second);
    for (const slot_id slot : slots) {
        if (slot != leased) pool.machine.released(slot, {}, false, pool.now);
    }
    endpoint_set answer = answer_with({1, 2});
    answer.endpoints[1].terminating = true;
    answer.endpoints[1].ready = false;
    pool.machine.discovered(answer, pool.now);
    CHECK(state_of(pool, 2) == endpoint_state::terminating);
    CHECK(pool.collect(action_kind::close).size() == 1);  // the idle one; the other is in use
    CHECK(pool.status(leased) == slot_status::leased);
    pool.machine.discovered(answer, pool.now);
    pool.machine.released(leased, {}, false, pool.now);
    CHECK(pool.status(leased) == slot_status::closing);
    for (const slot_id slot : slots) {
        if (pool.status(slot) == slot_status::closing) pool.machine.closed(slot, pool.now);
    }
    // It stays in answers until the pod is gone, and gets nothing meanwhile.
    pool.machine.discovered(answer, pool.now);
    CHECK(state_of(pool, 2) == endpoint_state::terminating);
    CHECK(on(pool, 2) == 0);
    answer.removal = removal_kind::authoritative;
    answer.endpoints.pop_back();
    pool.machine.discovered(answer, pool.now);
    CHECK(pool.machine.endpoints().find(address(2)) == none);
}

TEST_CASE("a removed endpoint that returns while its last lease is out is used again") {
    bare_pool pool(settings_of(4), {1, 2});
    const std::vector<slot_id> slots = pool.lease_new(2);
    const slot_id leased = pool.where(slots[0]) == address(2) ? slots[0] : slots[1];
    for (int answer = 0; answer < 3; ++answer) pool.machine.discovered(answer_with({1}), pool.now);
    CHECK(state_of(pool, 2) == endpoint_state::removed);
    pool.machine.discovered(answer_with({1, 2}), pool.now);
    CHECK(state_of(pool, 2) == endpoint_state::ready);
    // The old session stays doomed, new ones are welcome.
    pool.machine.released(leased, {}, false, pool.now);
    CHECK(pool.status(leased) == slot_status::closing);
    pool.machine.closed(leased, pool.now);
    pool.collect();
    pool.machine.acquire(pool.now, never, 50);
    const std::vector<action> asked = pool.collect(action_kind::open);
    REQUIRE(asked.size() == 1);
    CHECK(pool.where(asked[0].slot) == address(2));
}

TEST_CASE("an endpoint that isn't ready gets nothing new but keeps its connections until it is ready again") {
    bare_pool pool(settings_of(4), {1, 2});
    pool.open_idle(4);
    REQUIRE(on(pool, 2) == 2);
    endpoint_set answer = answer_with({1, 2});
    answer.endpoints[1].ready = false;
    pool.machine.discovered(answer, pool.now);
    CHECK(state_of(pool, 2) == endpoint_state::absent);
    for (int lease = 0; lease < 2; ++lease)
        CHECK(pool.where(pool.machine.try_acquire(pool.now).slot) == address(1));
    CHECK_FALSE(pool.machine.try_acquire(pool.now));
    // No count of answers ends it: the source still has it.
    for (int count = 0; count < 5; ++count) pool.machine.discovered(answer, pool.now);
    CHECK(on(pool, 2) == 2);
    pool.machine.discovered(answer_with({1, 2}), pool.now);
    CHECK(pool.collect(action_kind::close).empty());
    CHECK(pool.where(pool.machine.try_acquire(pool.now).slot) == address(2));
}

TEST_CASE("an opening to an endpoint that is removed meanwhile is aborted and its caller served elsewhere") {
    bare_pool pool(settings_of(4), {1, 2});
    pool.machine.acquire(pool.now, never, 50);
    const slot_id slot = pool.collect(action_kind::open).front().slot;
    REQUIRE(pool.machine.begin_open(slot, pool.now) != nullptr);
    const int other = pool.where(slot) == address(1) ? 2 : 1;
    for (int answer = 0; answer < 3; ++answer) pool.machine.discovered(answer_with({other}), pool.now);
    CHECK(pool.collect(action_kind::abort).size() == 1);
    pool.machine.open_failed(slot, refused, pool.now);
    pool.open_all();
    CHECK(pool.machine.waiting() == 0);
    CHECK(on(pool, other) == 1);
}

TEST_CASE("an endpoint that leaves the answer, or isn't ready, before the dial begins isn't dialled") {
    const bool still_listed = GENERATE(false, true);
    bare_pool pool(settings_of(4), {1, 2});
    pool.machine.acquire(pool.now, never, 50);
    const slot_id slot = pool.collect(action_kind::open).front().slot;
    const int other = pool.where(slot) == address(1) ? 2 : 1;
    endpoint_set answer = answer_with({other});
    if (still_listed) {
        answer = answer_with({1, 2});
        answer.endpoints[other == 1 ? 1 : 0].ready = false;
    }
    pool.machine.discovered(answer, pool.now);
    CHECK(pool.machine.begin_open(slot, pool.now) == nullptr);
    const std::vector<action> asked = pool.collect(action_kind::open);
    REQUIRE(asked.size() == 1);
    CHECK(pool.where(asked[0].slot) == address(other));
    CHECK(pool.machine.begin_open(asked[0].slot, pool.now) != nullptr);
}

TEST_CASE("an endpoint that leaves the answer before the dial is dialled when nothing else can serve") {
    bare_pool pool(settings_of(4), {1, 2});
    pool.machine.acquire(pool.now, never, 50);
    pool.machine.acquire(pool.now, never, 51);
    const std::vector<action> asked = pool.collect(action_kind::open);
    REQUIRE(asked.size() == 2);
    REQUIRE(pool.machine.begin_open(asked[1].slot, pool.now) != nullptr);
    const int failing = pool.where(asked[1].slot) == address(1) ? 1 : 2;
    pool.machine.open_failed(asked[1].slot, refused, pool.now);
    pool.machine.discovered(answer_with({failing}), pool.now);
    CHECK(pool.machine.begin_open(asked[0].slot, pool.now) != nullptr);
}

TEST_CASE("a renewal whose endpoint leaves the answer before the dial goes elsewhere at once") {
    options settings = settings_of(4);
    settings.max_conn_lifetime = 100s;
    bare_pool pool(settings, {1, 2});
    pool.open_idle(1);
    std::vector<action> asked;
    while (asked.empty()) {
        pool.tick_at_deadline();
        for (const action& each : pool.collect()) {
            if (each.kind == action_kind::check) pool.machine.maintained(each.slot, {}, pool.now);
            if (each.kind == action_kind::open) asked.push_back(each);
        }
    }
    const int other = pool.where(asked[0].slot) == address(1) ? 2 : 1;
    pool.machine.discovered(answer_with({other}), pool.now);
    CHECK(pool.machine.begin_open(asked[0].slot, pool.now) == nullptr);
    const std::vector<action> instead = pool.collect(action_kind::open);
    REQUIRE(instead.size() == 1);
    CHECK(pool.where(instead[0].slot) == address(other));
}

TEST_CASE("waiting callers get the room that idle connections of absent endpoints take") {
    bare_pool pool(settings_of(2), {1});
    pool.open_idle(2);
    pool.machine.discovered(answer_with({2}), pool.now);
    pool.collect();
    pool.machine.acquire(pool.now, never, 50);
    const std::vector<action> asked = pool.collect();
    CHECK(std::count_if(asked.begin(), asked.end(),
                        [](const action& each) { return each.kind == action_kind::close; }) == 1);
    // Overshoot lets the new one open before the old socket is closed.
    CHECK(std::count_if(asked.begin(), asked.end(),
                        [](const action& each) { return each.kind == action_kind::open; }) == 1);
}

TEST_CASE("absent endpoints serve when every discovered one fails, and no longer once one works") {
    bare_pool pool(settings_of(4), {1});
    pool.open_idle(2);
    pool.machine.discovered(answer_with({2}), pool.now);
    pool.machine.acquire(pool.now, never, 50);
    const slot_id slot = pool.collect(action_kind::open).front().slot;
    REQUIRE(pool.machine.begin_open(slot, pool.now) != nullptr);
    CHECK(pool.machine.waiting() == 1);
    pool.machine.open_failed(slot, refused, pool.now);
    CHECK(pool.machine.waiting() == 0);
    const grant second = pool.machine.try_acquire(pool.now);
    REQUIRE(second);
    CHECK(pool.where(second.slot) == address(1));
    pool.machine.released(second.slot, {}, false, pool.now);

    // The new endpoint answers: from now on it alone is used.
    pool.pass(1s);
    pool.machine.acquire(pool.now, never, 51);
    pool.machine.acquire(pool.now, never, 52);
    pool.open_all();
    CHECK(on(pool, 2) >= 1);
    pool.collect();
    CHECK_FALSE(pool.machine.try_acquire(pool.now));
}

TEST_CASE("callers are refused at once when every endpoint refuses the login, and not before") {
    bare_pool pool(settings_of(4), {1, 2});
    pool.machine.acquire(pool.now, never, 50);
    slot_id slot = pool.collect(action_kind::open).front().slot;
    REQUIRE(pool.machine.begin_open(slot, pool.now) != nullptr);
    pool.machine.open_failed(slot, denied, pool.now);
    CHECK(pool.machine.waiting() == 1);  // the other one may take us
    slot = pool.collect(action_kind::open).front().slot;
    REQUIRE(pool.machine.begin_open(slot, pool.now) != nullptr);
    pool.machine.open_failed(slot, denied, pool.now);
    CHECK(pool.machine.waiting() == 0);
    const std::vector<action> asked = pool.collect(action_kind::refuse);
    REQUIRE(asked.size() == 1);
    CHECK(asked[0].reason == errc::connection_rejected);
    CHECK(*pool.machine.acquire(pool.now, never, 51).refused == errc::connection_rejected);
    // After the back-off somebody tries again.
    pool.pass(1s);
    CHECK_FALSE(pool.machine.acquire(pool.now, never, 52).refused);
    CHECK(pool.collect(action_kind::open).size() == 1);
}

TEST_CASE("#h a connection that reports another role takes its endpoint's idle ones with it") {
    bare_pool pool(settings_of(6), {1, 2});
    pool.open_idle(6);
    const slot_id demoted = pool.machine.try_acquire(pool.now).slot;
    const endpoint gone = pool.where(demoted);
    pool.machine.released(demoted, standby, false, pool.now);
    const std::vector<action> closes = pool.collect(action_kind::close);
    CHECK(closes.size() == 3);
    for (const action& each : closes) CHECK(pool.where(each.slot) == gone);
    for (int lease = 0; lease < 3; ++lease)
        CHECK(pool.where(pool.machine.try_acquire(pool.now).slot) != gone);
}

TEST_CASE("#h what is leased or reset while its server is demoted serves nobody afterwards") {
    const bool seen_by_an_attempt = GENERATE(false, true);
    bare_pool pool(settings_of(6), {1});
    const std::vector<slot_id> slots = pool.lease_new(3);
    const slot_id in_reset = slots[1];
    pool.machine.released(in_reset, {}, true, pool.now);
    pool.collect();
    if (seen_by_an_attempt) {
        pool.machine.acquire(pool.now, never, 50);
        const slot_id attempt = pool.collect(action_kind::open).front().slot;
        REQUIRE(pool.machine.begin_open(attempt, pool.now) != nullptr);
        pool.machine.open_failed(attempt, standby, pool.now);
    } else {
        pool.machine.released(slots[2], standby, false, pool.now);
    }
    CHECK(pool.collect(action_kind::abort).size() == 1);  // the reset
    CHECK(pool.status(slots[0]) == slot_status::leased);  // nobody's work is cut
    pool.machine.maintained(in_reset, {}, pool.now);
    pool.machine.released(slots[0], {}, false, pool.now);
    CHECK(pool.status(in_reset) == slot_status::closing);
    CHECK(pool.status(slots[0]) == slot_status::closing);
    const stats seen = pool.machine.snapshot(pool.now);
    CHECK(seen.endpoints[0].closes[static_cast<std::size_t>(close_reason::endpoint_failed)] >= 2);
}

TEST_CASE("#h an attempt that is under way while its server is demoted finds out by itself") {
    bare_pool pool(settings_of(6), {1});
    const slot_id leased = pool.lease_new(1).front();
    pool.machine.acquire(pool.now, never, 50);
    const slot_id attempt = pool.collect(action_kind::open).front().slot;
    REQUIRE(pool.machine.begin_open(attempt, pool.now) != nullptr);
    pool.machine.released(leased, standby, false, pool.now);
    CHECK(pool.collect(action_kind::abort).empty());
    pool.pass(1ms);
    pool.machine.opened(attempt, pool.now);
    CHECK(pool.collect(action_kind::grant).size() == 1);
}

TEST_CASE("#i an endpoint that failed is tried once, not by everybody, until it has proven itself") {
    bare_pool pool(settings_of(10), {1});
    pool.machine.acquire(pool.now, never, 50);
    slot_id slot = pool.collect(action_kind::open).front().slot;
    pool.machine.begin_open(slot, pool.now);
    pool.machine.open_failed(slot, refused, pool.now);
    for (std::uintptr_t cookie = 51; cookie < 60; ++cookie) pool.machine.acquire(pool.now, never, cookie);
    CHECK(pool.collect(action_kind::open).empty());  // back-off
    pool.tick_at_deadline();
    const std::vector<action> probe = pool.collect(action_kind::open);
    REQUIRE(probe.size() == 1);
    REQUIRE(pool.machine.begin_open(probe[0].slot, pool.now) != nullptr);
    for (std::uintptr_t cookie = 60; cookie < 70; ++cookie) pool.machine.acquire(pool.now, never, cookie);
    CHECK(pool.collect(action_kind::open).empty());
    pool.pass(1ms);
    pool.machine.opened(probe[0].slot, pool.now);
    pool.pass(1ms);
    pool.tick_at_deadline();
    CHECK(pool.collect(action_kind::open).size() == 9);
}

TEST_CASE("#i an endpoint that begins to hang gets no second attempt, though it has the fewest connections") {
    bare_pool pool(settings_of(10), {1, 2});
    for (const slot_id slot : pool.lease_new(6)) {
        if (pool.where(slot) == address(2)) pool.machine.discarded(slot, pool.now);
    }
    for (const action& each : pool.collect(action_kind::close)) pool.machine.closed(each.slot, pool.now);
    REQUIRE(on(pool, 1) == 3);
    REQUIRE(on(pool, 2) == 0);
    pool.machine.acquire(pool.now, never, 50);
    const slot_id hangs = pool.collect(action_kind::open).front().slot;
    REQUIRE(pool.where(hangs) == address(2));
    REQUIRE(pool.machine.begin_open(hangs, pool.now) != nullptr);
    pool.pass(machine::patience);
    pool.machine.tick(pool.now);
    const std::vector<action> asked = pool.collect(action_kind::open);
    REQUIRE(asked.size() == 1);
    CHECK(pool.where(asked[0].slot) == address(1));
}

TEST_CASE("#d the first answer of one endpoint doesn't get it what others will get a moment later") {
    bare_pool pool(settings_of(9), {1, 2, 3});
    for (std::uintptr_t cookie = 1; cookie <= 9; ++cookie) pool.machine.acquire(pool.now, never, cookie);
    const std::vector<action> trials = pool.collect(action_kind::open);
    REQUIRE(trials.size() == 3);
    for (const action& each : trials) pool.machine.begin_open(each.slot, pool.now);
    pool.pass(2ms);
    pool.machine.opened(trials[0].slot, pool.now);
    pool.pass(2ms);
    pool.machine.tick(pool.now);
    CHECK(pool.collect(action_kind::open).size() == 1);
    pool.machine.opened(trials[1].slot, pool.now);
    pool.machine.opened(trials[2].slot, pool.now);
    pool.pass(10ms);
    pool.machine.tick(pool.now);
    for (int number = 1; number <= 3; ++number) {
        const endpoint_counts& counts =
            pool.machine.connections().at(pool.machine.endpoints().find(address(number)));
        CHECK(counts.open() + counts.opening == 3);
    }
}

TEST_CASE("an endpoint on trial that stays silent holds the others back for the patience only") {
    bare_pool pool(settings_of(9), {1, 2, 3});
    for (std::uintptr_t cookie = 1; cookie <= 9; ++cookie) pool.machine.acquire(pool.now, never, cookie);
    const std::vector<action> trials = pool.collect(action_kind::open);
    REQUIRE(trials.size() == 3);
    for (const action& each : trials) pool.machine.begin_open(each.slot, pool.now);
    pool.pass(2ms);
    pool.machine.opened(trials[0].slot, pool.now);
    pool.machine.opened(trials[1].slot, pool.now);
    pool.collect();
    pool.now = time_point(1h) + machine::patience;
    pool.machine.tick(pool.now);
    CHECK(pool.machine.connections().live() == 9);
    CHECK(pool.machine.connections().at(pool.machine.connections()[trials[2].slot].endpoint).opening == 1);
}
