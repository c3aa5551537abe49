// SPDX-License-Identifier: BSL-1.0
#include "rounds.hpp"

#include <utility>

namespace podpool::bench {

namespace {

/// Threads that ran side by side for less than four fifths of the time measure something else.
constexpr double tolerance = 0.2;
constexpr int tries = 8;

measurement least_disturbed(const contender& measured) {
    measurement best = measured.measure();
    for (int again = 1; again < tries && best.disturbance > tolerance; ++again) {
        measurement next = measured.measure();
        if (next.disturbance < best.disturbance) best = std::move(next);
    }
    return best;
}

}  // namespace

void outcome::add(std::size_t contender, const measurement& measured) {
    auto& all = figures_[contender];
    all.resize(measured.figures.size());
    for (std::size_t index = 0; index < all.size(); ++index) all[index].add(measured.figures[index]);
}

outcome run_rounds(const std::vector<contender>& contenders, std::size_t rounds) {
    outcome result(contenders.size(), 0);
    for (const contender& cold : contenders) cold.measure();
    for (std::size_t round = 0; round < rounds; ++round) {
        for (std::size_t index = 0; index < contenders.size(); ++index) {
            const measurement measured = least_disturbed(contenders[index]);
            if (measured.disturbance > tolerance) result.count_disturbed();
            result.add(index, measured);
        }
    }
    return result;
}

}  // namespace podpool::bench
