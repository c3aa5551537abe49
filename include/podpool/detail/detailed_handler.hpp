// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/pool_state.hpp>
#include <podpool/errc.hpp>
#include <podpool/lease.hpp>

#include <boost/asio/associator.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace podpool::detail {

/// Turns an error code into the exception that says why: podpool::error with pool, sizes and endpoints.
/// Everything associated with the inner handler is associated with this one.
template <class Driver, class Handler>
struct detailed_handler {
    Handler handler;
    std::shared_ptr<pool_state<Driver>> pool;

    void operator()(boost::system::error_code code, lease<Driver> leased) {
        std::exception_ptr why;
        if (code && code.category() == pool_category()) {
            why = std::make_exception_ptr(pool->make_error(code));
        } else if (code) {
            why = std::make_exception_ptr(boost::system::system_error(code));
        }
        pool.reset();
        std::move(handler)(why, std::move(leased));
    }
};

}  // namespace podpool::detail

template <template <class, class> class Associator, class Driver, class Handler, class DefaultCandidate>
struct boost::asio::associator<Associator, podpool::detail::detailed_handler<Driver, Handler>, DefaultCandidate>
    : Associator<Handler, DefaultCandidate> {
    static typename Associator<Handler, DefaultCandidate>::type get(
        const podpool::detail::detailed_handler<Driver, Handler>& wrapped) noexcept {
        return Associator<Handler, DefaultCandidate>::get(wrapped.handler);
    }
    static typename Associator<Handler, DefaultCandidate>::type get(
        const podpool::detail::detailed_handler<Driver, Handler>& wrapped,
        const DefaultCandidate& candidate) noexcept {
        return Associator<Handler, DefaultCandidate>::get(wrapped.handler, candidate);
    }
};
