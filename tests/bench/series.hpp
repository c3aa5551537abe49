// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <vector>

namespace podpool::bench {

/// One figure, measured once per round.
class series {
public:
    void add(double value) { values_.push_back(value); }
    [[nodiscard]] const std::vector<double>& values() const noexcept { return values_; }
    [[nodiscard]] bool empty() const noexcept { return values_.empty(); }

    /// Zero when empty, as are the next two.
    [[nodiscard]] double median() const;
    [[nodiscard]] double smallest() const;
    [[nodiscard]] double largest() const;

private:
    std::vector<double> values_;
};

/// `measured` / `compared`, round by round: what disturbed a round disturbed both.
series ratios(const series& measured, const series& compared);

/// The value that a share `quantile` (0 to 1) of all doesn't exceed; zero when there is none.
/// Reorders `values`.
double quantile(std::vector<double>& values, double quantile);

}  // namespace podpool::bench
