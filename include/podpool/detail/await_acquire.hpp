// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/async_waiter.hpp>
#include <podpool/detail/detailed_handler.hpp>
#include <podpool/detail/pool_state.hpp>
#include <podpool/lease.hpp>
#include <podpool/role.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <source_location>
#include <utility>

namespace podpool::detail {

/// An acquire as a coroutine: it goes through no executor when there is an idle connection.
/// See docs/adr/0014-acquire-without-a-trip.md.
template <class Driver>
boost::asio::awaitable<lease<Driver>> await_acquire(std::shared_ptr<pool_state<Driver>> pool, role wanted,
                                                    std::chrono::nanoseconds timeout,
                                                    std::source_location site) {
    if (auto* const found = find_idle(*pool, wanted, site)) co_return lease_access::make(*pool, *found);
    // Handed on, so that a coroutine that waits doesn't keep the pool's state.
    const std::weak_ptr<pool_state<Driver>> observed = pool;
    auto token = boost::asio::as_tuple(boost::asio::deferred);
    auto wait = boost::asio::async_initiate<decltype(token), void(boost::system::error_code, lease<Driver>)>(
        [](auto handler, std::shared_ptr<pool_state<Driver>> state, role kind, std::chrono::nanoseconds limit,
           std::source_location where) {
            queue_acquire<Driver>(std::move(state), kind, limit, where, std::move(handler));
        },
        token, std::move(pool), wanted, timeout, site);
    auto [error, leased] = co_await std::move(wait);
    if (error) std::rethrow_exception(explained(error, observed, wanted));
    co_return std::move(leased);
}

}  // namespace podpool::detail
