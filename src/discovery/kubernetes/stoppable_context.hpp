// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/time.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstdint>

namespace podpool::detail {

/// Where a thread waits for what it has begun, or for time to pass, and no longer than until stop().
///
/// Thread safety: stop() and stopped() may be called from any thread, everything else from one.
class stoppable_context {
public:
    enum class wait_end : std::uint8_t { done, late, stopped };

    /// What operations are begun on.
    [[nodiscard]] boost::asio::io_context& io() noexcept { return context_; }

    /// Waits until a handler has set `done`, until `deadline`, or until stop().
    wait_end wait_for(const bool& done, core::time_point deadline);
    /// Waits until `deadline` or stop().
    void wait_until(core::time_point deadline);
    /// Runs the handlers of operations that were cancelled, until one of them has set `done`; also after
    /// stop().
    void drain(const bool& done);

    /// Ends every wait, for good.
    void stop() noexcept {
        stopped_ = true;
        context_.stop();
    }
    [[nodiscard]] bool stopped() const noexcept { return stopped_; }

private:
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
    std::atomic<bool> stopped_ = false;
};

}  // namespace podpool::detail
