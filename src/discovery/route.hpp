// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/ip/address.hpp>

namespace podpool::detail {

/// Whether this machine has a route to the address and an address of its own to use it with. Sends nothing.
/// An answer that can't be had (no descriptor is left) counts as yes.
bool has_route(const boost::asio::ip::address& address) noexcept;

}  // namespace podpool::detail
