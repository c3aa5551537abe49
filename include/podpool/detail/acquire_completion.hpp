// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/wrapping_handler.hpp>
#include <podpool/lease.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>
#include <boost/version.hpp>

#if BOOST_VERSION >= 108200
#include <boost/asio/associated_immediate_executor.hpp>
#endif

#include <utility>

namespace podpool::detail {

/// What runs on the handler's executor: the handler with its arguments.
template <class Driver, class Handler>
struct acquire_completion {
    Handler handler;
    boost::system::error_code error;
    lease<Driver> leased;

    void operator()() { std::move(handler)(error, std::move(leased)); }
};

/// Posts a handler with its arguments to its executor, with its allocator; never runs it here.
template <class Driver, class Handler>
void post_completion(Handler handler, const boost::asio::any_io_executor& fallback,
                     boost::system::error_code error, lease<Driver> leased) {
    const auto executor = boost::asio::get_associated_executor(handler, fallback);
    const auto allocator = boost::asio::get_associated_allocator(handler);
    boost::asio::post(
        executor, boost::asio::bind_allocator(allocator, acquire_completion<Driver, Handler>{
                                                             std::move(handler), error, std::move(leased)}));
}

#if BOOST_VERSION >= 108200

/// Whether a handler was bound to an immediate executor: it may then be called inside the initiating
/// function.
template <class Handler>
inline constexpr bool has_immediate_executor = !requires {
    typename boost::asio::associated_immediate_executor<
        Handler, boost::asio::any_io_executor>::asio_associated_immediate_executor_is_unspecialised;
};

/// The same with everything that is associated with the handler, so that it also gets to its own executor.
template <class Driver, class Handler>
struct immediate_completion : acquire_completion<Driver, Handler> {
    using wrapped_handler = Handler;
};

#endif

/// Calls a handler for which nothing has to be waited for: through its immediate executor where it has one,
/// else through a post.
template <class Driver, class Handler>
void complete_at_once(Handler handler, const boost::asio::any_io_executor& fallback, lease<Driver> leased) {
#if BOOST_VERSION >= 108200
    if constexpr (has_immediate_executor<Handler>) {
        const auto immediate = boost::asio::get_associated_immediate_executor(handler, fallback);
        boost::asio::dispatch(
            immediate, immediate_completion<Driver, Handler>{{std::move(handler), {}, std::move(leased)}});
        return;
    }
#endif
    post_completion<Driver>(std::move(handler), fallback, {}, std::move(leased));
}

}  // namespace podpool::detail
