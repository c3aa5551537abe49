// SPDX-License-Identifier: BSL-1.0
// Endpoints that are shutting down, that vanish, and that are other servers than before.
#include "bare_pool.hpp"

#include <podpool/role_policy.hpp>

using namespace podpool;
using namespace podpool::core;

namespace {

const failure refused(failure_kind::endpoint_down, "connection refused");

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

endpoint_set authority(std::initializer_list<int> numbers) {
    endpoint_set answer = answer_with(numbers);
    answer.source = "kubernetes";
    answer.removal = removal_kind::authoritative;
    return answer;
}

endpoint_set with_terminating(endpoint_set answer, std::size_t place) {
    answer.endpoints[place].ready = false;
    answer.endpoints[place].terminating = true;
    return answer;
}

endpoint_set with_identity(endpoint_set answer, const std::string& identity) {
    for (endpoint_info& each : answer.endpoints) each.identity = identity;
    return answer;
}

std::size_t opens_asked(bare_pool& pool) { return pool.collect(action_kind::open).size(); }

}  // namespace

TEST_CASE("the last endpoints serve while they shut down, and go when another one is ready") {
    bare_pool pool(settings_of(4), {1, 2});
    pool.open_idle(2);
    pool.machine.discovered(with_terminating(with_terminating(authority({1, 2}), 0), 1), pool.now);
    CHECK(state_of(pool, 1) == endpoint_state::terminating);
    CHECK(pool.collect(action_kind::close).empty());
    const grant first = pool.machine.try_acquire(pool.now);
    const grant second = pool.machine.try_acquire(pool.now);
    REQUIRE(first);
    REQUIRE(second);
    // They may even be dialled, as kube-proxy sends new connections to them.
    pool.machine.acquire(pool.now, never, 50);
    pool.open_all();
    REQUIRE(pool.machine.waiting() == 0);
    endpoint_set answer = with_terminating(with_terminating(authority({1, 2, 3}), 0), 1);
    pool.machine.discovered(answer, pool.now);
    pool.machine.released(first.slot, {}, false, pool.now);
    CHECK(pool.status(first.slot) == slot_status::closing);
    CHECK_FALSE(pool.machine.try_acquire(pool.now));
}

TEST_CASE("an endpoint that shuts down and serves no more isn't used even as the last one") {
    bare_pool pool(settings_of(4), {1});
    pool.open_idle(1);
    endpoint_set answer = with_terminating(authority({1}), 0);
    answer.endpoints[0].serving = false;
    pool.machine.discovered(answer, pool.now);
    CHECK_FALSE(pool.machine.try_acquire(pool.now));
    CHECK(on(pool, 1) == 0);
    pool.machine.acquire(pool.now, never, 50);
    CHECK(opens_asked(pool) == 0);
}

TEST_CASE("an endpoint that shuts down stands in for the only others when these fail, until one is well") {
    bare_pool pool(settings_of(2), {1});
    pool.open_idle(1);
    pool.machine.discovered(with_terminating(authority({1, 2}), 0), pool.now);
    CHECK(on(pool, 1) == 0);
    pool.machine.acquire(pool.now, never, 50);
    const std::vector<action> asked = pool.collect(action_kind::open);
    REQUIRE(asked.size() == 1);
    REQUIRE(pool.where(asked[0].slot) == address(2));
    REQUIRE(pool.machine.begin_open(asked[0].slot, pool.now) != nullptr);
    pool.machine.open_failed(asked[0].slot, refused, pool.now);
    pool.open_all();
    CHECK(pool.machine.waiting() == 0);
    CHECK(on(pool, 1) == 1);
}

TEST_CASE("a member that failed is tried again while one that shuts down stands in for it") {
    bare_pool pool(settings_of(2), {1});
    pool.open_idle(1);
    pool.machine.discovered(with_terminating(authority({1, 2}), 0), pool.now);
    pool.machine.acquire(pool.now, never, 50);
    const slot_id attempt = pool.collect(action_kind::open).front().slot;
    REQUIRE(pool.machine.begin_open(attempt, pool.now) != nullptr);
    pool.machine.open_failed(attempt, refused, pool.now);
    pool.open_all();
    REQUIRE(on(pool, 1) == 1);
    for (slot_id slot = 0; slot < pool.machine.connections().size(); ++slot) {
        if (pool.status(slot) == slot_status::leased) pool.machine.released(slot, {}, false, pool.now);
        if (pool.status(slot) == slot_status::closing) pool.machine.closed(slot, pool.now);
    }
    // No caller asks for a connection.
    const time_point end = pool.now + 1min;
    while (pool.now < end && on(pool, 2) == 0) {
        pool.tick_at_deadline();
        pool.open_all();
    }
    CHECK(on(pool, 2) == 1);
    CHECK(on(pool, 1) == 0);
}

