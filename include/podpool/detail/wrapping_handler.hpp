// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/associator.hpp>

namespace podpool::detail {

/// A handler that calls another one, its member `handler` of the type `wrapped_handler`. Everything
/// associated with that one (executor, allocator, cancellation slot) is associated with this one.
template <class Handler>
concept wrapping_handler = requires(const Handler& one) {
    typename Handler::wrapped_handler;
    one.handler;
};

}  // namespace podpool::detail

template <template <class, class> class Associator, podpool::detail::wrapping_handler Handler,
          class DefaultCandidate>
struct boost::asio::associator<Associator, Handler, DefaultCandidate>
    : Associator<typename Handler::wrapped_handler, DefaultCandidate> {
    using wrapped = Associator<typename Handler::wrapped_handler, DefaultCandidate>;

    static typename wrapped::type get(const Handler& wrapper) noexcept {
        return wrapped::get(wrapper.handler);
    }
    static typename wrapped::type get(const Handler& wrapper, const DefaultCandidate& candidate) noexcept {
        return wrapped::get(wrapper.handler, candidate);
    }
};
