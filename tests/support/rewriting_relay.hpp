// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <string>
#include <thread>

namespace podpool::test {

/// A TCP relay on 127.0.0.1 that replaces a text in what the server sends by another of the same length:
/// a server that reports less than it knows.
class rewriting_relay {
public:
    rewriting_relay(const std::string& server_address, std::uint16_t server_port, std::string from,
                    std::string to);
    rewriting_relay(const rewriting_relay&) = delete;
    rewriting_relay& operator=(const rewriting_relay&) = delete;
    ~rewriting_relay();

    [[nodiscard]] static std::string address() { return "127.0.0.1"; }
    [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    using socket = boost::asio::ip::tcp::socket;

    boost::asio::awaitable<void> accept();
    boost::asio::awaitable<void> serve(socket client);
    static boost::asio::awaitable<void> copy(socket& from, socket& to, std::string find, std::string put);

    boost::asio::io_context context_;
    boost::asio::ip::tcp::endpoint server_;
    std::string from_;
    std::string to_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::thread thread_;
};

}  // namespace podpool::test