TEST_CASE("a primary that shuts down serves those who ask for a primary as long as there is no other") {
    bare_pool pool(settings_of(6), {1, 2});
    const std::vector<slot_id> slots = pool.open_idle(4);
    for (const slot_id slot : slots) {
        const bool first = pool.where(slot) == address(1);
        pool.machine.role_seen(slot, first ? role::primary : role::standby, pool.now);
    }
    const auto leased = pool.machine.acquire(pool.now, never, 50, queue_end::back, role::primary).granted;
    REQUIRE(pool.where(leased.slot) == address(1));
    pool.machine.released(leased.slot, {}, false, pool.now);
    pool.machine.discovered(with_terminating(authority({1, 2}), 0), pool.now);
    CHECK(on(pool, 1) == 2);
    for (int lease = 0; lease < 2; ++lease)
        CHECK(pool.where(pool.machine.try_acquire(pool.now).slot) == address(2));
    CHECK_FALSE(pool.machine.try_acquire(pool.now));
    const grant wanted = pool.machine.try_acquire(pool.now, role::primary);
    REQUIRE(wanted);
    CHECK(pool.where(wanted.slot) == address(1));
    // The standby is promoted: the former primary isn't needed any more.
    for (const slot_id slot : slots) {
        if (pool.where(slot) == address(2)) pool.machine.role_seen(slot, role::primary, pool.now);
    }
    CHECK_FALSE(pool.machine.try_acquire(pool.now, role::primary));
    pool.machine.released(wanted.slot, {}, false, pool.now);
    CHECK(pool.status(wanted.slot) == slot_status::closing);
}

TEST_CASE("a primary that shuts down has a share of the pool as soon as nobody else can serve") {
    options settings = settings_of(4);
    settings.subset = 2;  // shares are worked out
    bare_pool pool(settings, {1, 2});
    for (const slot_id slot : pool.open_idle(2)) {
        const bool first = pool.where(slot) == address(1);
        pool.machine.role_seen(slot, first ? role::primary : role::standby, pool.now);
    }
    const grant writer = pool.machine.acquire(pool.now, never, 50, queue_end::back, role::primary).granted;
    REQUIRE(writer);
    pool.machine.discovered(with_terminating(authority({1, 2}), 0), pool.now);
    const grant reader = pool.machine.try_acquire(pool.now);
    REQUIRE(reader);
    REQUIRE(pool.where(reader.slot) == address(2));
    pool.machine.released(reader.slot, refused, false, pool.now);
    pool.machine.acquire(pool.now, never, 51);
    pool.open_all();
    CHECK(pool.machine.waiting() == 0);
    CHECK(on(pool, 1) == 2);
}

TEST_CASE("a primary that shuts down is drained where nobody asks for a role") {
    bare_pool pool(settings_of(6), {1, 2});
    const std::vector<slot_id> slots = pool.open_idle(4);
    for (const slot_id slot : slots) {
        const bool first = pool.where(slot) == address(1);
        pool.machine.role_seen(slot, first ? role::primary : role::standby, pool.now);
    }
    pool.machine.discovered(with_terminating(authority({1, 2}), 0), pool.now);
    CHECK(on(pool, 1) == 0);
    CHECK(on(pool, 2) == 2);
}

TEST_CASE("when an authority has no usable endpoint left, sessions serve on and nothing is dialled") {
    const bool empty = GENERATE(true, false);
    CAPTURE(empty);
    bare_pool pool(settings_of(4), {1, 2});
    pool.open_idle(2);
    endpoint_set answer = authority({});
    if (!empty) {
        answer = authority({3});
        answer.endpoints[0].ready = false;
    }
    for (int count = 0; count < 5; ++count) pool.machine.discovered(answer, pool.now);
    CHECK(state_of(pool, 1) == endpoint_state::absent);
    CHECK(pool.collect(action_kind::close).empty());
    const grant first = pool.machine.try_acquire(pool.now);
    REQUIRE(first);
    REQUIRE(pool.machine.try_acquire(pool.now));
    pool.machine.acquire(pool.now, never, 50);
    CHECK(opens_asked(pool) == 0);
    pool.machine.released(first.slot, {}, false, pool.now);
    CHECK(pool.status(first.slot) == slot_status::leased);  // by the waiter
    // As soon as somebody can serve, what has vanished goes.
    pool.machine.discovered(authority({4}), pool.now);
    pool.machine.released(first.slot, {}, false, pool.now);
    CHECK(pool.status(first.slot) == slot_status::closing);
}

