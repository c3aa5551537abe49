// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <chrono>

namespace podpool::cli {

/// Turns the first SIGINT or SIGTERM into a wish to stop; a second one ends the process at once.
///
/// Thread safety: one thread at a time.
class stop_signals {
public:
    stop_signals();

    /// Waits until then or until a signal comes; returns whether one has come. What runs on get_executor()
    /// runs meanwhile, on the calling thread.
    bool wait_until(std::chrono::steady_clock::time_point moment);
    [[nodiscard]] bool stopped() const noexcept { return stopped_; }
    [[nodiscard]] boost::asio::any_io_executor get_executor() { return context_.get_executor(); }

private:
    boost::asio::io_context context_{1};
    boost::asio::signal_set signals_;
    bool stopped_ = false;
};

}  // namespace podpool::cli
