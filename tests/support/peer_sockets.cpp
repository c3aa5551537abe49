// SPDX-License-Identifier: BSL-1.0
#include "peer_sockets.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <stdexcept>

namespace podpool::test {

namespace {

/// One end of a socket; port 0 if it has none, or isn't one of IPv4.
template <class Ask>
sockaddr_in end_of(int descriptor, Ask ask) {
    sockaddr_in end{};
    socklen_t length = sizeof end;
    if (ask(descriptor, reinterpret_cast<sockaddr*>(&end), &length) != 0 || end.sin_family != AF_INET)
        return {};
    return end;
}

/// A descriptor of each socket to a server, by local port.
std::map<std::uint16_t, int> sockets_to(const std::string& address, std::uint16_t port) {
    in_addr wanted{};
    inet_pton(AF_INET, address.c_str(), &wanted);
    std::map<std::uint16_t, int> found;
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", gone)) {
        const int descriptor = std::stoi(entry.path().filename().string());
        const sockaddr_in peer = end_of(descriptor, getpeername);
        if (peer.sin_addr.s_addr != wanted.s_addr || ntohs(peer.sin_port) != port) continue;
        found.emplace(ntohs(end_of(descriptor, getsockname).sin_port), descriptor);
    }
    return found;
}

int descriptor_of(const std::string& address, std::uint16_t port, std::uint16_t local_port) {
    const auto all = sockets_to(address, port);
    const auto found = all.find(local_port);
    if (found == all.end()) {
        throw std::runtime_error("no socket from port " + std::to_string(local_port) + " to " + address);
    }
    return found->second;
}

template <class Value>
Value option_of(int descriptor, int level, int name) {
    Value value{};
    socklen_t length = sizeof value;
    if (getsockopt(descriptor, level, name, &value, &length) != 0) {
        throw std::runtime_error(std::string("getsockopt: ") + std::strerror(errno));
    }
    return value;
}

}  // namespace

std::set<std::uint16_t> peer_sockets::local_ports() const {
    std::set<std::uint16_t> ports;
    for (const auto& [local_port, descriptor] : sockets_to(address_, port_)) ports.insert(local_port);
    return ports;
}

keep_alive peer_sockets::keep_alive_of(std::uint16_t local_port) const {
    const int descriptor = descriptor_of(address_, port_, local_port);
    keep_alive read;
    read.on = option_of<int>(descriptor, SOL_SOCKET, SO_KEEPALIVE) != 0;
    read.idle = std::chrono::seconds(option_of<int>(descriptor, IPPROTO_TCP, TCP_KEEPIDLE));
    read.interval = std::chrono::seconds(option_of<int>(descriptor, IPPROTO_TCP, TCP_KEEPINTVL));
    read.count = option_of<int>(descriptor, IPPROTO_TCP, TCP_KEEPCNT);
    read.user_timeout =
        std::chrono::milliseconds(option_of<unsigned>(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT));
    return read;
}

void peer_sockets::hurry(std::uint16_t local_port, int factor) const {
    const int descriptor = descriptor_of(address_, port_, local_port);
    for (const int name : {TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_USER_TIMEOUT}) {
        const int before = option_of<int>(descriptor, IPPROTO_TCP, name);
        if (before == 0) continue;
        const int after = std::max(before / factor, 1);
        if (setsockopt(descriptor, IPPROTO_TCP, name, &after, sizeof after) != 0) {
            throw std::runtime_error(std::string("setsockopt: ") + std::strerror(errno));
        }
    }
}

bool peer_sockets::all_confirmed(std::uint16_t local_port) const {
    return option_of<tcp_info>(descriptor_of(address_, port_, local_port), IPPROTO_TCP, TCP_INFO)
               .tcpi_unacked == 0;
}

}  // namespace podpool::test