TEST_CASE("an endpoint that has vanished without a connection is forgotten, though nothing else can serve") {
    bare_pool pool(settings_of(4), {1, 2});
    const slot_id only = pool.open_idle(1).front();
    const int used = pool.where(only) == address(1) ? 1 : 2;
    pool.machine.discovered(authority({}), pool.now);
    CHECK(pool.machine.endpoints().find(address(3 - used)) == none);
    CHECK(state_of(pool, used) == endpoint_state::absent);
    const grant last = pool.machine.try_acquire(pool.now);
    REQUIRE(last);
    pool.machine.discarded(last.slot, pool.now);
    pool.machine.closed(last.slot, pool.now);
    CHECK(pool.machine.endpoints().find(address(used)) == none);
    // The set is filled again.
    pool.machine.acquire(pool.now, never, 50);
    pool.machine.discovered(authority({1, 2}), pool.now);
    pool.open_all();
    CHECK(pool.machine.waiting() == 0);
}

TEST_CASE("an attempt that hasn't begun isn't dialled at an address that has vanished") {
    bare_pool pool(settings_of(4), {1});
    pool.machine.acquire(pool.now, never, 50);
    const std::vector<action> asked = pool.collect(action_kind::open);
    REQUIRE(asked.size() == 1);
    pool.machine.discovered(authority({}), pool.now);
    CHECK(pool.machine.begin_open(asked[0].slot, pool.now) == nullptr);
    CHECK(opens_asked(pool) == 0);
}

TEST_CASE("another identity at the same address is another server") {
    bare_pool pool(settings_of(4), {});
    pool.machine.discovered(with_identity(authority({1}), "a"), pool.now);
    const std::vector<slot_id> slots = pool.lease_new(2);
    pool.machine.released(slots[0], {}, false, pool.now);
    pool.machine.acquire(pool.now, never, 60);
    pool.machine.acquire(pool.now, never, 61);
    const std::vector<action> asked = pool.collect(action_kind::open);
    REQUIRE(asked.size() == 1);
    REQUIRE(pool.machine.begin_open(asked[0].slot, pool.now) != nullptr);
    pool.machine.discovered(with_identity(authority({1}), "b"), pool.now);
    CHECK(pool.collect(action_kind::abort).size() == 1);
    // The attempt reaches the old server all the same, and its connection is thrown away.
    pool.machine.opened(asked[0].slot, pool.now);
    CHECK(pool.status(asked[0].slot) == slot_status::closing);
    for (const slot_id slot : slots) {
        if (pool.status(slot) != slot_status::leased) continue;
        pool.machine.released(slot, {}, false, pool.now);
        CHECK(pool.status(slot) == slot_status::closing);
    }
    pool.open_all();
    CHECK(pool.machine.waiting() == 0);
}

TEST_CASE("what is known of a server is forgotten with its identity") {
    bare_pool pool(settings_of(4), {});
    pool.machine.discovered(with_identity(authority({1}), "a"), pool.now);
    pool.machine.acquire(pool.now, never, 50);
    const slot_id attempt = pool.collect(action_kind::open).front().slot;
    REQUIRE(pool.machine.begin_open(attempt, pool.now) != nullptr);
    pool.machine.open_failed(attempt, refused, pool.now);
    CHECK(state_of(pool, 1) == endpoint_state::failing);
    CHECK(opens_asked(pool) == 0);
    pool.machine.discovered(with_identity(authority({1}), "b"), pool.now);
    CHECK(state_of(pool, 1) == endpoint_state::ready);
    CHECK(opens_asked(pool) == 1);  // the back-off was the old server's
}

