// SPDX-License-Identifier: BSL-1.0
// When a pool is ready: its minimum of connections is open.
#include "bare_pool.hpp"

namespace podpool::core {
namespace {

options with_minimum(std::size_t min_conns) {
    options settings = settings_of(8);
    settings.min_conns = min_conns;
    return settings;
}

TEST_CASE("a pool is ready when its minimum is open, not before") {
    bare_pool pool(with_minimum(3));
    pool.machine.await_ready(pool.now, never, 5);
    for (int opened = 0; opened < 3; ++opened) {
        CHECK(pool.collect(action_kind::ready).empty());
        const slot_id slot = opened == 0 ? pool.seen.front().slot : static_cast<slot_id>(opened);
        REQUIRE(pool.machine.begin_open(slot, pool.now) != nullptr);
        pool.machine.opened(slot, pool.now);
        // An endpoint that has shown nothing yet gets one attempt at a time.
        if (opened < 2) pool.machine.tick(pool.now);
    }
    const std::vector<action> answers = pool.collect(action_kind::ready);
    REQUIRE(answers.size() == 1);
    CHECK(answers.front().cookie == 5);
}

TEST_CASE("a pool without a minimum opens one connection for somebody who waits until it is ready") {
    bare_pool pool(with_minimum(0));
    CHECK(pool.collect(action_kind::open).empty());
    pool.machine.await_ready(pool.now, never, 5);
    pool.open_all();
    CHECK(std::count_if(pool.seen.begin(), pool.seen.end(),
                        [](const action& each) { return each.kind == action_kind::ready; }) == 1);
    CHECK(pool.machine.snapshot(pool.now).open == 1);
}

TEST_CASE("a pool that is ready answers at once") {
    bare_pool pool(with_minimum(0));
    pool.open_idle(1);
    pool.machine.await_ready(pool.now, pool.now, 5);
    const std::vector<action> asked = pool.collect();
    REQUIRE(asked.size() == 1);
    CHECK(asked.front().kind == action_kind::ready);
}

TEST_CASE("who waits for a pool to be ready is refused at the deadline, to the moment") {
    bare_pool pool(with_minimum(2), {});
    pool.machine.await_ready(pool.now, pool.now + 3s, 5);
    CHECK(pool.machine.next_deadline() <= pool.now + 3s);
    pool.pass(3s - 1ns);
    pool.machine.tick(pool.now);
    CHECK(pool.collect(action_kind::refuse).empty());
    pool.pass(1ns);
    pool.machine.tick(pool.now);
    const std::vector<action> answers = pool.collect(action_kind::refuse);
    REQUIRE(answers.size() == 1);
    CHECK(answers.front().reason == errc::not_ready);
}

TEST_CASE("endpoints that all refuse the login end the wait for readiness at once") {
    bare_pool pool(with_minimum(0));
    pool.machine.await_ready(pool.now, never, 5);
    const slot_id slot = pool.collect(action_kind::open).front().slot;
    REQUIRE(pool.machine.begin_open(slot, pool.now) != nullptr);
    pool.machine.open_failed(slot, {failure_kind::rejected, "password authentication failed"}, pool.now);
    const std::vector<action> answers = pool.collect(action_kind::refuse);
    REQUIRE(answers.size() == 1);
    CHECK(answers.front().reason == errc::connection_rejected);
}

TEST_CASE("closing the pool ends the wait for readiness") {
    bare_pool pool(with_minimum(2), {});
    pool.machine.await_ready(pool.now, never, 5);
    pool.machine.close(pool.now);
    const std::vector<action> answers = pool.collect(action_kind::refuse);
    REQUIRE(answers.size() == 1);
    CHECK(answers.front().reason == errc::pool_closed);
    pool.machine.await_ready(pool.now, never, 6);
    CHECK(pool.collect(action_kind::refuse).size() == 1);
}

TEST_CASE("after a wait for readiness was cancelled nothing is opened for it") {
    bare_pool pool(with_minimum(0), {});
    const std::uint64_t request = pool.machine.await_ready(pool.now, never, 5);
    CHECK(pool.machine.cancel_ready(request, pool.now));
    CHECK_FALSE(pool.machine.cancel_ready(request, pool.now));
    pool.machine.discovered(answer_with({1}), pool.now);
    CHECK(pool.collect(action_kind::open).empty());
}

}  // namespace
}  // namespace podpool::core
