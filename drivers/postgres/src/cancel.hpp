// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <libpq-fe.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

namespace podpool::detail {

class postgres_session;

/// How long a cancelled statement may take to end before its connection is given up.
inline constexpr std::chrono::seconds cancel_patience{2};

/// What a server wants to see in a request to cancel; learnt while connecting.
///
/// From libpq 17 on PQcancelCreate does it all, and this is empty. Before, there is only PQcancel, which
/// blocks for as long as the server's postmaster is stopped, and libpq tells the key to nobody; but its
/// trace shows the message that brings it. So the request, 16 bytes, is sent from here, without blocking.
class cancel_key {
public:
    cancel_key() = default;
    cancel_key(const cancel_key&) = delete;
    cancel_key& operator=(const cancel_key&) = delete;
    ~cancel_key();

    /// Begins to listen; before the first PQconnectPoll.
    void watch(PGconn* connection);
    /// Ends listening; after the login.
    void learn(PGconn* connection);

private:
    friend class cancel_request;

    void forget() noexcept;

    struct backend {
        std::int32_t process = 0;
        std::int32_t secret = 0;
    };

    std::FILE* trace_ = nullptr;
    char* text_ = nullptr;
    std::size_t size_ = 0;
    std::optional<backend> backend_;
};

/// One request to a server to cancel what a connection does there.
class cancel_request {
public:
    /// Copies what is needed from the connection; nothing is sent yet.
    cancel_request(PGconn* connection, const cancel_key& key);
    cancel_request(cancel_request&&) noexcept;
    cancel_request& operator=(cancel_request&&) = delete;
    ~cancel_request();

    /// Sends it and waits until the server has seen it; only then may the connection be used again, since
    /// a request on its way would hit the next statement. Cancellation: terminal, at once.
    boost::asio::awaitable<void> send();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

/// Sees a cancelled operation to its end, at the latest after cancel_patience.
class cancel_watch : public std::enable_shared_from_this<cancel_watch> {
public:
    explicit cancel_watch(const boost::asio::any_io_executor& executor);

    void start(std::shared_ptr<postgres_session> session, std::uint64_t operation, cancel_request request);
    /// The operation has ended; may be called on any thread.
    void stop();

private:
    static boost::asio::awaitable<void> run(std::shared_ptr<cancel_watch> self,
                                            std::shared_ptr<postgres_session> session,
                                            std::uint64_t operation, cancel_request request);

    boost::asio::strand<boost::asio::any_io_executor> strand_;
    boost::asio::steady_timer timer_;
};

}  // namespace podpool::detail
