// SPDX-License-Identifier: BSL-1.0
#include <podpool/core/random.hpp>
#include <podpool/histogram.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

using podpool::histogram;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TEST_CASE("an empty histogram says zero") {
    const histogram empty;
    CHECK(empty.count() == 0);
    CHECK(empty.sum() == 0ns);
    CHECK(empty.largest() == 0ns);
    CHECK(empty.quantile(0.5) == 0ns);
    CHECK(empty.count_at_most(1h) == 0);
}

TEST_CASE("a single duration is every quantile") {
    const nanoseconds value = GENERATE(values<nanoseconds>({0ns, 1ns, 7ns, 8ns, 999ns, 1ms, 1s, 17min, 2h}));
    histogram one;
    one.record(value);
    INFO(value.count());
    CHECK(one.count() == 1);
    CHECK(one.sum() == value);
    CHECK(one.largest() == value);
    for (const double quantile : {0.0, 0.5, 0.999, 1.0}) CHECK(one.quantile(quantile) == value);
    CHECK(one.count_at_most(24h) <= 1);
}

TEST_CASE("a negative duration counts as zero") {
    histogram one;
    one.record(-5ms);
    CHECK(one.count() == 1);
    CHECK(one.sum() == 0ns);
    CHECK(one.largest() == 0ns);
    CHECK(one.count_at_most(0ns) == 1);
}

TEST_CASE("quantiles are never below the truth and at most an eighth above it") {
    podpool::core::random rng(5);
    histogram measured;
    std::vector<nanoseconds> truth;
    for (int draw = 0; draw < 20'000; ++draw) {
        // Over nine powers of ten, as waits are.
        const auto value = nanoseconds(static_cast<std::int64_t>(std::pow(10.0, 9 * rng.unit())));
        truth.push_back(value);
        measured.record(value);
    }
    std::sort(truth.begin(), truth.end());
    for (const double quantile : {0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        const auto rank =
            static_cast<std::size_t>(std::ceil(quantile * static_cast<double>(truth.size()))) - 1;
        INFO("quantile " << quantile);
        CHECK(measured.quantile(quantile) >= truth[rank]);
        CHECK(measured.quantile(quantile) <= truth[rank] + truth[rank] / 8);
    }
    CHECK(measured.quantile(1.0) == truth.back());
    CHECK(measured.largest() == truth.back());
}

TEST_CASE("quantiles grow with the share") {
    podpool::core::random rng(6);
    histogram measured;
    for (int draw = 0; draw < 1000; ++draw) measured.record(rng.up_to(1s));
    nanoseconds last{0};
    for (int share = 0; share <= 100; ++share) {
        const nanoseconds value = measured.quantile(share / 100.0);
        CHECK(value >= last);
        last = value;
    }
}

TEST_CASE("count_at_most counts no duration that is longer") {
    histogram measured;
    for (int value = 1; value <= 1000; ++value) measured.record(std::chrono::microseconds(value));
    std::uint64_t last = 0;
    for (int bound = 0; bound <= 1100; bound += 10) {
        const std::uint64_t count = measured.count_at_most(std::chrono::microseconds(bound));
        CHECK(count <= static_cast<std::uint64_t>(bound));
        CHECK(count >= last);
        last = count;
    }
    CHECK(measured.count_at_most(1200us) == 1000);
}

TEST_CASE("merging is the same as recording everything in one") {
    podpool::core::random rng(7);
    histogram left;
    histogram right;
    histogram both;
    for (int draw = 0; draw < 1000; ++draw) {
        const nanoseconds value = rng.up_to(10s);
        (draw % 3 == 0 ? left : right).record(value);
        both.record(value);
    }
    left.merge(right);
    CHECK(left.count() == both.count());
    CHECK(left.sum() == both.sum());
    CHECK(left.largest() == both.largest());
    for (const double quantile : {0.1, 0.5, 0.99}) CHECK(left.quantile(quantile) == both.quantile(quantile));
    CHECK(left.count_at_most(1s) == both.count_at_most(1s));
}

TEST_CASE("durations beyond the last bucket count in it, and the largest is still exact") {
    histogram measured;
    measured.record(1h);
    measured.record(20h);
    CHECK(measured.count() == 2);
    CHECK(measured.largest() == 20h);
    CHECK(measured.quantile(1.0) == 20h);
    CHECK(measured.sum() == 21h);
}
