// SPDX-License-Identifier: BSL-1.0
#include "series.hpp"

#include <algorithm>
#include <cmath>

namespace podpool::bench {

double series::median() const {
    auto copy = values_;
    return quantile(copy, 0.5);
}

double series::smallest() const {
    return values_.empty() ? 0.0 : *std::min_element(values_.begin(), values_.end());
}

double series::largest() const {
    return values_.empty() ? 0.0 : *std::max_element(values_.begin(), values_.end());
}

series ratios(const series& measured, const series& compared) {
    series result;
    const std::size_t rounds = std::min(measured.values().size(), compared.values().size());
    for (std::size_t round = 0; round < rounds; ++round) {
        if (compared.values()[round] > 0) result.add(measured.values()[round] / compared.values()[round]);
    }
    return result;
}

double quantile(std::vector<double>& values, double quantile) {
    if (values.empty()) return 0.0;
    const double rank = std::ceil(quantile * static_cast<double>(values.size())) - 1;
    const auto index = std::min(static_cast<std::size_t>(std::max(rank, 0.0)), values.size() - 1);
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(index), values.end());
    return values[index];
}

}  // namespace podpool::bench
