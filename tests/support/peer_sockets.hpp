// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <set>
#include <string>

namespace podpool::test {

/// How the kernel notices that a TCP socket's peer has gone without a word.
struct keep_alive {
    bool on = false;                            ///< SO_KEEPALIVE
    std::chrono::seconds idle{0};               ///< TCP_KEEPIDLE
    std::chrono::seconds interval{0};           ///< TCP_KEEPINTVL
    int count = 0;                              ///< TCP_KEEPCNT
    std::chrono::milliseconds user_timeout{0};  ///< TCP_USER_TIMEOUT

    friend bool operator==(const keep_alive&, const keep_alive&) = default;
    friend std::ostream& operator<<(std::ostream& out, const keep_alive& shown) {
        return out << (shown.on ? "on" : "off") << ", idle " << shown.idle.count() << " s, interval "
                   << shown.interval.count() << " s, count " << shown.count << ", user timeout "
                   << shown.user_timeout.count() << " ms";
    }
};

/// This process's own TCP sockets to one server, as the kernel has them, whichever library made them.
///
/// Each is named by its local port, however many descriptors it has; the functions throw std::runtime_error
/// when there is none with that port any more. Thread safety: as the kernel's.
class peer_sockets {
public:
    /// `address` is an IPv4 address.
    peer_sockets(std::string address, std::uint16_t port) : address_(std::move(address)), port_(port) {}

    /// Those that there are now.
    [[nodiscard]] std::set<std::uint16_t> local_ports() const;
    [[nodiscard]] keep_alive keep_alive_of(std::uint16_t local_port) const;
    /// Makes the times that are set on a socket shorter by this factor, a second or a millisecond at least.
    /// What is off stays off.
    void hurry(std::uint16_t local_port, int factor) const;
    /// Whether the peer has confirmed whatever was sent to it.
    [[nodiscard]] bool all_confirmed(std::uint16_t local_port) const;

private:
    std::string address_;
    std::uint16_t port_;
};

}  // namespace podpool::test
