// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace podpool {

/// One pod: the address that sessions are dialled to and counted under.
struct endpoint {
    /// An IPv4 or IPv6 literal without brackets, or the absolute path of a Unix socket's directory.
    std::string address;
    /// The TCP port (1 to 65535); for a Unix socket the number in the socket's file name.
    std::uint16_t port = 0;

    endpoint() = default;
    endpoint(std::string address_, std::uint16_t port_) : address(std::move(address_)), port(port_) {}

    friend auto operator<=>(const endpoint&, const endpoint&) = default;
    friend bool operator==(const endpoint&, const endpoint&) = default;
};

/// Writes an endpoint as `10.0.0.1:5432`, `[fd00::1]:5432` or `/run/postgresql:5432`.
inline std::string to_string(const endpoint& where) {
    const bool ipv6 = where.address.find(':') != std::string::npos && where.address.front() != '/';
    return (ipv6 ? "[" + where.address + "]" : where.address) + ":" + std::to_string(where.port);
}

}  // namespace podpool

/// Endpoints can be keys of unordered containers.
template <>
struct std::hash<podpool::endpoint> {
    std::size_t operator()(const podpool::endpoint& where) const noexcept {
        return std::hash<std::string>{}(where.address) * 31 + where.port;
    }
};
