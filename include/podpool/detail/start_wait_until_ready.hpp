// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/async_waiter.hpp>
#include <podpool/detail/pool_state.hpp>
#include <podpool/detail/wrapping_handler.hpp>
#include <podpool/lease.hpp>

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

namespace podpool::detail {

/// A handler that takes no lease, where one with a lease is called. See wrapping_handler.
template <class Driver, class Handler>
struct leaseless_handler {
    using wrapped_handler = Handler;

    Handler handler;

    void operator()(boost::system::error_code code, const lease<Driver>&) { std::move(handler)(code); }
};

/// Starts an asynchronous wait for the pool to be ready.
template <class Driver, class Handler>
void start_wait_until_ready(const std::shared_ptr<pool_state<Driver>>& pool, std::chrono::nanoseconds timeout,
                            Handler handler) {
    using adapted = leaseless_handler<Driver, Handler>;
    // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): its handler may end the pool meanwhile
    const std::shared_ptr<pool_state<Driver>> hold = pool;
    if (hold->in_child()) {
        return post_completion<Driver>(adapted{std::move(handler)}, hold->executor(),
                                       make_error_code(errc::forked), lease<Driver>{});
    }
    auto& queued = async_waiter<Driver, adapted>::make(hold, adapted{std::move(handler)});
    hold->queue_until_ready(queued, core::later(clock_now(), timeout), [&queued](std::uint64_t number) {
        queued.install_cancellation([number](pool_state<Driver>& of) { return of.cancel_ready(number); });
    });
}

}  // namespace podpool::detail
