// SPDX-License-Identifier: BSL-1.0
#include <podpool/core/connection_table.hpp>
#include <podpool/core/random.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <set>
#include <vector>

using namespace podpool;
using namespace podpool::core;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1h};

connection_table table_of(endpoint_id endpoints) {
    connection_table table;
    for (endpoint_id id = 0; id < endpoints; ++id) {
        table.add_endpoint(id);
        table.set_usable(id, true);
    }
    return table;
}

slot_id idle_one(connection_table& table, endpoint_id where) {
    const slot_id id = table.allocate(where, start);
    table.move(id, slot_status::idle);
    return id;
}

/// An endpoint's idle connections from newest to oldest, read in both directions.
std::vector<slot_id> idle_list(const connection_table& table, endpoint_id where) {
    std::vector<slot_id> forward;
    for (slot_id id = table.at(where).newest; id != none; id = table[id].older) forward.push_back(id);
    std::vector<slot_id> backward;
    for (slot_id id = table.at(where).oldest; id != none; id = table[id].newer) backward.push_back(id);
    std::reverse(backward.begin(), backward.end());
    REQUIRE(forward == backward);
    return forward;
}

std::set<endpoint_id> listed(const connection_table& table) {
    const auto span = table.with_idle();
    std::set<endpoint_id> seen(span.begin(), span.end());
    REQUIRE(seen.size() == span.size());
    return seen;
}

}  // namespace

TEST_CASE("a connection is counted under its endpoint from the moment it is allocated") {
    connection_table table = table_of(2);
    const slot_id id = table.allocate(1, start);
    CHECK(table[id].status == slot_status::opening);
    CHECK(table[id].since == start);
    CHECK(table.at(1).opening == 1);
    CHECK(table.at(0).opening == 0);
    CHECK(table.live() == 1);
    CHECK(table.sockets() == 1);
    table.move(id, slot_status::idle);
    CHECK(table.at(1).opening == 0);
    CHECK(table.at(1).open() == 1);
    table.move(id, slot_status::closing);
    CHECK(table.live() == 0);
    CHECK(table.sockets() == 1);
    table.move(id, slot_status::vacant);
    CHECK(table.at(1).unused());
    CHECK(table.sockets() == 0);
}

TEST_CASE("slots are used again, with another generation and no trace of their past") {
    connection_table table = table_of(1);
    const slot_id id = table.allocate(0, start);
    const std::uint32_t generation = table[id].generation;
    table[id].due = table[id].renewing = true;
    table.doom(id, close_reason::retired);
    table.move(id, slot_status::vacant);
    const slot_id again = table.allocate(0, start + 1s);
    REQUIRE(again == id);
    CHECK(table[id].generation == generation + 1);
    CHECK_FALSE(table[id].doomed);
    CHECK_FALSE(table[id].due);
    CHECK_FALSE(table[id].renewing);
    CHECK(table.size() == 1);
}

TEST_CASE("the connection used last is handed out first; a checked one goes behind all others") {
    connection_table table = table_of(1);
    const slot_id first = idle_one(table, 0);
    const slot_id second = idle_one(table, 0);
    const slot_id third = idle_one(table, 0);
    CHECK(idle_list(table, 0) == std::vector{third, second, first});
    table.move(second, slot_status::leased);
    CHECK(idle_list(table, 0) == std::vector{third, first});
    table.give_back(second);
    CHECK(idle_list(table, 0) == std::vector{second, third, first});
    table.move(second, slot_status::checking);
    table.move(second, slot_status::idle);
    CHECK(idle_list(table, 0) == std::vector{third, first, second});
    CHECK(table.lease_newest(0) == third);
    CHECK(table[third].status == slot_status::leased);
    table.move(third, slot_status::resetting);
    table.move(third, slot_status::idle);
    CHECK(idle_list(table, 0) == std::vector{third, first, second});
}

TEST_CASE("only usable endpoints with idle connections are listed") {
    connection_table table = table_of(3);
    CHECK(listed(table).empty());
    const slot_id on_first = idle_one(table, 0);
    const slot_id on_third = idle_one(table, 2);
    CHECK(listed(table) == std::set<endpoint_id>{0, 2});
    table.set_usable(2, false);
    CHECK(listed(table) == std::set<endpoint_id>{0});
    const slot_id another = idle_one(table, 2);
    CHECK(listed(table) == std::set<endpoint_id>{0});
    table.set_usable(2, true);
    CHECK(listed(table) == std::set<endpoint_id>{0, 2});
    table.lease_newest(0);
    CHECK(listed(table) == std::set<endpoint_id>{2});
    table.move(on_third, slot_status::closing);
    table.move(another, slot_status::closing);
    CHECK(listed(table).empty());
    table.give_back(on_first);
    CHECK(listed(table) == std::set<endpoint_id>{0});
}

