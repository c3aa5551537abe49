// SPDX-License-Identifier: BSL-1.0
#include "slow_motion.hpp"

#include <chrono>

namespace podpool::soak {

slow_motion::slow_motion(test::postgres_server& server) : server_(server) {
    turns_ = std::jthread([this](const std::stop_token& ending) {
        constexpr std::chrono::milliseconds turn{50};
        try {
            while (!ending.stop_requested()) {
                server_.pause();
                std::this_thread::sleep_for(turn);
                server_.resume();
                std::this_thread::sleep_for(turn);
            }
        } catch (const std::exception&) {
            problem_ = std::current_exception();
        }
    });
}

slow_motion::~slow_motion() {
    turns_.request_stop();
    if (turns_.joinable()) turns_.join();
    server_.resume();
}

void slow_motion::end() {
    turns_.request_stop();
    turns_.join();
    if (problem_) std::rethrow_exception(problem_);
}

}  // namespace podpool::soak
