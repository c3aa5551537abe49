// SPDX-License-Identifier: BSL-1.0
#include "loopback_network.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>

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

}  // namespace

loopback_network::loopback_network() {
    std::random_device seed;
    std::mt19937 random(seed());
    const auto draw = [&](int low, int high) {
        return std::uniform_int_distribution<int>(low, high)(random);
    };
    do {
        second_ = draw(64, 250);
        third_ = draw(1, 250);
        // Below the range that outgoing connections take their ports from.
        port_ = static_cast<std::uint16_t>(draw(20000, 30000));
    } while (!port_is_free(server_address(0), port_));
}

std::string loopback_network::address(int number) const {
    return "127." + std::to_string(second_) + "." + std::to_string(third_) + "." + std::to_string(number);
}

std::string loopback_network::server_address(std::size_t index) const {
    return address(static_cast<int>(first_server + index));
}

}  // namespace podpool::test
