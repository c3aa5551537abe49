// SPDX-License-Identifier: BSL-1.0
#include <podpool/balance_figures.hpp>

#include "support/catch.hpp"

#include <cmath>
#include <vector>

using podpool::balance_figures;

namespace {

bool close(double value, double expected) { return std::abs(value - expected) < 1e-5; }

balance_figures figures_of(const std::vector<std::size_t>& counts, std::size_t newest) {
    return balance_figures::of(counts, newest);
}

}  // namespace

TEST_CASE("even counts are 1 over the mean, without deviation") {
    const balance_figures even = figures_of({10, 10, 10}, 2);
    CHECK(close(even.max_over_mean, 1));
    CHECK(close(even.cv, 0));
    CHECK(close(even.newest_share, 1));
}

TEST_CASE("a new and empty endpoint shows in every figure") {
    const balance_figures scaled = figures_of({10, 10, 10, 0}, 3);
    CHECK(close(scaled.max_over_mean, 4.0 / 3));
    CHECK(close(scaled.cv, 0.57735));
    CHECK(close(scaled.newest_share, 0));
}

TEST_CASE("figures of known counts") {
    const balance_figures figures = figures_of({2, 4, 4, 4, 5, 5, 7, 9}, 0);
    CHECK(close(figures.cv, 2.0 / 5));
    CHECK(close(figures.max_over_mean, 9.0 / 5));
    CHECK(close(figures.newest_share, 2.0 / 5));
}

TEST_CASE("nothing to compare is zero, not a division by zero") {
    CHECK(figures_of({}, 0).max_over_mean == 0);
    CHECK(figures_of({0, 0, 0}, 1).max_over_mean == 0);
    CHECK(figures_of({0, 0}, 1).newest_share == 0);
    CHECK(close(figures_of({5}, 0).max_over_mean, 1));
    CHECK(figures_of({5}, 7).newest_share == 0);
}
