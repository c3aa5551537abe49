// SPDX-License-Identifier: BSL-1.0
#include "cancel.hpp"

#include "session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

namespace podpool::detail {

namespace asio = boost::asio;

cancel_key::~cancel_key() { forget(); }

void cancel_key::forget() noexcept {
    if (trace_ != nullptr) std::fclose(trace_);
    trace_ = nullptr;
    // The trace has seen the login.
    volatile char* bytes = text_;
    for (std::size_t i = 0; bytes != nullptr && i < size_; ++i) bytes[i] = 0;
    std::free(text_);
    text_ = nullptr;
    size_ = 0;
}

#ifdef LIBPQ_HAS_ASYNC_CANCEL

void cancel_key::watch(PGconn*) {}
void cancel_key::learn(PGconn*) {}

struct cancel_request::impl {
    struct finish {
        void operator()(PGcancelConn* request) const noexcept { PQcancelFinish(request); }
    };
    std::unique_ptr<PGcancelConn, finish> connection;
};

cancel_request::cancel_request(PGconn* connection, const cancel_key&) : impl_(std::make_unique<impl>()) {
    impl_->connection.reset(PQcancelCreate(connection));
}

asio::awaitable<void> cancel_request::send() {
    PGcancelConn* request = impl_->connection.get();
    if (request == nullptr || PQcancelStart(request) == 0) co_return;
    asio::posix::stream_descriptor descriptor(co_await asio::this_coro::executor);
    // libpq owns the socket: it must not be closed with the descriptor, whatever ends this.
    struct release_at_end {
        asio::posix::stream_descriptor& watched;
        ~release_at_end() {
            if (watched.is_open()) watched.release();
        }
    };
    const release_at_end guard{descriptor};
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
        descriptor.assign(PQcancelSocket(request));
        co_await descriptor.async_wait(next == PGRES_POLLING_READING
                                           ? asio::posix::stream_descriptor::wait_read
                                           : asio::posix::stream_descriptor::wait_write,
                                       asio::use_awaitable);
        descriptor.release();
        next = PQcancelPoll(request);
    }
}

#else

void cancel_key::watch(PGconn* connection) {
    trace_ = open_memstream(&text_, &size_);
    if (trace_ == nullptr) return;
    PQtrace(connection, trace_);
    PQsetTraceFlags(connection, PQTRACE_SUPPRESS_TIMESTAMPS);
}

void cancel_key::learn(PGconn* connection) {
    if (trace_ == nullptr) return;
    PQuntrace(connection);
    std::fflush(trace_);
    constexpr std::string_view message = "BackendKeyData\t ";
    const std::string_view text(text_, size_);
    const std::size_t found = text.rfind(message);
    backend key;
    if (found != std::string_view::npos &&
        std::sscanf(text_ + found + message.size(), "%d %d", &key.process, &key.secret) == 2) {
        backend_ = key;
    }
    forget();
}

struct cancel_request::impl {
    std::optional<cancel_key::backend> backend;
    asio::generic::stream_protocol::endpoint server;
};

namespace {

/// Where the connection goes to: by the path for a Unix socket, since the server may know it by another.
asio::generic::stream_protocol::endpoint server_of(PGconn* connection) {
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    if (getpeername(PQsocket(connection), reinterpret_cast<sockaddr*>(&peer), &length) != 0) return {};
    if (peer.ss_family == AF_UNIX) {
        sockaddr_un path{};
        path.sun_family = AF_UNIX;
        const std::string file = std::string(PQhost(connection)) + "/.s.PGSQL." + PQport(connection);
        std::memcpy(path.sun_path, file.data(), std::min(file.size(), sizeof path.sun_path - 1));
        return {&path, sizeof path};
    }
    return {&peer, length};
}

/// The bytes of 32-bit numbers as the protocol orders them.
std::array<unsigned char, 16> in_network_order(const std::array<std::uint32_t, 4>& numbers) {
    std::array<unsigned char, 16> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes.at(i) = static_cast<unsigned char>(numbers.at(i / 4) >> (8 * (3 - i % 4)));
    }
    return bytes;
}

}  // namespace

cancel_request::cancel_request(PGconn* connection, const cancel_key& key) : impl_(std::make_unique<impl>()) {
    impl_->backend = key.backend_;
    impl_->server = server_of(connection);
}

asio::awaitable<void> cancel_request::send() {
    if (!impl_->backend || impl_->server.size() == 0) co_return;
    constexpr std::uint32_t cancel_code = 80877102;
    const auto packet =
        in_network_order({16, cancel_code, static_cast<std::uint32_t>(impl_->backend->process),
                          static_cast<std::uint32_t>(impl_->backend->secret)});
    asio::generic::stream_protocol::socket socket(co_await asio::this_coro::executor);
    // Asio's own would stay open in a program that this process starts meanwhile.
    const auto protocol = impl_->server.protocol();
    const int made = ::socket(protocol.family(), SOCK_STREAM | SOCK_CLOEXEC, protocol.protocol());
    if (made < 0) co_return;
    socket.assign(protocol, made);
    co_await socket.async_connect(impl_->server, asio::use_awaitable);
    co_await asio::async_write(socket, asio::buffer(packet), asio::use_awaitable);
    // The server answers by closing the connection once it has passed the request on.
    std::array<char, 1> nothing{};
    co_await socket.async_read_some(asio::buffer(nothing), asio::as_tuple(asio::use_awaitable));
}

#endif

cancel_request::cancel_request(cancel_request&&) noexcept = default;
cancel_request::~cancel_request() = default;

cancel_watch::cancel_watch(const asio::any_io_executor& executor)
    : strand_(asio::make_strand(executor)), timer_(strand_) {}

void cancel_watch::start(std::shared_ptr<postgres_session> session, std::uint64_t operation,
                         cancel_request request) {
    asio::co_spawn(strand_, run(shared_from_this(), std::move(session), operation, std::move(request)),
                   asio::detached);
}

void cancel_watch::stop() {
    asio::post(strand_, [self = shared_from_this()] { self->timer_.cancel(); });
}

namespace {

/// A request that can't be sent ends like one that was: the statement's deadline decides then.
asio::awaitable<void> send_if_possible(cancel_request& request) {
    try {
        co_await request.send();
    } catch (const boost::system::system_error&) {
        co_return;
    }
}

}  // namespace

asio::awaitable<void> cancel_watch::run(std::shared_ptr<cancel_watch> self,
                                        std::shared_ptr<postgres_session> session, std::uint64_t operation,
                                        cancel_request request) {
    using asio::experimental::awaitable_operators::operator||;
    self->timer_.expires_after(cancel_patience);
    const auto first =
        co_await (send_if_possible(request) || self->timer_.async_wait(asio::as_tuple(asio::use_awaitable)));
    if (first.index() == 0) {
        session->cancel_returned(operation);
        if (!session->is_running(operation)) co_return;
        co_await self->timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    // Does nothing if the operation has ended, which is what stops the timer early.
    session->give_up(operation);
}

}  // namespace podpool::detail
