// SPDX-License-Identifier: BSL-1.0
#include "discovery/route.hpp"

#include <boost/asio/ip/udp.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace podpool::detail {

bool has_route(const boost::asio::ip::address& address) noexcept {
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
