// SPDX-License-Identifier: BSL-1.0
#include <podpool/core/random.hpp>
#include <podpool/core/waiter_queue.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <deque>

using namespace podpool::core;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1h};

/// The obvious queue that the real one must equal.
struct plain_waiter {
    std::uintptr_t cookie = 0;
    time_point since;
    time_point deadline;
    waiter_id id;
};
using plain_queue = std::deque<plain_waiter>;

plain_queue::iterator earliest(plain_queue& queue) {
    return std::min_element(
        queue.begin(), queue.end(),
        [](const plain_waiter& left, const plain_waiter& right) { return left.deadline < right.deadline; });
}

void check_same(const waiter_queue& real, plain_queue& plain) {
    REQUIRE(real.size() == plain.size());
    REQUIRE(real.empty() == plain.empty());
    REQUIRE(real.next_deadline() == (plain.empty() ? never : earliest(plain)->deadline));
    if (plain.empty()) return;
    REQUIRE(real.front_cookie() == plain.front().cookie);
    REQUIRE(real.front_since() == plain.front().since);
}

}  // namespace

TEST_CASE("an empty waiter queue has no deadline") {
    const waiter_queue queue;
    CHECK(queue.empty());
    CHECK(queue.size() == 0);
    CHECK(queue.next_deadline() == never);
}

TEST_CASE("#7 waiters leave in the order in which they came") {
    waiter_queue queue;
    for (std::uintptr_t cookie = 1; cookie <= 100; ++cookie) {
        queue.push(cookie, start, start + 1s * (101 - static_cast<int>(cookie)), false);
    }
    for (std::uintptr_t cookie = 1; cookie <= 100; ++cookie) {
        CHECK(queue.front_cookie() == cookie);
        queue.pop_front();
    }
    CHECK(queue.empty());
}

TEST_CASE("a waiter that comes back goes to the front") {
    waiter_queue queue;
    queue.push(1, start, never, false);
    queue.push(2, start, never, false);
    queue.push(3, start + 1s, never, true);
    CHECK(queue.front_cookie() == 3);
    CHECK(queue.front_since() == start + 1s);
    queue.pop_front();
    CHECK(queue.front_cookie() == 1);
}

TEST_CASE("a waiter can be erased once, and never after it was served") {
    waiter_queue queue;
    const waiter_id first = queue.push(1, start, start + 1s, false);
    const waiter_id second = queue.push(2, start, start + 2s, false);
    const waiter_id third = queue.push(3, start, start + 3s, false);
    CHECK(queue.erase(second));
    CHECK_FALSE(queue.erase(second));
    queue.pop_front();
    CHECK_FALSE(queue.erase(first));
    CHECK(queue.pop_earliest_deadline() == 3);
    CHECK_FALSE(queue.erase(third));
    CHECK_FALSE(queue.erase(waiter_id{}));
    CHECK_FALSE(queue.erase(waiter_id{1000, 0}));
}

TEST_CASE("#5 the id of a waiter that is gone doesn't take out whoever got its place") {
    waiter_queue queue;
    const waiter_id gone = queue.push(1, start, never, false);
    REQUIRE(queue.erase(gone));
    const waiter_id fresh = queue.push(2, start, never, false);
    REQUIRE(gone.index == fresh.index);  // the node is used again
    CHECK_FALSE(queue.erase(gone));
    CHECK(queue.size() == 1);
    CHECK(queue.erase(fresh));
}

TEST_CASE("the earliest deadline is found wherever in the queue it is") {
    waiter_queue queue;
    queue.push(1, start, start + 5s, false);
    queue.push(2, start, start + 1s, false);
    queue.push(3, start, start + 3s, false);
    CHECK(queue.next_deadline() == start + 1s);
    CHECK(queue.pop_earliest_deadline() == 2);
    CHECK(queue.pop_earliest_deadline() == 3);
    CHECK(queue.front_cookie() == 1);
}

TEST_CASE("the waiter queue equals a plain one through any history") {
    const auto seed = GENERATE(range(1U, 31U));
    podpool::core::random rng(seed);
    waiter_queue real;
    plain_queue plain;
    std::uintptr_t cookie = 0;
    for (int step = 0; step < 2000; ++step) {
        switch (rng.below(step % 400 < 200 ? 5 : 9)) {  // it grows for a while, then shrinks
            case 0:
            case 1:
            case 2: {
                const bool front = rng.below(8) == 0;
                plain_waiter added{++cookie, start + rng.up_to(1s), start + rng.up_to(1min), {}};
                added.id = real.push(added.cookie, added.since, added.deadline, front);
                front ? plain.push_front(added) : plain.push_back(added);
                break;
            }
            case 3:
            case 4: {
                if (plain.empty()) break;
                const auto gone = plain.begin() + rng.below(static_cast<std::uint32_t>(plain.size()));
                REQUIRE(real.erase(gone->id));
                REQUIRE_FALSE(real.erase(gone->id));
                plain.erase(gone);
                break;
            }
            case 5:
            case 6:
                if (plain.empty()) break;
                real.pop_front();
                plain.pop_front();
                break;
            default: {
                if (plain.empty()) break;
                const auto due = earliest(plain);
                REQUIRE(real.pop_earliest_deadline() == due->cookie);
                plain.erase(due);
                break;
            }
        }
        check_same(real, plain);
    }
}
