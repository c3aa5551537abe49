// SPDX-License-Identifier: BSL-1.0
#include "loopback_network.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <utility>

namespace podpool::test {

namespace {

constexpr std::size_t first_server = 11;

bool port_is_free(const std::string& address, std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    inet_pton(AF_INET, address.c_str(), &where.sin_addr);
    const bool free = bind(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
    close(fd);
    return free;
}

int draw(int low, int high) {
    std::random_device random;
    return std::uniform_int_distribution<int>(low, high)(random);
}

/// Below the range that outgoing connections take their ports from.
std::uint16_t draw_port() { return static_cast<std::uint16_t>(draw(20000, 30000)); }

}  // namespace

loopback_network::loopback_network() {
    do {
        prefix_ = "127." + std::to_string(draw(64, 250)) + "." + std::to_string(draw(1, 250));
        port_ = draw_port();
    } while (!port_is_free(server_address(0), port_));
}

loopback_network::loopback_network(std::string prefix) : prefix_(std::move(prefix)) {
    do {
        port_ = draw_port();
    } while (!port_is_free(server_address(0), port_));
}

std::string loopback_network::address(int number) const { return prefix_ + "." + std::to_string(number); }

std::string loopback_network::server_address(std::size_t index) const {
    return address(static_cast<int>(first_server + index));
}

}  // namespace podpool::test
