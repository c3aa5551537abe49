// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/machine.hpp>
#include <podpool/core/time.hpp>
#include <podpool/detail/clock.hpp>

#include <algorithm>
#include <chrono>
#include <optional>

namespace podpool::detail {

/// Until when a caller may wait for the answer to a connection's reset.
///
/// Few callers meet one, so the clock is read on the first question. Thread safety: none.
class answer_wait {
public:
    /// A caller that only looks whether the answer is there.
    answer_wait() = default;
    /// A caller with this much time from now on.
    explicit answer_wait(std::chrono::nanoseconds timeout) : timeout_(timeout) {}
    /// A caller with a deadline.
    explicit answer_wait(core::time_point deadline) : deadline_(deadline) {}

    /// Whether it waits at all.
    [[nodiscard]] bool waits() const noexcept { return deadline_ || timeout_ > core::duration{0}; }
    /// The caller's deadline, counted from the first call.
    [[nodiscard]] core::time_point deadline() {
        if (!deadline_) deadline_ = core::later(clock_now(), timeout_);
        return *deadline_;
    }
    /// A slow answer is left to the background, since another connection may be quicker.
    [[nodiscard]] core::time_point until() {
        if (!waits()) return core::time_point{};
        return std::min(deadline(), core::later(clock_now(), core::machine::patience));
    }

private:
    std::chrono::nanoseconds timeout_{0};
    std::optional<core::time_point> deadline_;
};

}  // namespace podpool::detail
