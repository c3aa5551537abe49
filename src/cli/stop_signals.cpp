// SPDX-License-Identifier: BSL-1.0
#include "cli/stop_signals.hpp"

#include <csignal>

namespace podpool::cli {

stop_signals::stop_signals() : signals_(context_, SIGINT, SIGTERM) {
    signals_.async_wait([this](const boost::system::error_code& failed, int) {
        if (failed) return;
        stopped_ = true;
        signals_.clear();
        context_.stop();
    });
}

bool stop_signals::wait_until(std::chrono::steady_clock::time_point moment) {
    if (!stopped_) {
        context_.restart();
        context_.run_until(moment);
    }
    return stopped_;
}

}  // namespace podpool::cli
