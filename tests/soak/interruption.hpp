// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

namespace podpool::soak {

/// Ctrl-C as a wish to stop, which is asked for. Made before any other thread: they and the programs that we
/// start inherit that SIGINT is blocked, so that the terminal's Ctrl-C ends none of them.
class interruption {
public:
    interruption();
    interruption(const interruption&) = delete;
    interruption& operator=(const interruption&) = delete;
    ~interruption() = default;

    /// Whether somebody has asked to stop.
    [[nodiscard]] bool wanted() const { return wanted_; }
    /// Waits for a time, or until somebody asks to stop; returns whether the time has passed.
    [[nodiscard]] bool wait(std::chrono::steady_clock::duration time) const;

private:
    std::atomic<bool> wanted_{false};
    std::jthread waiter_;
};

}  // namespace podpool::soak
