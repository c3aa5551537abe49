// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/api_connection.hpp"

#include "discovery/kubernetes/credentials.hpp"
#include "discovery/kubernetes/request_failure.hpp"

#include <podpool/detail/clock.hpp>
#include <podpool/detail/english_texts.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace podpool::detail {
namespace {

namespace asio = boost::asio;
using end_kind = watch_pace::end_kind;

/// Where a name has several addresses, one that is silent takes no more of the time than this.
constexpr std::chrono::seconds patience_per_address{5};

std::string message_of(const boost::system::error_code& failed) {
    const english_texts english;
    return failed.message();
}

std::string shown(const asio::ip::tcp::endpoint& where) {
    const std::string address = where.address().to_string();
    return (where.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(where.port());
}

/// The name for TLS: without the dot that may end it in DNS.
std::string host_of(const api_access& access) {
    std::string host = access.host;
    if (host.ends_with('.')) host.pop_back();
    return host;
}

bool is_address(const std::string& host) {
    boost::system::error_code failed;
    asio::ip::make_address(host, failed);
    return !failed;
}

}  // namespace

/// Begins an operation by `start(handler)` and waits for its handler.
template <class Start>
api_connection::outcome api_connection::perform(Start start, core::time_point deadline) {
    outcome result;
    bool done = false;
    start([&](boost::system::error_code failed, auto... count) {
        result.failed = failed;
        if constexpr (sizeof...(count) > 0) result.count = (count, ...);
        done = true;
    });
    const auto end = waiting_.wait_for(done, deadline);
    if (end == stoppable_context::wait_end::done) return result;
    // The handler, and the buffers of the operation, are on this stack.
    boost::system::error_code ignored;
    socket_.close(ignored);
    waiting_.drain(done);
    if (end == stoppable_context::wait_end::stopped) throw request_failure(end_kind::gave_up, "stopped");
    result.failed = asio::error::timed_out;
    return result;
}

void api_connection::fail(boost::system::error_code failed, const std::string& doing) const {
    if (failed == asio::error::timed_out) {
        throw request_failure(end_kind::gave_up, doing + ": it took too long");
    }
    throw request_failure(end_kind::unreachable, doing + ": " + message_of(failed));
}

std::vector<asio::ip::tcp::endpoint> api_connection::resolve(core::time_point deadline) {
    boost::system::error_code failed;
    const auto address = asio::ip::make_address(access_.host, failed);
    if (!failed) return {tcp::endpoint(address, access_.port)};
    // A question to the C library can't be taken back: what it answers too late belongs to its handler.
    struct answer {
        boost::system::error_code failed;
        std::vector<tcp::endpoint> found;
        bool done = false;
    };
    const auto asked = std::make_shared<answer>();
    tcp::resolver resolver(waiting_.io());
    resolver.async_resolve(
        access_.host, std::to_string(access_.port), asio::ip::resolver_base::numeric_service,
        [asked](boost::system::error_code why, const tcp::resolver::results_type& results) {
            asked->failed = why;
            for (const auto& each : results) asked->found.push_back(each.endpoint());
            asked->done = true;
        });
    const std::string doing = "the address of " + access_.host;
    switch (waiting_.wait_for(asked->done, deadline)) {
        case stoppable_context::wait_end::stopped:
            throw request_failure(end_kind::gave_up, "stopped");
        case stoppable_context::wait_end::late:
            fail(asio::error::timed_out, doing);
        case stoppable_context::wait_end::done:
            break;
    }
    if (asked->failed) fail(asked->failed, doing);
    return asked->found;
}

void api_connection::set_options() {
    constexpr int silent_seconds = 15;
    constexpr int seconds_between = 5;
    constexpr int longest_silence = 30'000;
    const auto set = [this](int level, int name, int value) {
        // What an option is missing for is found later, by the silence.
        (void)::setsockopt(socket_.native_handle(), level, name, &value, sizeof(value));
    };
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, silent_seconds);
    set(IPPROTO_TCP, TCP_KEEPINTVL, seconds_between);
    set(IPPROTO_TCP, TCP_USER_TIMEOUT, longest_silence);
    set(IPPROTO_TCP, TCP_NODELAY, 1);
}

