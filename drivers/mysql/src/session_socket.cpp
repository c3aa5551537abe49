// SPDX-License-Identifier: BSL-1.0
#include "session_socket.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace podpool::detail {

namespace {

using tcp_endpoint = boost::asio::ip::tcp::endpoint;

struct close_directory {
    void operator()(DIR* directory) const noexcept { closedir(directory); }
};

/// The address of one end of a socket; nothing if it is no TCP socket.
template <class Ask>
std::optional<tcp_endpoint> end_of(int descriptor, Ask ask) noexcept {
    tcp_endpoint found;
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    if (ask(descriptor, reinterpret_cast<sockaddr*>(&address), &length) != 0) return std::nullopt;
    if (address.ss_family != AF_INET && address.ss_family != AF_INET6) return std::nullopt;
    if (length > found.capacity()) return std::nullopt;
    std::memcpy(found.data(), &address, length);
    found.resize(length);
    return found;
}

std::optional<tcp_endpoint> parsed(const endpoint& where) noexcept {
    boost::system::error_code failed;
    const auto address = boost::asio::ip::make_address(where.address, failed);
    if (failed) return std::nullopt;
    return tcp_endpoint(address, where.port);
}

/// How the server knows its client.
struct client_end {
    /// Nothing if the server tells a name.
    std::optional<boost::asio::ip::address> address;
    std::uint16_t port = 0;
};

/// Reads `10.0.0.7:51234`, `fd00::7:51234` or `name:51234`; nothing for a text without a port.
std::optional<client_end> read_client(std::string_view client) noexcept {
    const std::size_t colon = client.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    client_end read;
    const char* const end = client.data() + client.size();
    const auto [stop, bad_port] = std::from_chars(client.data() + colon + 1, end, read.port);
    if (bad_port != std::errc() || stop != end || read.port == 0) return std::nullopt;
    boost::system::error_code is_name;
    const auto address = boost::asio::ip::make_address(client.substr(0, colon), is_name);
    if (!is_name) read.address = address;
    return read;
}

/// Whether the last bytes came just now: a server's answer to what has led here.
bool was_just_read(int descriptor) noexcept {
    constexpr unsigned a_second_in_ms = 1000;
    tcp_info info{};
    socklen_t length = sizeof info;
    return getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
           info.tcpi_last_data_recv < a_second_in_ms;
}

bool is_session(int descriptor, const tcp_endpoint& server, const client_end& client) noexcept {
    const auto local = end_of(descriptor, getsockname);
    if (!local || local->port() != client.port) return false;
    // Through a proxy or NAT the port is another socket's, and could by chance be that of a session of ours.
    if (client.address && local->address() != *client.address) return false;
    const auto peer = end_of(descriptor, getpeername);
    return peer == server && was_just_read(descriptor);
}

template <class Value>
void set(int descriptor, int level, int name, Value value) noexcept {
    // Best effort: without it the peer's end is noticed later.
    static_cast<void>(setsockopt(descriptor, level, name, &value, sizeof value));
}

}  // namespace

session_socket::session_socket(session_socket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

session_socket& session_socket::operator=(session_socket&& other) noexcept {
    if (this != &other) {
        if (known()) close(descriptor_);
        descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
}

session_socket::~session_socket() {
    if (known()) close(descriptor_);
}

session_socket session_socket::find(const endpoint& server, std::string_view client) noexcept {
    const auto peer = parsed(server);
    const auto ours = read_client(client);
    if (!peer || !ours) return {};
    const std::unique_ptr<DIR, close_directory> all(opendir("/proc/self/fd"));
    if (!all) return {};
    while (const dirent* entry = readdir(all.get())) {
        int descriptor = -1;
        const char* const name = entry->d_name;
        const auto [end, failed] = std::from_chars(name, name + std::strlen(name), descriptor);
        if (failed != std::errc() || *end != '\0' || !is_session(descriptor, *peer, *ours)) continue;
        session_socket found(fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
        // Another thread may have closed it in between, and the number may be another socket's by now.
        if (!found.known() || !is_session(found.descriptor_, *peer, *ours)) continue;
        // Still the session's: only the operation that has led here uses it.
        fcntl(descriptor, F_SETFD, FD_CLOEXEC);
        return found;
    }
    return {};
}

bool session_socket::is_quiet() const noexcept {
    if (!known()) return true;
    char byte = 0;
    const ssize_t size = recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

void session_socket::watch_peer() const noexcept {
    if (!known()) return;
    set(descriptor_, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(descriptor_, IPPROTO_TCP, TCP_KEEPIDLE, 30);
    set(descriptor_, IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set(descriptor_, IPPROTO_TCP, TCP_KEEPCNT, 3);
    set(descriptor_, IPPROTO_TCP, TCP_USER_TIMEOUT, 20000U);
}

void session_socket::cut() const noexcept {
    if (known()) shutdown(descriptor_, SHUT_RDWR);
}

}  // namespace podpool::detail