TEST_CASE("what connections to the former server at an address still tell is nothing about the new one") {
    bare_pool pool(settings_of(4), {});
    pool.machine.discovered(with_identity(authority({1}), "a"), pool.now);
    const std::vector<slot_id> slots = pool.lease_new(2);
    pool.machine.acquire(pool.now, never, 60);
    const std::vector<action> asked = pool.collect(action_kind::open);
    REQUIRE(asked.size() == 1);
    REQUIRE(pool.machine.begin_open(asked[0].slot, pool.now) != nullptr);
    pool.machine.discovered(with_identity(authority({1}), "b"), pool.now);
    const endpoint_id id = pool.machine.endpoints().find(address(1));
    pool.machine.opened(asked[0].slot, pool.now, role::primary);
    pool.machine.role_seen(slots[0], role::primary, pool.now);
    CHECK_FALSE(pool.machine.endpoints()[id].proven);
    CHECK(pool.machine.connections().at(id).is == role::unknown);
    // The old server shuts down: the new one isn't failing for that, and is dialled.
    pool.machine.released(slots[0], refused, false, pool.now);
    CHECK(pool.status(slots[0]) == slot_status::closing);
    CHECK(state_of(pool, 1) == endpoint_state::ready);
    pool.open_all();
    CHECK(pool.machine.waiting() == 0);
    pool.machine.statement_failed(slots[1], failure(failure_kind::server_error, "out of memory"), pool.now);
    pool.machine.reported(slots[1], 77, pool.now);
    CHECK_FALSE(pool.machine.endpoints()[id].last_failure);
    CHECK_FALSE(pool.machine.endpoints()[id].total.known);
}

TEST_CASE("an identity that becomes known, or isn't told, changes nothing") {
    bare_pool pool(settings_of(4), {1});
    pool.open_idle(1);
    pool.machine.discovered(with_identity(authority({1}), "a"), pool.now);
    pool.machine.discovered(authority({1}), pool.now);
    CHECK(pool.collect(action_kind::close).empty());
    CHECK(pool.machine.try_acquire(pool.now));
    // Not told in between, it is another one all the same.
    pool.machine.discovered(with_identity(authority({1}), "b"), pool.now);
    CHECK(pool.machine.connections().at(pool.machine.endpoints().find(address(1))).draining == 1);
}

TEST_CASE("an endpoint that was listed before it was ready is new when it becomes ready") {
    bare_pool pool(settings_of(4), {});
    endpoint_set answer = authority({1, 2});
    answer.endpoints[1].ready = false;
    pool.machine.discovered(answer, pool.now);
    const endpoint_id id = pool.machine.endpoints().find(address(2));
    pool.pass(10min);
    pool.machine.discovered(authority({1, 2}), pool.now);
    CHECK(pool.machine.endpoints()[id].late);
    CHECK(pool.machine.endpoints()[id].added_at == pool.now);
}

TEST_CASE("what an authority complains about doesn't keep connections from being made even") {
    options settings = settings_of(4);
    settings.rebalance_pace = 100;
    bare_pool pool(settings, {});
    pool.machine.discovered(authority({1}), pool.now);
    pool.open_idle(4);
    pool.machine.discovered(authority({1, 2}), pool.now);
    pool.machine.discovery_failed("one slice has no port of that name", pool.now);
    for (int turn = 0; turn < 40 && on(pool, 2) == 0; ++turn) {
        pool.tick_at_deadline();
        pool.open_all();
    }
    CHECK(on(pool, 2) > 0);
}

TEST_CASE("a pod that moved doesn't keep the others from being made even") {
    options settings = settings_of(6);
    settings.rebalance_pace = 100;
    bare_pool pool(settings, {});
    pool.machine.discovered(authority({1, 2}), pool.now);
    pool.open_idle(6);
    // Number 2 comes back as number 3 while one of its leases is out.
    const grant held = [&] {
        for (;;) {
            const grant found = pool.machine.try_acquire(pool.now);
            if (pool.where(found.slot) == address(2)) return found;
        }
    }();
    pool.machine.discovered(authority({1, 3}), pool.now);
    for (slot_id slot = 0; slot < pool.machine.connections().size(); ++slot) {
        if (slot != held.slot && pool.status(slot) == slot_status::leased)
            pool.machine.released(slot, {}, false, pool.now);
    }
    REQUIRE(state_of(pool, 2) == endpoint_state::removed);
    for (int turn = 0; turn < 40 && on(pool, 3) == 0; ++turn) {
        pool.tick_at_deadline();
        pool.open_all();
    }
    CHECK(on(pool, 3) > 0);
}
