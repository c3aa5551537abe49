// SPDX-License-Identifier: BSL-1.0
#include "session_socket.hpp"
#include "support/catch.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <string>
#include <utility>

namespace podpool::detail {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

/// A connection on loopback whose server has just said something.
class connected_pair {
public:
    connected_pair()
        : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          client(context_),
          server(context_) {
        client.connect(acceptor_.local_endpoint());
        acceptor_.accept(server);
        say_something();
    }

    void say_something() {
        std::array<char, 1> byte{'x'};
        asio::write(server, asio::buffer(byte));
        client.read_some(asio::buffer(byte));
    }
    [[nodiscard]] endpoint where() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }
    [[nodiscard]] std::string port() const { return ":" + std::to_string(client.local_endpoint().port()); }

private:
    asio::io_context context_;
    tcp::acceptor acceptor_;

public:
    tcp::socket client;
    tcp::socket server;
};

TEST_CASE("a session's socket is found by the client that its server knows") {
    connected_pair pair;
    CHECK(session_socket::find(pair.where(), "127.0.0.1" + pair.port()).known());
    CHECK(session_socket::find(pair.where(), "some.name" + pair.port()).known());
}

TEST_CASE("a socket that may be another session's is left alone") {
    connected_pair pair;
    for (const std::string& client :
         {std::string(), std::string("localhost"), std::string("127.0.0.1:"), std::string("127.0.0.1:x"),
          std::string("127.0.0.1:0"), "10.0.0.7" + pair.port(), "fd00::7" + pair.port(),
          std::string("127.0.0.1:1")}) {
        CAPTURE(client);
        CHECK_FALSE(session_socket::find(pair.where(), client).known());
    }
    CHECK_FALSE(session_socket::find(endpoint("127.0.0.1", 1), "127.0.0.1" + pair.port()).known());
    CHECK_FALSE(session_socket::find(endpoint("/run/s.sock", 3306), "127.0.0.1" + pair.port()).known());
}

TEST_CASE("a peek tells a quiet connection from one that is closed or has news") {
    connected_pair pair;
    const session_socket found = session_socket::find(pair.where(), "127.0.0.1" + pair.port());
    REQUIRE(found.known());
    found.watch_peer();
    CHECK(found.is_quiet());
    SECTION("closed") { pair.server.close(); }
    SECTION("goodbye said") {
        std::array<char, 3> bye{'b', 'y', 'e'};
        asio::write(pair.server, asio::buffer(bye));
    }
    SECTION("cut") {
        found.cut();
        std::array<char, 1> byte{};
        boost::system::error_code ended;
        CHECK(pair.client.read_some(asio::buffer(byte), ended) == 0);
    }
    pair.client.wait(tcp::socket::wait_read);
    CHECK_FALSE(found.is_quiet());
}

TEST_CASE("the descriptor outlives the connector's and names nothing else") {
    session_socket kept;
    CHECK_FALSE(kept.known());
    CHECK(kept.is_quiet());
    kept.cut();
    {
        connected_pair pair;
        kept = session_socket::find(pair.where(), "127.0.0.1" + pair.port());
        REQUIRE(kept.known());
    }
    const connected_pair other;
    CHECK_FALSE(kept.is_quiet());
    const session_socket moved = std::move(kept);
    CHECK(moved.known());
}

}  // namespace
}  // namespace podpool::detail
