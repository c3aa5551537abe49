// SPDX-License-Identifier: BSL-1.0
// From 1.28 on c-ares marks the functions that 1.18 has as deprecated.
#define CARES_NO_DEPRECATED
#include "discovery/cares_channel.hpp"

#include <boost/asio/post.hpp>

#include <ares.h>
#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include <exception>
#include <utility>

namespace podpool::detail {
namespace {

constexpr int udp_payload = 1232;  // fits every path without fragments (DNS flag day 2020)
constexpr int internet_class = 1;

/// c-ares wants to be initialised once per process before its first channel.
int library_status() {
    static const int status = ares_library_init(ARES_LIB_INIT_ALL);
    return status;
}

/// Whether the library that runs remembers answers for as long as their TTL says (600 s in Docker) and can't
/// be told not to: it does so from 1.31 on, and was compiled against with headers that don't know of it.
bool remembers_answers() {
#ifdef ARES_OPT_QUERY_CACHE
    return false;
#else
    constexpr int first_with_cache = 0x011f00;
    int running = 0;
    ares_version(&running);
    return running >= first_with_cache;
#endif
}

std::string words_for(int status) {
    switch (status) {
        case ARES_ETIMEOUT:
            return "no answer";
        case ARES_ECONNREFUSED:
            return "connection refused or unreachable";
        case ARES_EBADRESP:
            return "malformed answer";
        default:
            return ares_strerror(status);
    }
}

}  // namespace

/// A question in flight; c-ares holds its address.
struct cares_channel::question {
    cares_channel* channel = nullptr;
    handler done;
    std::list<question>::iterator self;
};

/// A duplicate of one of c-ares' sockets: c-ares closes its own right after it says that it will, and
/// Asio must not learn that from the kernel.
struct cares_channel::socket_watch {
    boost::asio::posix::stream_descriptor descriptor;
    bool readable = false;
    bool writable = false;
    bool waits_readable = false;
    bool waits_writable = false;

    explicit socket_watch(const boost::asio::any_io_executor& executor) : descriptor(executor) {}
};

/// What c-ares calls. No exception may pass through it: a question that is lost for want of memory ends
/// at its deadline.
struct cares_channel::callbacks {
    static void on_answer(void* argument, int status, int /*timeouts*/, unsigned char* bytes, int length) {
        auto& which = *static_cast<question*>(argument);
        cares_channel& channel = *which.channel;
        handler done = std::move(which.done);
        channel.questions_.erase(which.self);
        if (channel.channel_ == nullptr) return;
        try {
            server_reply reply;
            if (bytes != nullptr && length > 0) {
                reply.packet.assign(bytes, bytes + length);
            } else {
                reply.failure = words_for(status);
                reply.silent = status == ARES_ETIMEOUT;
            }
            channel.post_reply(std::move(done), std::move(reply));
        } catch (const std::exception&) {
            return;
        }
    }

