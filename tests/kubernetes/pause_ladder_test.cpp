// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/pause_ladder.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <vector>

using podpool::core::duration;
using podpool::core::time_point;
using podpool::detail::pause_ladder;
using namespace std::chrono_literals;

namespace {

const time_point start{1h};

/// The longest of many pauses at each of the steps, which are so far apart.
std::vector<duration> bounds(duration first, duration longest, std::size_t steps, duration apart) {
    std::vector<duration> result(steps);
    podpool::core::random rng(7);
    for (int round = 0; round < 2000; ++round) {
        pause_ladder ladder(first, longest);
        for (std::size_t step = 0; step < steps; ++step) {
            const duration pause = ladder.next(start + apart * static_cast<int>(step), rng);
            REQUIRE(pause >= 0s);
            result[step] = std::max(result[step], pause);
        }
    }
    return result;
}

/// Whether each of the bounds is as wanted, by what was drawn.
void check_bounds(const std::vector<duration>& drawn, const std::vector<duration>& wanted) {
    REQUIRE(drawn.size() == wanted.size());
    for (std::size_t step = 0; step < drawn.size(); ++step) {
        CAPTURE(step, drawn[step].count());
        CHECK(drawn[step] <= wanted[step]);
        CHECK(drawn[step] >= wanted[step] * 95 / 100);
    }
}

}  // namespace

TEST_CASE("pauses are drawn between nothing and a bound that doubles up to the longest") {
    check_bounds(bounds(800ms, 4s, 6, 5s), {800ms, 1600ms, 3200ms, 4s, 4s, 4s});
    check_bounds(bounds(800ms, 30s, 8, 5s), {800ms, 1600ms, 3200ms, 6400ms, 12800ms, 25600ms, 30s, 30s});
}

TEST_CASE("two minutes without a failure begin it anew, less doesn't") {
    check_bounds(bounds(800ms, 4s, 3, 2min), {800ms, 800ms, 800ms});
    check_bounds(bounds(800ms, 4s, 3, 2min - 1ns), {800ms, 1600ms, 3200ms});
}

TEST_CASE("half of the pauses are shorter than half of the bound") {
    podpool::core::random rng(3);
    int shorter = 0;
    for (int round = 0; round < 10000; ++round) {
        if (pause_ladder(800ms, 4s).next(start, rng) < 400ms) ++shorter;
    }
    CHECK(shorter > 4700);
    CHECK(shorter < 5300);
}

TEST_CASE("a failure is one of a row for two minutes") {
    podpool::core::random rng(1);
    pause_ladder ladder(800ms, 4s);
    CHECK_FALSE(ladder.is_in_row(start));
    (void)ladder.next(start, rng);
    CHECK(ladder.is_in_row(start + 1s));
    CHECK(ladder.is_in_row(start + 2min - 1ns));
    CHECK_FALSE(ladder.is_in_row(start + 2min));
}