void api_connection::connect(const tcp::endpoint& where, core::time_point deadline) {
    const std::string doing = "connecting to " + shown(where);
    boost::system::error_code failed;
    socket_.close(failed);
    // Not by Asio, whose sockets are inherited by programs that are started.
    const int made = ::socket(where.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) fail({errno, boost::system::system_category()}, doing);
    socket_.assign(where.protocol(), made, failed);
    if (failed) {
        ::close(made);
        fail(failed, doing);
    }
    set_options();
    const outcome connected =
        perform([&](auto handler) { socket_.async_connect(where, std::move(handler)); }, deadline);
    if (connected.failed) fail(connected.failed, doing);
}

void api_connection::make_context() {
    context_.emplace(asio::ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context_->native_handle(), TLS1_2_VERSION);
    context_->set_verify_mode(asio::ssl::verify_peer);
    boost::system::error_code failed;
    if (access_.ca_file.empty()) {
        context_->set_default_verify_paths(failed);
        if (failed) fail(failed, "the system's certificates");
        return;
    }
    const file_text authorities = read_certificates(access_.ca_file);
    if (!authorities.problem.empty()) throw request_failure(end_kind::unreachable, authorities.problem);
    context_->add_certificate_authority(asio::buffer(authorities.text.reveal()), failed);
    if (failed) fail(failed, access_.ca_file + " holds no certificate in PEM");
}

void api_connection::begin_tls(core::time_point deadline) {
    make_context();
    tls_.emplace(socket_, *context_);
    SSL* const session = tls_->native_handle();
    const std::string host = host_of(access_);
    X509_VERIFY_PARAM* const rules = SSL_get0_param(session);
    bool set = false;
    if (is_address(host)) {
        set = X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) == 1;
    } else {
        X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        set = X509_VERIFY_PARAM_set1_host(rules, host.c_str(), host.size()) == 1 &&
              SSL_set_tlsext_host_name(session, host.c_str()) == 1;
    }
    if (!set) throw request_failure(end_kind::unreachable, "TLS: " + host + " can't be verified");
    const outcome shaken = perform(
        [&](auto handler) { tls_->async_handshake(asio::ssl::stream_base::client, std::move(handler)); },
        deadline);
    if (!shaken.failed) return;
    const long verdict = SSL_get_verify_result(session);
    if (verdict == X509_V_OK || shaken.failed == asio::error::timed_out) {
        fail(shaken.failed, "TLS handshake");
    }
    throw request_failure(
        end_kind::unreachable,
        "the server's certificate isn't trusted: " + std::string(X509_verify_cert_error_string(verdict)) +
            "; expected one for " + host + " by an authority " +
            (access_.ca_file.empty() ? "that the system trusts" : "in " + access_.ca_file));
}

void api_connection::open(core::time_point deadline) {
    const std::vector<tcp::endpoint> addresses = resolve(deadline);
    if (addresses.empty()) fail(asio::error::host_not_found, "the address of " + access_.host);
    for (std::size_t index = 0; index < addresses.size(); ++index) {
        const bool last = index + 1 == addresses.size();
        try {
            const core::time_point bound = clock_now() + patience_per_address;
            connect(addresses[index], last ? deadline : std::min(deadline, bound));
            break;
        } catch (const request_failure&) {
            if (last || waiting_.stopped()) throw;
        }
    }
    if (access_.tls) begin_tls(deadline);
}

void api_connection::write(std::string_view bytes, core::time_point deadline) {
    const outcome written = perform(
        [&](auto handler) {
            if (tls_) {
                asio::async_write(*tls_, asio::buffer(bytes), std::move(handler));
            } else {
                asio::async_write(socket_, asio::buffer(bytes), std::move(handler));
            }
        },
        deadline);
    if (written.failed) fail(written.failed, "sending the request");
}

std::size_t api_connection::read_some(std::span<char> into, core::time_point deadline) {
    const auto room = asio::buffer(into.data(), into.size());
    const outcome read = perform(
        [&](auto handler) {
            if (tls_) {
                tls_->async_read_some(room, std::move(handler));
            } else {
                socket_.async_read_some(room, std::move(handler));
            }
        },
        deadline);
    // Over TLS only a farewell is a proper end: without one anybody could have cut the connection.
    if (read.failed == asio::error::eof) return 0;
    if (read.failed == asio::error::timed_out) fail(read.failed, "waiting for the answer");
    if (read.failed) {
        throw request_failure(end_kind::cut, "the connection was cut: " + message_of(read.failed));
    }
    return read.count;
}

}  // namespace podpool::detail
