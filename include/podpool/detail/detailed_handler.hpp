// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/pool_state.hpp>
#include <podpool/detail/wrapping_handler.hpp>
#include <podpool/error.hpp>
#include <podpool/role.hpp>

#include <boost/system/error_code.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace podpool::detail {

/// The exception that says why: podpool::error with pool, sizes and endpoints; null for no error.
/// `pool`: weak, since whoever keeps it may do so for longer than the pool's context lives.
template <class Driver>
std::exception_ptr explained(boost::system::error_code code, const std::weak_ptr<pool_state<Driver>>& pool,
                             role wanted) {
    if (!code) return nullptr;
    if (code.category() != pool_category())
        return std::make_exception_ptr(error(code, "podpool: " + code.message()));
    if (const auto state = pool.lock()) return std::make_exception_ptr(state->make_error(code, wanted));
    return std::make_exception_ptr(error(static_cast<errc>(code.value()), "podpool: " + code.message()));
}

/// Turns an error code into the exception that says why. See wrapping_handler.
template <class Driver, class Handler>
struct detailed_handler {
    using wrapped_handler = Handler;

    Handler handler;
    std::weak_ptr<pool_state<Driver>> pool;

    void operator()(boost::system::error_code code) { std::move(handler)(explained(code, pool, role::any)); }
};

}  // namespace podpool::detail
