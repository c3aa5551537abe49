// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace podpool {

/// One entry of a host list, as a driver parsed it out of its connection string.
struct discovery_target {
    /// A DNS name, an address literal without brackets, or the absolute path of a Unix socket's
    /// directory; it may be empty when `address` is not.
    std::string host;
    /// An address literal that is dialled instead of what `host` resolves to (libpq's `hostaddr`), or empty.
    std::string address;
    /// The TCP port, 1 to 65535; SRV answers bring their own and don't read it.
    std::uint16_t port = 0;

    discovery_target() = default;
    discovery_target(std::string host_, std::string address_, std::uint16_t port_)
        : host(std::move(host_)), address(std::move(address_)), port(port_) {}
};

}  // namespace podpool
