// SPDX-License-Identifier: BSL-1.0
#include "fake_mysql_server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <utility>

namespace podpool::test {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

std::string bytes(std::uint64_t number, int count) {
    std::string text;
    for (int i = 0; i < count; ++i, number >>= 8U) text += static_cast<char>(number & 0xffU);
    return text;
}

std::string packet(int number, const std::string& content) {
    return bytes(content.size(), 3) + static_cast<char>(number) + content;
}

std::string greeting() {
    // CLIENT_LONG_PASSWORD, CONNECT_WITH_DB, PROTOCOL_41, SECURE_CONNECTION and PLUGIN_AUTH: no CLIENT_SSL.
    constexpr std::uint64_t capabilities = 0x1U | 0x8U | 0x200U | 0x8000U | 0x80000U;
    constexpr std::uint64_t utf8mb4 = 45;
    constexpr std::uint64_t scramble_and_its_end = 21;
    const std::string plugin = "caching_sha2_password";
    return packet(0, "\x0a" + std::string("8.0.0-fake\0", 11) + bytes(1, 4) + "abcdefgh" + bytes(0, 1) +
                         bytes(capabilities, 2) + bytes(utf8mb4, 1) + bytes(2, 2) +
                         bytes(capabilities >> 16U, 2) + bytes(scramble_and_its_end, 1) + bytes(0, 10) +
                         "ijklmnopqrst" + bytes(0, 1) + plugin + bytes(0, 1));
}

}  // namespace

fake_mysql_server::fake_mysql_server()
    : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
}

fake_mysql_server::~fake_mysql_server() {
    context_.stop();
    thread_.join();
}

std::string fake_mysql_server::received() const {
    const std::lock_guard held(mutex_);
    return received_;
}

std::size_t fake_mysql_server::key_requests() const {
    const std::lock_guard held(mutex_);
    return key_requests_;
}

asio::awaitable<void> fake_mysql_server::accept() {
    for (;;) {
        socket client = co_await acceptor_.async_accept(asio::use_awaitable);
        asio::co_spawn(context_, serve(std::move(client)), asio::detached);
    }
}

asio::awaitable<std::string> fake_mysql_server::read_packet(socket& client) {
    std::array<unsigned char, 4> header{};
    co_await asio::async_read(client, asio::buffer(header), asio::use_awaitable);
    std::string content(header[0] + (std::size_t{header[1]} << 8U), '\0');
    co_await asio::async_read(client, asio::buffer(content), asio::use_awaitable);
    const std::lock_guard held(mutex_);
    received_ += content;
    co_return content;
}

asio::awaitable<void> fake_mysql_server::serve(socket client) {
    try {
        const std::string hello = greeting();
        co_await asio::async_write(client, asio::buffer(hello), asio::use_awaitable);
        co_await read_packet(client);
        const std::string full_authentication = packet(2, "\x01\x04");
        co_await asio::async_write(client, asio::buffer(full_authentication), asio::use_awaitable);
        const std::string answer = co_await read_packet(client);
        if (answer == "\x02") {
            const std::lock_guard held(mutex_);
            ++key_requests_;
        }
        const std::string refusal = packet(4, "\xff" + bytes(1045, 2) + "#28000Access denied");
        co_await asio::async_write(client, asio::buffer(refusal), asio::use_awaitable);
    } catch (const boost::system::system_error&) {
        // The client has gone.
        co_return;
    }
}

}  // namespace podpool::test
