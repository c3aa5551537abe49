// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/dns_message.hpp"

#include <podpool/endpoint.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct ares_channeldata;

namespace podpool::detail {

/// What one name server made of one question.
struct server_reply {
    /// The response as it came; empty if none did.
    std::vector<std::uint8_t> packet;
    /// Why there is no response, in words.
    std::string failure;
    /// Whether the server said nothing at all: it may just have lost the packet.
    bool silent = false;
};

/// One name server, asked through a c-ares channel of its own: UDP first, TCP when the answer is
/// truncated. One server per channel keeps it known who answered what, and makes the choice of the next
/// server ours, the same with every release of c-ares.
///
/// Must be used on one strand, the one of its executor.
class cares_channel : public std::enable_shared_from_this<cares_channel> {
public:
    using handler = std::function<void(server_reply)>;

    /// `strand`: where all of it runs. `timeout`: how long the server may take, from 1 ms.
    cares_channel(boost::asio::any_io_executor strand, const endpoint& server,
                  std::chrono::milliseconds timeout);
    cares_channel(const cares_channel&) = delete;
    cares_channel& operator=(const cares_channel&) = delete;
    ~cares_channel();

    /// Asks for an absolute name. `done` is posted to the strand, once, unless close() comes first.
    void ask(const std::string& name, record_type type, handler done);

    /// Drops what is in flight and lets go of sockets and timer. Idempotent.
    void close() noexcept;

    /// `10.96.0.10:53`
    [[nodiscard]] const std::string& server() const { return server_; }

private:
    void open();

    struct question;
    struct socket_watch;
    struct callbacks;

    void post_reply(handler done, server_reply reply);
    void watch_socket(int socket, bool readable, bool writable);
    void drop_socket(int socket) noexcept;
    void wait(int socket, const std::shared_ptr<socket_watch>& watch, bool for_reading);
    [[nodiscard]] bool watches(int socket, const std::shared_ptr<socket_watch>& watch) const;
    void process(int readable, int writable);
    void set_timer();

    boost::asio::any_io_executor strand_;
    std::string server_;
    std::chrono::milliseconds timeout_;
    boost::asio::steady_timer timer_;
    ares_channeldata* channel_ = nullptr;
    std::string broken_;
    std::list<question> questions_;
    std::map<int, std::shared_ptr<socket_watch>> sockets_;
};

}  // namespace podpool::detail
