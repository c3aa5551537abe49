// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace podpool::test {

/// A server on 127.0.0.1 without TLS that asks every client for full authentication by
/// caching_sha2_password, as MySQL does when it doesn't remember the password, and then refuses it.
class fake_mysql_server {
public:
    fake_mysql_server();
    fake_mysql_server(const fake_mysql_server&) = delete;
    fake_mysql_server& operator=(const fake_mysql_server&) = delete;
    ~fake_mysql_server();

    [[nodiscard]] static std::string address() { return "127.0.0.1"; }
    [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    /// All bytes that clients have sent so far.
    [[nodiscard]] std::string received() const;
    /// How many clients were asked for full authentication and wanted the key to encrypt the password with.
    [[nodiscard]] std::size_t key_requests() const;

private:
    using socket = boost::asio::ip::tcp::socket;

    boost::asio::awaitable<void> accept();
    boost::asio::awaitable<void> serve(socket client);
    boost::asio::awaitable<std::string> read_packet(socket& client);

    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    mutable std::mutex mutex_;
    std::string received_;
    std::size_t key_requests_ = 0;
    std::thread thread_;
};

}  // namespace podpool::test
