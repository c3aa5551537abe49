// SPDX-License-Identifier: BSL-1.0
#include "interruption.hpp"

#include <csignal>

namespace podpool::soak {

interruption::interruption() {
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    pthread_sigmask(SIG_BLOCK, &interrupt, nullptr);
    waiter_ = std::jthread([this, interrupt](const std::stop_token& ending) {
        constexpr timespec pace{0, 100'000'000};
        while (!ending.stop_requested()) {
            if (sigtimedwait(&interrupt, nullptr, &pace) == SIGINT) wanted_ = true;
        }
    });
}

bool interruption::wait(std::chrono::steady_clock::duration time) const {
    constexpr std::chrono::milliseconds pace{20};
    const auto end = std::chrono::steady_clock::now() + time;
    while (!wanted()) {
        if (std::chrono::steady_clock::now() >= end) return true;
        std::this_thread::sleep_for(pace);
    }
    return false;
}

}  // namespace podpool::soak
