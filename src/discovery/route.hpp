// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/udp.hpp>

#include <cerrno>

#include <sys/socket.h>
#include <unistd.h>

namespace podpool::detail {

/// Whether this machine has a route to the address and an address of its own to use it with. Sends nothing.
/// An answer that can't be had (no descriptor is left) counts as yes.
inline bool has_route(const boost::asio::ip::address& address) noexcept {
    // To connect a UDP socket makes the kernel look for a route, and sends nothing.
    constexpr unsigned short any_port = 9;
    const boost::asio::ip::udp::endpoint target(address, any_port);
    const int probe = ::socket(target.protocol().family(), SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return errno != EAFNOSUPPORT;
    const bool routed = ::connect(probe, target.data(), static_cast<socklen_t>(target.size())) == 0;
    ::close(probe);
    return routed;
}

}  // namespace podpool::detail
