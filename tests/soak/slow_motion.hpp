// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/postgres_server.hpp"

#include <exception>
#include <thread>

namespace podpool::soak {

/// A server that is stopped and resumed in turns of 50 ms, as one that has far too little CPU; it runs again
/// at the end of the scope. Nobody else may use the server's object meanwhile.
class slow_motion {
public:
    explicit slow_motion(test::postgres_server& server);
    slow_motion(const slow_motion&) = delete;
    slow_motion& operator=(const slow_motion&) = delete;
    ~slow_motion();

    /// Ends it. Throws std::runtime_error when the server couldn't be stopped or resumed.
    void end();

private:
    test::postgres_server& server_;
    std::exception_ptr problem_;  // the thread's until it has ended
    std::jthread turns_;
};

}  // namespace podpool::soak
