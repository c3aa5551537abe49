// SPDX-License-Identifier: BSL-1.0
#include "rewriting_relay.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <utility>

namespace podpool::test {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

rewriting_relay::rewriting_relay(const std::string& server_address, std::uint16_t server_port,
                                 std::string from, std::string to)
    : server_(asio::ip::make_address(server_address), server_port),
      from_(std::move(from)),
      to_(std::move(to)),
      acceptor_(context_, tcp::endpoint(asio::ip::make_address(address()), 0)) {
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
}

rewriting_relay::~rewriting_relay() {
    context_.stop();
    thread_.join();
}

asio::awaitable<void> rewriting_relay::accept() {
    for (;;) {
        socket client = co_await acceptor_.async_accept(asio::use_awaitable);
        asio::co_spawn(context_, serve(std::move(client)), asio::detached);
    }
}

asio::awaitable<void> rewriting_relay::serve(socket client) {
    using asio::experimental::awaitable_operators::operator||;
    socket server(context_);
    co_await server.async_connect(server_, asio::use_awaitable);
    // Whichever side ends first ends both.
    co_await (copy(client, server, {}, {}) || copy(server, client, from_, to_));
}

asio::awaitable<void> rewriting_relay::copy(socket& from, socket& to, std::string find, std::string put) {
    std::array<char, 65536> bytes{};
    for (;;) {
        boost::system::error_code ended;
        const std::size_t size = co_await from.async_read_some(
            asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ended));
        if (ended) co_return;
        std::string text(bytes.data(), size);
        for (std::size_t at = find.empty() ? std::string::npos : text.find(find); at != std::string::npos;
             at = text.find(find, at + find.size())) {
            text.replace(at, find.size(), put);
        }
        co_await asio::async_write(to, asio::buffer(text), asio::use_awaitable);
    }
}

}  // namespace podpool::test
