// SPDX-License-Identifier: BSL-1.0
#include <podpool/core/balancing.hpp>

#include "support/catch.hpp"

#include <array>
#include <map>
#include <vector>

using namespace podpool;
using namespace podpool::core;

namespace {

using numbers = std::vector<std::uint32_t>;

/// How often each candidate is picked.
std::map<std::uint32_t, int> picks(balance_policy policy, const numbers& candidates,
                                   const std::vector<std::uint32_t>& loads, int count) {
    balancer chooser(policy);
    core::random rng(11);
    std::map<std::uint32_t, int> counts;
    for (int pick = 0; pick < count; ++pick) {
        ++counts[chooser.pick(candidates, [&](std::uint32_t id) { return loads[id]; }, rng)];
    }
    return counts;
}

double chi_square(const std::map<std::uint32_t, int>& counts, double expected) {
    double sum = 0;
    for (const auto& [candidate, count] : counts) sum += (count - expected) * (count - expected) / expected;
    return sum;
}

}  // namespace

TEST_CASE("a single candidate is picked by every policy, without a look at its load") {
    const auto policy = GENERATE(balance_policy::least_active, balance_policy::p2c,
                                 balance_policy::round_robin, balance_policy::random);
    balancer chooser(policy);
    core::random rng(1);
    const numbers one{7};
    bool asked = false;
    const auto load = [&](std::uint32_t) {
        asked = true;
        return 0U;
    };
    CHECK(chooser.pick(one, load, rng) == 7);
    CHECK_FALSE(asked);
}

TEST_CASE("least_active always picks the lowest load") {
    for (std::uint32_t lowest = 0; lowest < 5; ++lowest) {
        std::vector<std::uint32_t> loads{3, 4, 5, 3, 9};
        loads[lowest] = 1;
        const auto counts = picks(balance_policy::least_active, {0, 1, 2, 3, 4}, loads, 100);
        CHECK(counts.size() == 1);
        CHECK(counts.begin()->first == lowest);
    }
}

TEST_CASE("#33 least_active breaks ties at random, each with the same chance") {
    // Candidates 1, 3 and 4 tie; the others are busier.
    const auto counts = picks(balance_policy::least_active, {0, 1, 2, 3, 4}, {2, 1, 3, 1, 1}, 30'000);
    REQUIRE(counts.size() == 3);
    CHECK(counts.contains(1));
    CHECK(counts.contains(3));
    CHECK(counts.contains(4));
    CHECK(chi_square(counts, 10'000) < 13.8);  // 2 degrees of freedom: one seed in a thousand exceeds it
}

TEST_CASE("ties among many are fair, too") {
    numbers candidates;
    for (std::uint32_t id = 0; id < 20; ++id) candidates.push_back(id);
    const auto counts =
        picks(balance_policy::least_active, candidates, std::vector<std::uint32_t>(20, 4), 40'000);
    REQUIRE(counts.size() == 20);
    CHECK(chi_square(counts, 2000) < 43.8);  // 19 degrees of freedom
}

TEST_CASE("p2c never picks the busiest of three and picks the least busy two times of three") {
    const auto counts = picks(balance_policy::p2c, {0, 1, 2}, {5, 1, 9}, 30'000);
    CHECK(counts.find(2) == counts.end());
    CHECK(counts.at(1) > 19'500);
    CHECK(counts.at(1) < 20'500);
}

TEST_CASE("p2c of two is the less busy one, never by chance the other") {
    const auto counts = picks(balance_policy::p2c, {4, 6}, {0, 0, 0, 0, 8, 0, 7}, 1000);
    CHECK(counts.size() == 1);
    CHECK(counts.begin()->first == 6);
}

TEST_CASE("p2c with equal loads is even") {
    const auto counts = picks(balance_policy::p2c, {0, 1, 2, 3}, {1, 1, 1, 1}, 40'000);
    REQUIRE(counts.size() == 4);
    CHECK(chi_square(counts, 10'000) < 16.3);  // 3 degrees of freedom
}

TEST_CASE("random is even, whatever the loads") {
    const auto counts = picks(balance_policy::random, {0, 1, 2, 3}, {0, 100, 5, 1}, 40'000);
    REQUIRE(counts.size() == 4);
    CHECK(chi_square(counts, 10'000) < 16.3);
}

TEST_CASE("#32 round_robin takes each in turn, also when candidates come and go") {
    balancer chooser(balance_policy::round_robin);
    core::random rng(1);
    const auto next = [&](const numbers& candidates) {
        return chooser.pick(candidates, [](std::uint32_t) { return 0; }, rng);
    };
    const numbers all{3, 0, 7, 5};  // their order in the list doesn't matter
    std::uint32_t last = next(all);
    const std::map<std::uint32_t, std::uint32_t> after{{0, 3}, {3, 5}, {5, 7}, {7, 0}};
    for (int pick = 0; pick < 20; ++pick) {
        const std::uint32_t chosen = next(all);
        CHECK(chosen == after.at(last));
        last = chosen;
    }
    while (last != 3) last = next(all);
    CHECK(next({0, 3, 7}) == 7);  // 5 is missing
    CHECK(next({0, 3, 7}) == 0);
    CHECK(next({5, 9}) == 5);
    CHECK(next({5, 9}) == 9);
    CHECK(next({1, 2}) == 1);  // and round
}

TEST_CASE("round_robin of many clients doesn't begin with the same one") {
    std::map<std::uint32_t, int> first;
    for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
        balancer chooser(balance_policy::round_robin);
        core::random rng(seed);
        const numbers candidates{0, 1, 2, 3};
        ++first[chooser.pick(candidates, [](std::uint32_t) { return 0; }, rng)];
    }
    REQUIRE(first.size() == 4);
    CHECK(chi_square(first, 1000) < 16.3);
}
