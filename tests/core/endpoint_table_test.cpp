// SPDX-License-Identifier: BSL-1.0
#include <podpool/core/endpoint_table.hpp>

#include "support/catch.hpp"

using namespace podpool;
using namespace podpool::core;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1h};

endpoint address(int number) { return {"10.0.0." + std::to_string(number), 5432}; }

const failure refused(failure_kind::endpoint_down, "connection refused");
const failure denied(failure_kind::rejected, "no such role");
const failure full(failure_kind::overloaded, "too many clients");

}  // namespace

TEST_CASE("an endpoint is found by its address and its number is used again") {
    endpoint_table table;
    const endpoint_id first = table.add(endpoint_info(address(1), "db"), start);
    const endpoint_id second = table.add(endpoint_info(address(2), "db"), start);
    CHECK(table.find(address(1)) == first);
    CHECK(table.find(address(2)) == second);
    CHECK(table.find(address(3)) == none);
    CHECK(table.find({"10.0.0.1", 5433}) == none);
    table.erase(first);
    CHECK(table.find(address(1)) == none);
    CHECK(table.add(endpoint_info(address(3)), start) == first);
    CHECK(table.size() == 2);
    CHECK(table.members() == 2);
}

TEST_CASE("#34 an endpoint in back-off isn't dialable, and is again afterwards") {
    endpoint_table table;
    core::random rng(1);
    const endpoint_id id = table.add(endpoint_info(address(1)), start);
    CHECK(table[id].dialable(start));
    table.failed(id, refused, start, rng);
    CHECK_FALSE(table[id].dialable(start));
    CHECK_FALSE(table[id].dialable(start + 4ms));
    CHECK(table[id].dialable(start + 10ms));
    CHECK(table[id].last_failure.message == "connection refused");
    table.succeeded(id, start + 20ms);
    CHECK(table[id].failures == 0);
    CHECK(table[id].proven);
    CHECK(table[id].opens == 1);
}

TEST_CASE("only a present, ready endpoint that isn't terminating is dialable") {
    endpoint_table table;
    const endpoint_id id = table.add(endpoint_info(address(1)), start);
    table[id].missed_answers = 1;
    CHECK_FALSE(table[id].dialable(start));
    table[id].missed_answers = 0;
    table[id].info.ready = false;
    CHECK_FALSE(table[id].dialable(start));
    table[id].info.ready = true;
    table[id].info.terminating = true;
    CHECK_FALSE(table[id].dialable(start));
    table[id].info.terminating = false;
    table[id].removed = true;
    CHECK_FALSE(table[id].dialable(start));
    CHECK_FALSE(table[id].present());
}

TEST_CASE("failures in a row climb the ladder, those during a back-off don't") {
    endpoint_table table;
    core::random rng(1);
    const endpoint_id id = table.add(endpoint_info(address(1)), start);
    time_point now = start;
    for (unsigned failures = 1; failures <= 12; ++failures) {
        table.failed(id, refused, now, rng);
        const time_point retry = table[id].retry_at;
        CHECK(table[id].failures == failures);
        for (int lease = 0; lease < 20; ++lease) table.failed(id, refused, now, rng);
        CHECK(table[id].failures == failures);
        CHECK(table[id].retry_at == retry);
        now = retry;
    }
    CHECK(table[id].retry_at - now == duration(0));
    table.failed(id, refused, now, rng);
    CHECK(table[id].retry_at - now >= 2500ms);
}

TEST_CASE("a new kind of trouble starts its own ladder") {
    endpoint_table table;
    core::random rng(1);
    const endpoint_id id = table.add(endpoint_info(address(1)), start);
    table.failed(id, refused, start, rng);
    table.failed(id, denied, start, rng);
    CHECK(table[id].retry_at >= start + 500ms);
    CHECK(table[id].retry_at <= start + 1s);
    CHECK(table[id].last_failure.kind == failure_kind::rejected);
}

TEST_CASE("a new kind of trouble doesn't shorten the pause that the one before has begun") {
    endpoint_table table;
    core::random rng(1);
    const endpoint_id id = table.add(endpoint_info(address(1)), start);
    table.failed(id, denied, start, rng);
    const time_point retry = table[id].retry_at;
    table.failed(id, refused, start + 1ms, rng);
    CHECK(table[id].retry_at == retry);
    CHECK(table[id].last_failure.kind == failure_kind::endpoint_down);
}

TEST_CASE("kinds of trouble that alternate climb their ladders, too") {
    endpoint_table table;
    core::random rng(1);
    const endpoint_id id = table.add(endpoint_info(address(1)), start);
    time_point now = start;
    for (int round = 0; round < 10; ++round) {
        for (const failure& why : {refused, full}) {
            table.failed(id, why, now, rng);
            // What else fails now, of either kind, is the same trouble: it climbs nothing.
            for (int lease = 0; lease < 20; ++lease)
                table.failed(id, lease % 2 == 0 ? refused : full, now, rng);
            CHECK(table[id].retry_at <= now + 5s);
            now = table[id].retry_at;
        }
    }
    table.failed(id, refused, now, rng);
    CHECK(table[id].retry_at - now >= 2500ms);
    // A success ends the row: the next trouble starts at the bottom.
    table.succeeded(id, now);
    table.failed(id, full, now, rng);
    CHECK(table[id].retry_at - now <= 100ms);
}

TEST_CASE("since when an endpoint fails isn't moved by the next failure") {
    endpoint_table table;
    core::random rng(1);
    const endpoint_id id = table.add(endpoint_info(address(1)), start);
    table.failed(id, refused, start + 1s, rng);
    table.failed(id, refused, start + 5s, rng);
    CHECK(table[id].state_since == start + 1s);
    CHECK(table[id].last_failure_at == start + 5s);
    table.succeeded(id, start + 9s);
    CHECK(table[id].state_since == start + 9s);
    table.succeeded(id, start + 10s);
    CHECK(table[id].state_since == start + 9s);
}
