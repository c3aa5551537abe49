// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/error.hpp>

#include <boost/system/error_code.hpp>

#include <pthread.h>

#include <csignal>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

namespace podpool::detail {

/// While this exists, the calling thread blocks all signals but those that a fault of its own raises. A
/// thread that is started meanwhile does so from its first instruction on, for as long as it runs.
class blocked_signals {
public:
    blocked_signals() {
        sigset_t blocked{};
        sigfillset(&blocked);
        // A blocked signal of these ends the process before a handler of the program can report the fault.
        for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT}) {
            sigdelset(&blocked, fault);
        }
        pthread_sigmask(SIG_BLOCK, &blocked, &before_);
    }
    blocked_signals(const blocked_signals&) = delete;
    blocked_signals& operator=(const blocked_signals&) = delete;
    ~blocked_signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_{};
};

/// Starts a thread of podpool's own. A signal at the process goes to one of the program's threads: it is
/// handled there, waited for there, or has its default effect because the program wants that.
/// Throws podpool::error with the system's code where no further thread can be had.
template <class Body>
[[nodiscard]] std::thread start_thread(Body&& body) {
    const blocked_signals guard;
    try {
        return std::thread(std::forward<Body>(body));
    } catch (const std::system_error& problem) {
        throw error(boost::system::error_code(problem.code()),
                    "podpool: no further thread can be started: " + problem.code().message());
    }
}

}  // namespace podpool::detail
