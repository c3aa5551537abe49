// SPDX-License-Identifier: BSL-1.0
#include <podpool/core/sizing.hpp>

#include "support/catch.hpp"

#include <string>

using namespace podpool::core;
using namespace std::chrono_literals;

namespace {

struct growth_case {
    std::string what;
    growth_view view;
    std::size_t expected;
};

growth_view view_of(std::size_t waiters, std::size_t opening, std::size_t open, std::size_t room) {
    growth_view view;
    view.waiters = waiters;
    view.opening = opening;
    view.open = open;
    view.room = room;
    return view;
}

growth_view busy(std::size_t waiters, std::size_t opening, std::size_t open, duration use, duration opens,
                 duration oldest) {
    growth_view view = view_of(waiters, opening, open, 100);
    view.use_time = use;
    view.open_time = opens;
    view.oldest_wait = oldest;
    return view;
}

}  // namespace

TEST_CASE("#20 how many connections to open for those who wait") {
    const growth_case row = GENERATE(values<growth_case>({
        {"nobody waits", view_of(0, 0, 0, 10), 0},
        {"an empty pool opens one per waiter", view_of(5, 0, 0, 10), 5},
        {"what opens already is counted", view_of(5, 3, 0, 10), 2},
        {"no more than there is room for", view_of(5, 1, 0, 2), 2},
        {"no room", view_of(5, 0, 0, 0), 0},
        {"as many openings as waiters", view_of(5, 5, 0, 10), 0},
        {"more openings than waiters", view_of(2, 5, 0, 10), 0},
        {"connections in use and nothing known: one at a time", view_of(50, 0, 5, 45), 1},
        {"one at a time, and one is under way", view_of(50, 1, 5, 45), 0},
        {"50 callers of 2 ms on 5 connections last 20 ms, an opening 150 ms", busy(45, 0, 5, 2ms, 150ms, 0ms),
         1},
        {"and the next one isn't needed either", busy(45, 1, 5, 2ms, 150ms, 10ms), 0},
        {"the queue outlasts the opening", busy(45, 0, 5, 20ms, 150ms, 0ms), 45},
        {"the queue outlasts the opening, less those under way", busy(45, 10, 5, 20ms, 150ms, 0ms), 35},
        {"exactly as long is not longer", busy(50, 0, 5, 10ms, 100ms, 0ms), 1},
        {"the first waiter has waited as long as an opening takes", busy(45, 1, 5, 2ms, 150ms, 150ms), 44},
        {"not quite as long", busy(45, 1, 5, 2ms, 150ms, 149ms), 0},
        {"no opening was ever measured", busy(45, 1, 5, 2ms, 0ms, 10s), 0},
    }));
    INFO(row.what);
    CHECK(opens_wanted(row.view) == row.expected);
}

TEST_CASE("growth never exceeds the waiters or the room, whatever it looks at") {
    for (std::size_t waiters = 0; waiters < 8; ++waiters) {
        for (std::size_t opening = 0; opening < 8; ++opening) {
            for (std::size_t open = 0; open < 4; ++open) {
                for (std::size_t room = 0; room < 5; ++room) {
                    for (const duration use : {duration(0), duration(1ms), duration(1s)}) {
                        growth_view view = view_of(waiters, opening, open, room);
                        view.use_time = use;
                        view.open_time = 100ms;
                        const std::size_t wanted = opens_wanted(view);
                        CHECK(wanted <= room);
                        CHECK(wanted + opening <= std::max(waiters, opening));
                        // Somebody waits, nothing is under way and there is room: something must happen.
                        if (waiters > 0 && opening == 0 && room > 0) CHECK(wanted >= 1);
                    }
                }
            }
        }
    }
}

TEST_CASE("how many connections to open for the minimum sizes") {
    CHECK(opens_for_minimum(0, 0, 0, 0, 10) == 0);
    CHECK(opens_for_minimum(0, 0, 5, 0, 10) == 5);
    CHECK(opens_for_minimum(3, 0, 5, 0, 10) == 2);
    CHECK(opens_for_minimum(7, 0, 5, 0, 10) == 0);
    CHECK(opens_for_minimum(7, 1, 5, 3, 10) == 2);
    CHECK(opens_for_minimum(3, 3, 5, 3, 10) == 2);
    CHECK(opens_for_minimum(0, 0, 2, 4, 10) == 4);
    CHECK(opens_for_minimum(0, 0, 8, 4, 3) == 3);
    CHECK(opens_for_minimum(0, 0, 8, 4, 0) == 0);
}

TEST_CASE("a tenth of a pool is renewed at once, and at least one") {
    CHECK(renewals_at_once(0) == 1);
    CHECK(renewals_at_once(1) == 1);
    CHECK(renewals_at_once(19) == 1);
    CHECK(renewals_at_once(20) == 2);
    CHECK(renewals_at_once(1000) == 100);
}
