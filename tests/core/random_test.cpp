// SPDX-License-Identifier: BSL-1.0
#include <podpool/core/random.hpp>

#include "support/catch.hpp"

#include <vector>

using podpool::core::duration;
using namespace std::chrono_literals;

TEST_CASE("the same seed gives the same numbers, another seed others") {
    podpool::core::random one(7);
    podpool::core::random same(7);
    podpool::core::random other(8);
    int equal = 0;
    for (int draw = 0; draw < 1000; ++draw) {
        const std::uint64_t value = one.next();
        REQUIRE(value == same.next());
        equal += value == other.next() ? 1 : 0;
    }
    CHECK(equal == 0);
}

TEST_CASE("splitmix64 as published") {
    podpool::core::random rng(1234567);
    CHECK(rng.next() == 6457827717110365317U);
    CHECK(rng.next() == 3203168211198807973U);
    CHECK(rng.next() == 9817491932198370423U);
}

TEST_CASE("below() is below its bound and even") {
    podpool::core::random rng(1);
    CHECK(rng.below(1) == 0);
    std::vector<int> counts(7, 0);
    for (int draw = 0; draw < 70'000; ++draw) ++counts.at(rng.below(7));
    double chi_square = 0;
    for (const int count : counts) chi_square += (count - 10'000.0) * (count - 10'000.0) / 10'000.0;
    CHECK(chi_square < 22.5);  // 6 degrees of freedom: exceeded once in a thousand seeds
}

TEST_CASE("unit() and up_to() stay in their ranges") {
    podpool::core::random rng(1);
    for (int draw = 0; draw < 10'000; ++draw) {
        const double unit = rng.unit();
        REQUIRE(unit >= 0);
        REQUIRE(unit < 1);
        const duration drawn = rng.up_to(1s);
        REQUIRE(drawn >= 0s);
        REQUIRE(drawn <= 1s);
        REQUIRE(rng.up_to(0s) == 0s);
    }
}
