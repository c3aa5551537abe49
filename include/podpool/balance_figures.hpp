// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace podpool {

/// How evenly connections lie over endpoints.
struct balance_figures {
    /// The fullest endpoint's connections over the mean; 1 is even, 0 when there is nothing to compare.
    double max_over_mean = 0;
    /// Coefficient of variation: standard deviation over mean.
    double cv = 0;
    /// Connections of the endpoint discovered last over the mean: 1 is its fair share.
    double newest_share = 0;

    /// The figures of `counts`, one number per endpoint; `newest` is the index of the newest endpoint.
    static balance_figures of(std::span<const std::size_t> counts, std::size_t newest) {
        balance_figures figures;
        double sum = 0;
        double largest = 0;
        for (const std::size_t count : counts) {
            sum += static_cast<double>(count);
            largest = std::max(largest, static_cast<double>(count));
        }
        if (sum <= 0) return figures;
        const double mean = sum / static_cast<double>(counts.size());
        double squares = 0;
        for (const std::size_t count : counts) {
            const double off = static_cast<double>(count) - mean;
            squares += off * off;
        }
        figures.max_over_mean = largest / mean;
        figures.cv = std::sqrt(squares / static_cast<double>(counts.size())) / mean;
        if (newest < counts.size()) figures.newest_share = static_cast<double>(counts[newest]) / mean;
        return figures;
    }
};

}  // namespace podpool
