// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>

namespace podpool::test {

/// A network 127.r.s.0/24 and a port, drawn at random so that parallel tests don't meet. Servers that stand
/// for pods have one address each and the same port.
class loopback_network {
public:
    /// The first server's address and port are free.
    loopback_network();
    /// Another network whose addresses are all this machine's, such as that of a pod_network: the first three
    /// numbers of its addresses, `10.77.1`. Only the port is drawn.
    explicit loopback_network(std::string prefix);

    /// An address of the network, `number` 1 to 254; servers take 11, 12, 13...
    [[nodiscard]] std::string address(int number) const;
    /// The address of a server, `index` from 0.
    [[nodiscard]] std::string server_address(std::size_t index) const;
    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    std::string prefix_;
    std::uint16_t port_ = 0;
};

}  // namespace podpool::test
