// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "hand_pool.hpp"
#include "stub_driver.hpp"
#include "workers.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace podpool::bench {

/// So many cycles between two looks at the clock.
constexpr std::size_t batch_size = 256;

/// Repeats batches until the deadline; returns the number of cycles.
template <class Batch>
std::uint64_t repeat_until(clock::time_point deadline, const Batch& batch) {
    std::uint64_t cycles = 0;
    do {
        batch(batch_size);
        cycles += batch_size;
    } while (clock::now() < deadline);
    return cycles;
}

/// acquire + release, `count` times; `pool` is podpool's or the hand-written one.
template <class Pool>
void cycle(Pool& pool, std::size_t count) {
    for (; count != 0; --count) {
        const auto leased = pool.acquire();
        benchmark::DoNotOptimize(*leased);
    }
}

/// Stub connections for a hand-written pool.
class stub_connections {
public:
    explicit stub_connections(std::size_t count) : numbers_(count) {}
    std::vector<int*> pointers() {
        std::vector<int*> result;
        result.reserve(numbers_.size());
        for (int& each : numbers_) result.push_back(&each);
        return result;
    }

private:
    std::vector<int> numbers_;
};

}  // namespace podpool::bench
