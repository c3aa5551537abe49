// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/stoppable_context.hpp"

#include <podpool/detail/clock.hpp>

namespace podpool::detail {

stoppable_context::wait_end stoppable_context::wait_for(const bool& done, core::time_point deadline) {
    while (!done) {
        if (stopped_) return wait_end::stopped;
        if (deadline == core::never) {
            context_.run_one();
        } else if (context_.run_one_until(to_steady(deadline)) == 0 && clock_now() >= deadline) {
            return wait_end::late;
        }
    }
    return wait_end::done;
}

void stoppable_context::wait_until(core::time_point deadline) {
    constexpr bool nothing_comes = false;
    wait_for(nothing_comes, deadline);
}

void stoppable_context::drain(const bool& done) {
    while (!done) {
        // stop() ends each run.
        context_.restart();
        context_.run_one();
    }
}

}  // namespace podpool::detail
