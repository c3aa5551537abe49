// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "series.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace podpool::bench {

/// What one contender achieved in one round.
struct measurement {
    std::vector<double> figures;
    /// 0: nobody disturbed it, 1: it says nothing; see teamwork::disturbance().
    double disturbance = 0;
};

/// One of several that do the same work in turns.
struct contender {
    std::string name;
    std::function<measurement()> measure;
};

/// The figures of all contenders.
class outcome {
public:
    outcome(std::size_t contenders, std::size_t disturbed) : figures_(contenders), disturbed_(disturbed) {}

    void add(std::size_t contender, const measurement& measured);
    /// One figure of one contender, a value per round.
    [[nodiscard]] const series& of(std::size_t contender, std::size_t figure = 0) const {
        return figures_[contender].at(figure);
    }
    /// How many measurements were disturbed and, after some tries, used all the same.
    [[nodiscard]] std::size_t disturbed() const noexcept { return disturbed_; }
    void count_disturbed() noexcept { ++disturbed_; }

private:
    std::vector<std::vector<series>> figures_;
    std::size_t disturbed_;
};

/// Lets the contenders take turns, A B A B, after one turn each to warm up. A measurement that was
/// disturbed is repeated at once a few times; the least disturbed one counts.
outcome run_rounds(const std::vector<contender>& contenders, std::size_t rounds);

}  // namespace podpool::bench
