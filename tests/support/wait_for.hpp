// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <thread>

namespace podpool::test {

/// Whether a condition becomes true within a time that only a broken program needs.
template <class Condition>
bool wait_for(Condition condition, std::chrono::seconds patience = std::chrono::seconds(60)) {
    constexpr std::chrono::milliseconds pace{5};
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(pace);
    }
    return true;
}

}  // namespace podpool::test
