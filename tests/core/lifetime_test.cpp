// SPDX-License-Identifier: BSL-1.0
#include <podpool/core/lifetime.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <set>
#include <vector>

using namespace podpool::core;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1h};
using aging = std::vector<std::pair<time_point, slot_id>>;

aging ends_after(std::initializer_list<duration> lengths) {
    aging ends;
    for (const duration length : lengths)
        ends.emplace_back(start + length, static_cast<slot_id>(ends.size()));
    return ends;
}

}  // namespace

TEST_CASE("#17 the jitter stays within its bounds and really spreads, with nanosecond resolution") {
    podpool::core::random rng(1);
    const duration lifetime = 30min;
    const duration jitter = 450s;
    const duration least = lifetime - jitter;
    std::set<duration> seen;
    std::vector<int> tenths(10, 0);
    std::size_t whole_milliseconds = 0;
    constexpr int draws = 20'000;
    for (int draw = 0; draw < draws; ++draw) {
        const duration drawn = draw_lifetime(lifetime, jitter, rng);
        REQUIRE(drawn >= least);
        REQUIRE(drawn <= lifetime);
        seen.insert(drawn);
        if (drawn % duration(1ms) == duration(0)) ++whole_milliseconds;
        const auto tenth = static_cast<std::size_t>((drawn - least) * 10 / (lifetime - least + duration(1)));
        ++tenths[tenth];
    }
    CHECK(seen.size() > draws - 10);
    CHECK(whole_milliseconds < 5);
    // Each tenth of the range holds its tenth of the draws: 2000, with a deviation of 42.
    for (const int count : tenths) CHECK(std::abs(count - draws / 10) < 200);
}

TEST_CASE("#g connections of equal age are renewed at an even pace from the start") {
    podpool::core::random rng(1);
    const duration jitter = GENERATE(duration(450s), duration(1700s));
    const duration lifetime = 30min;
    constexpr int connections = 20'000;
    constexpr std::size_t periods = 30;  // of a tenth of a lifetime
    std::vector<double> renewals(periods, 0);
    for (int connection = 0; connection < connections; ++connection) {
        duration age = draw_first_lifetime(lifetime, jitter, rng);
        CHECK(age <= lifetime);
        while (age < lifetime * 3) {
            renewals[static_cast<std::size_t>(age * 10 / lifetime)] += 1;
            age += draw_lifetime(lifetime, jitter, rng);
        }
    }
    const double mean = static_cast<double>((lifetime - jitter / 2).count());
    const double even = connections * static_cast<double>(lifetime.count()) / 10 / mean;
    INFO("jitter " << jitter.count() << " ns, even " << even);
    // The first tenth of a life is left out, and the renewals of the first period come a little later.
    for (std::size_t period = 1; period < periods; ++period) {
        INFO("period " << period << ": " << renewals[period]);
        CHECK(renewals[period] >= even * 0.7);
        CHECK(renewals[period] <= even * 1.25);
    }
}

TEST_CASE("#17 a jitter below a second spreads, too") {
    podpool::core::random rng(1);
    std::set<duration> seen;
    for (int draw = 0; draw < 1000; ++draw) {
        const duration drawn = draw_lifetime(10s, 100ms, rng);
        REQUIRE(drawn >= 9900ms);
        REQUIRE(drawn <= 10s);
        seen.insert(drawn);
    }
    CHECK(seen.size() > 990);
}

TEST_CASE("no jitter is no jitter, and a lifetime of years doesn't overflow") {
    podpool::core::random rng(1);
    CHECK(draw_lifetime(10s, 0s, rng) == 10s);
    const duration years = std::chrono::hours(24 * 3650);
    for (int draw = 0; draw < 1000; ++draw) {
        const duration drawn = draw_first_lifetime(years, years / 4, rng);
        REQUIRE(drawn >= years / 14);  // a tenth of three quarters
        REQUIRE(drawn <= years);
    }
}

TEST_CASE("a wide jitter is wide") {
    podpool::core::random rng(1);
    duration least = 10s;
    for (int draw = 0; draw < 1000; ++draw) least = std::min(least, draw_lifetime(10s, 9s, rng));
    CHECK(least < 2s);
}

TEST_CASE("a renewal begins early enough for two attempts, and not long before") {
    CHECK(renewal_lead(30min, 10ms) == 1s);
    CHECK(renewal_lead(30min, 500ms) == 2s);
    CHECK(renewal_lead(30min, 0ms) == 1s);
    CHECK(renewal_lead(5s, 10ms) == 500ms);
    CHECK(renewal_lead(1min, 1h) == 6s);
}

TEST_CASE("renewals are half of lifetime / size apart") {
    CHECK(renewal_gap(30min, 20) == 45s);
    CHECK(renewal_gap(30min, 1) == 15min);
    CHECK(renewal_gap(30min, 0) == 15min);
    CHECK(renewal_gap(10s, 100) == 50ms);
}

TEST_CASE("the next renewal begins so that all keep their distance and none is late") {
    CHECK(next_renewal(aging{}, 1s, 10s) == never);
    CHECK(next_renewal(ends_after({100s}), 1s, 10s) == start + 99s);
    // Far apart: the first decides.
    CHECK(next_renewal(ends_after({100s, 200s}), 1s, 10s) == start + 99s);
    // Together: the last of three must begin at 99 s, so the first at 79 s.
    CHECK(next_renewal(ends_after({100s, 100s, 100s}), 1s, 10s) == start + 79s);
    // A crowd behind a loner.
    CHECK(next_renewal(ends_after({80s, 100s, 100s, 100s}), 1s, 10s) == start + 69s);
    // One that never ends doesn't matter.
    aging ends = ends_after({100s});
    ends.emplace_back(never, 7);
    CHECK(next_renewal(ends, 1s, 10s) == start + 99s);
}

TEST_CASE("a schedule that follows next_renewal keeps its distance and is never late") {
    const auto seed = GENERATE(range(1U, 11U));
    podpool::core::random rng(seed);
    aging ends;
    for (slot_id slot = 0; slot < 50; ++slot) ends.emplace_back(start + 600s + rng.up_to(600s), slot);
    std::sort(ends.begin(), ends.end());
    const duration lead = 1s;
    const duration gap = 10s;
    time_point last{};
    while (!ends.empty()) {
        const time_point begin = next_renewal(ends, lead, gap);
        CHECK(begin <= ends.front().first - lead);
        // Renewing the first at this moment leaves enough time for the others.
        if (last != time_point{}) CHECK(begin - last >= gap);
        last = begin;
        ends.erase(ends.begin());
    }
}

TEST_CASE("later() stops at never instead of wrapping") {
    CHECK(later(start, 1s) == start + 1s);
    CHECK(later(start, duration::max()) == never);
    CHECK(later(never, 1ns) == never);
    CHECK(later(never - 5ns, 5ns) == never);
}
