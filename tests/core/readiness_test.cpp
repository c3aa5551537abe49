// SPDX-License-Identifier: BSL-1.0
#include <podpool/core/parts/readiness.hpp>

#include "support/catch.hpp"

namespace podpool::core {
namespace {

using namespace std::chrono_literals;

struct asked {
    readiness waiting;
    std::vector<action> actions;
    time_point now{1h};
};

TEST_CASE("all who wait for the pool to be ready are answered when it is") {
    asked here;
    here.waiting.ask(11, here.now + 1s);
    here.waiting.ask(12, never);
    here.waiting.answer(readiness::state::not_yet, here.now, here.actions);
    CHECK(here.actions.empty());
    here.waiting.answer(readiness::state::ready, here.now, here.actions);
    REQUIRE(here.actions.size() == 2);
    CHECK(here.actions[0].kind == action_kind::ready);
    CHECK(here.actions[0].cookie == 11);
    CHECK(here.actions[1].cookie == 12);
    CHECK_FALSE(here.waiting.asked());
}

TEST_CASE("a pool that can't become ready says so at once, with the reason") {
    const auto [standing, reason] =
        GENERATE(table<readiness::state, errc>({{readiness::state::rejected, errc::connection_rejected},
                                                {readiness::state::closed, errc::pool_closed}}));
    asked here;
    here.waiting.ask(11, never);
    here.waiting.answer(standing, here.now, here.actions);
    REQUIRE(here.actions.size() == 1);
    CHECK(here.actions[0].kind == action_kind::refuse);
    CHECK(here.actions[0].reason == reason);
}

TEST_CASE("each request for readiness has its own deadline") {
    asked here;
    here.waiting.ask(11, here.now + 2s);
    here.waiting.ask(12, here.now + 1s);
    CHECK(here.waiting.next_deadline() == here.now + 1s);
    here.waiting.answer(readiness::state::not_yet, here.now + 1s, here.actions);
    REQUIRE(here.actions.size() == 1);
    CHECK(here.actions[0].cookie == 12);
    CHECK(here.actions[0].reason == errc::not_ready);
    CHECK(here.waiting.next_deadline() == here.now + 2s);
}

TEST_CASE("a withdrawn request for readiness gets no answer, and an answered one can't be withdrawn") {
    asked here;
    const std::uint64_t first = here.waiting.ask(11, never);
    const std::uint64_t second = here.waiting.ask(11, never);
    CHECK(first != second);
    CHECK(here.waiting.withdraw(first));
    CHECK_FALSE(here.waiting.withdraw(first));
    here.waiting.answer(readiness::state::ready, here.now, here.actions);
    CHECK(here.actions.size() == 1);
    CHECK_FALSE(here.waiting.withdraw(second));
    CHECK(here.waiting.next_deadline() == never);
}

}  // namespace
}  // namespace podpool::core
