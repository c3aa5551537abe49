// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "series.hpp"
#include "workers.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace podpool::bench {

/// Latencies in microseconds that several threads note, each in a list of its own.
class latencies {
public:
    explicit latencies(std::size_t threads) : lists_(threads) {
        // Enough that the lists don't grow while the time is taken.
        constexpr std::size_t usual = 65536;
        for (auto& list : lists_) list.reserve(usual);
    }

    void add(std::size_t thread, clock::duration latency) {
        lists_[thread].push_back(std::chrono::duration<double, std::micro>(latency).count());
    }

    /// Call it when the threads are done.
    [[nodiscard]] std::vector<double> all() const {
        std::vector<double> result;
        for (const auto& list : lists_) result.insert(result.end(), list.begin(), list.end());
        return result;
    }

private:
    std::vector<std::vector<double>> lists_;
};

}  // namespace podpool::bench