TEST_CASE("a connection that comes back to an endpoint out of use isn't listed") {
    connection_table table = table_of(1);
    const slot_id id = idle_one(table, 0);
    table.lease_newest(0);
    table.set_usable(0, false);
    table.give_back(id);
    CHECK(listed(table).empty());
    CHECK(table.at(0).idle == 1);
}

TEST_CASE("a doomed lease is draining, and the first reason stays") {
    connection_table table = table_of(1);
    const slot_id id = idle_one(table, 0);
    table.lease_newest(0);
    CHECK(table.at(0).active == 1);
    table.doom(id, close_reason::retired);
    table.doom(id, close_reason::surplus);
    CHECK(table[id].doom == close_reason::retired);
    CHECK(table.at(0).active == 0);
    CHECK(table.at(0).draining == 1);
    CHECK(table.at(0).leased() == 1);
    CHECK(table.doomed() == 1);
    table.move(id, slot_status::closing);
    CHECK(table.at(0).draining == 0);
    CHECK(table.doomed() == 0);
    table.move(id, slot_status::vacant);
    CHECK(table.doomed() == 0);
}

TEST_CASE("#e counts and lists equal the connections through any history of legal moves") {
    const auto seed = GENERATE(range(1U, 21U));
    core::random rng(seed);
    constexpr endpoint_id endpoints = 4;
    connection_table table = table_of(endpoints);
    const std::vector all{slot_status::vacant, slot_status::opening,   slot_status::idle,
                          slot_status::leased, slot_status::resetting, slot_status::checking,
                          slot_status::closing};
    for (int step = 0; step < 1500; ++step) {
        if (table.size() < 12 || rng.below(10) == 0) table.allocate(rng.below(endpoints), start);
        if (rng.below(20) == 0) table.set_usable(rng.below(endpoints), rng.below(2) == 0);
        const slot_id id = rng.below(table.size());
        const slot_status to = all[rng.below(7)];
        const bool on_its_way =
            table[id].status == slot_status::vacant || table[id].status == slot_status::closing;
        if (!on_its_way && table[id].status != slot_status::idle && rng.below(10) == 0) {
            table.doom(id, close_reason::retired);
        }
        const bool doomed_to_idle = table[id].doomed && to == slot_status::idle;
        const bool legal = can_move(table[id].status, to) && table[id].status != slot_status::vacant;
        if (legal && !doomed_to_idle) table.move(id, to);

        std::vector<tally> counted(endpoints);
        std::vector<std::set<slot_id>> idle(endpoints);
        tally sum;
        std::size_t doomed = 0;
        for (slot_id each = 0; each < table.size(); ++each) {
            const slot& seen = table[each];
            if (seen.status == slot_status::vacant) continue;
            if (seen.status == slot_status::idle) idle[seen.endpoint].insert(each);
            if (seen.doomed && seen.status != slot_status::closing) ++doomed;
            for (tally* counts : {&counted[seen.endpoint], &sum}) {
                switch (seen.status) {
                    case slot_status::opening:
                        ++counts->opening;
                        break;
                    case slot_status::idle:
                        ++counts->idle;
                        break;
                    case slot_status::leased:
                        ++(seen.doomed ? counts->draining : counts->active);
                        break;
                    case slot_status::closing:
                        ++counts->closing;
                        break;
                    default:
                        ++counts->maintaining;
                        break;
                }
            }
        }
        REQUIRE(table.totals() == sum);
        REQUIRE(table.doomed() == doomed);
        for (endpoint_id where = 0; where < endpoints; ++where) {
            REQUIRE(static_cast<const tally&>(table.at(where)) == counted[where]);
            const std::vector<slot_id> list = idle_list(table, where);
            REQUIRE(std::set<slot_id>(list.begin(), list.end()) == idle[where]);
            REQUIRE(listed(table).contains(where) == (table.at(where).usable && !list.empty()));
        }
    }
}