    static void on_socket(void* argument, ares_socket_t socket, int readable, int writable) {
        auto& channel = *static_cast<cares_channel*>(argument);
        try {
            channel.watch_socket(socket, readable != 0, writable != 0);
        } catch (const std::exception&) {
            channel.drop_socket(socket);
        }
    }
};

cares_channel::cares_channel(boost::asio::any_io_executor strand, const endpoint& server,
                             std::chrono::milliseconds timeout)
    : strand_(std::move(strand)), server_(to_string(server)), timeout_(timeout), timer_(strand_) {
    open();
}

void cares_channel::open() {
    int status = library_status();
    ares_options settings{};
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_EDNSPSZ |
               ARES_OPT_SOCK_STATE_CB;
    std::string dns_only = "b";
    settings.lookups = dns_only.data();
    settings.timeout = static_cast<int>(timeout_.count());
    settings.tries = 1;
    settings.ednspsz = udp_payload;
    // Without NOCHECKRESP, SERVFAIL and REFUSED both turn into "could not contact DNS servers".
    settings.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_EDNS;
    settings.sock_state_cb = &callbacks::on_socket;
    settings.sock_state_cb_data = this;
#ifdef ARES_OPT_QUERY_CACHE
    settings.qcache_max_ttl = 0;
    mask |= ARES_OPT_QUERY_CACHE;
#endif
    if (status == ARES_SUCCESS) status = ares_init_options(&channel_, &settings, mask);
    if (status == ARES_SUCCESS) status = ares_set_servers_ports_csv(channel_, server_.c_str());
    if (status != ARES_SUCCESS) broken_ = std::string("c-ares: ") + ares_strerror(status);
}

cares_channel::~cares_channel() { close(); }

void cares_channel::ask(const std::string& name, record_type type, handler done) {
    if (channel_ != nullptr && questions_.empty() && remembers_answers()) {
        close();
        open();
    }
    if (channel_ == nullptr || !broken_.empty()) {
        server_reply reply;
        reply.failure = broken_.empty() ? "closed" : broken_;
        post_reply(std::move(done), std::move(reply));
        return;
    }
    questions_.emplace_front();
    question& entry = questions_.front();
    entry.channel = this;
    entry.done = std::move(done);
    entry.self = questions_.begin();
    // ares_query never uses the search list: the name is absolute with or without a dot at its end.
    ares_query(channel_, name.c_str(), internet_class, static_cast<int>(type), &callbacks::on_answer, &entry);
    set_timer();
}

void cares_channel::close() noexcept {
    ares_channeldata* channel = std::exchange(channel_, nullptr);
    // Runs the callback of every question in flight before it returns.
    if (channel != nullptr) ares_destroy(channel);
    while (!sockets_.empty()) drop_socket(sockets_.begin()->first);
    timer_.cancel();
}

void cares_channel::post_reply(handler done, server_reply reply) {
    // Posted, so that nothing destroys or cancels the channel from inside one of its callbacks.
    boost::asio::post(
        strand_, [done = std::move(done), reply = std::move(reply)]() mutable { done(std::move(reply)); });
}

void cares_channel::watch_socket(int socket, bool readable, bool writable) {
    if (channel_ == nullptr || (!readable && !writable)) {
        drop_socket(socket);
        return;
    }
    if (!sockets_.contains(socket)) {
        auto fresh = std::make_shared<socket_watch>(strand_);
        const int copy = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
        boost::system::error_code failed;
        if (copy >= 0) fresh->descriptor.assign(copy, failed);
        if (failed) ::close(copy);
        // Out of descriptors or of memory: the question ends by its timeout.
        if (copy < 0 || failed) return;
        sockets_.emplace(socket, std::move(fresh));
    }
    const auto watch = sockets_[socket];
    watch->readable = readable;
    watch->writable = writable;
    wait(socket, watch, true);
    wait(socket, watch, false);
}

void cares_channel::drop_socket(int socket) noexcept {
    const auto found = sockets_.find(socket);
    if (found == sockets_.end()) return;
    // Waits in progress own the watch too; they end only when the descriptor is closed.
    boost::system::error_code ignored;
    found->second->descriptor.close(ignored);
    sockets_.erase(found);
}

void cares_channel::wait(int socket, const std::shared_ptr<socket_watch>& watch, bool for_reading) {
    using boost::asio::posix::descriptor_base;
    const bool wanted = for_reading ? watch->readable : watch->writable;
    bool& waiting = for_reading ? watch->waits_readable : watch->waits_writable;
    if (!wanted || waiting) return;
    waiting = true;
    watch->descriptor.async_wait(
        for_reading ? descriptor_base::wait_read : descriptor_base::wait_write,
        [weak = weak_from_this(), socket, watch, for_reading](boost::system::error_code failed) {
            (for_reading ? watch->waits_readable : watch->waits_writable) = false;
            const auto self = weak.lock();
            if (failed || self == nullptr || !self->watches(socket, watch)) return;
            self->process(for_reading ? socket : ARES_SOCKET_BAD, for_reading ? ARES_SOCKET_BAD : socket);
            if (self->watches(socket, watch)) self->wait(socket, watch, for_reading);
        });
}

bool cares_channel::watches(int socket, const std::shared_ptr<socket_watch>& watch) const {
    const auto found = sockets_.find(socket);
    return found != sockets_.end() && found->second == watch;
}

void cares_channel::process(int readable, int writable) {
    ares_process_fd(channel_, readable, writable);
    set_timer();
}

void cares_channel::set_timer() {
    if (questions_.empty()) {
        timer_.cancel();
        return;
    }
    timeval longest{60, 0};
    timeval next{};
    const timeval* wait = ares_timeout(channel_, &longest, &next);
    timer_.expires_after(std::chrono::seconds(wait->tv_sec) + std::chrono::microseconds(wait->tv_usec));
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code failed) {
        const auto self = weak.lock();
        if (failed || self == nullptr || self->channel_ == nullptr) return;
        self->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    });
}

}  // namespace podpool::detail
