// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/pool_state.hpp>
#include <podpool/detail/wrapping_handler.hpp>
#include <podpool/error.hpp>
#include <podpool/lease.hpp>
#include <podpool/role.hpp>

#include <boost/system/error_code.hpp>

#include <exception>
#include <memory>
#include <utility>

namespace podpool::detail {

/// Turns an error code into the exception that says why: podpool::error with pool, sizes and endpoints.
/// See wrapping_handler.
template <class Driver, class Handler>
struct detailed_handler {
    using wrapped_handler = Handler;

    Handler handler;
    std::weak_ptr<pool_state<Driver>> pool;  // a handler may be kept for longer than the pool's context
    role wanted = role::any;

    void operator()(boost::system::error_code code, lease<Driver> leased) {
        std::move(handler)(explain(code), std::move(leased));
    }
    void operator()(boost::system::error_code code) { std::move(handler)(explain(code)); }

private:
    [[nodiscard]] std::exception_ptr explain(boost::system::error_code code) const {
        if (!code) return nullptr;
        if (code.category() != pool_category())
            return std::make_exception_ptr(error(code, "podpool: " + code.message()));
        if (const auto state = pool.lock()) return std::make_exception_ptr(state->make_error(code, wanted));
        return std::make_exception_ptr(error(static_cast<errc>(code.value()), "podpool: " + code.message()));
    }
};

}  // namespace podpool::detail
