// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/api_access.hpp"
#include "discovery/kubernetes/stoppable_context.hpp"

#include <podpool/core/time.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::detail {

/// A connection to an API server, for one request. Its functions wait until they have done what they are for:
/// not beyond the deadline, and not beyond stop() of the context. They throw request_failure otherwise, after
/// which the connection is closed.
class api_connection {
public:
    /// Both must outlive it.
    api_connection(stoppable_context& waiting, const api_access& access)
        : waiting_(waiting), access_(access), socket_(waiting.io()) {}
    api_connection(const api_connection&) = delete;
    api_connection& operator=(const api_connection&) = delete;
    ~api_connection() = default;

    /// Connects and, but for http, proves that the other side is the server: its name or address must be in
    /// its certificate. The file of authorities is read each time, since clusters replace theirs. TLS is 1.2
    /// at least.
    void open(core::time_point deadline);
    void write(std::string_view bytes, core::time_point deadline);
    /// Reads what is there, or waits for something. Returns 0 when the other side has ended the connection
    /// properly.
    std::size_t read_some(std::span<char> into, core::time_point deadline);

private:
    using tcp = boost::asio::ip::tcp;

    struct outcome {
        boost::system::error_code failed;
        std::size_t count = 0;
    };

    template <class Start>
    outcome perform(Start start, core::time_point deadline);
    [[nodiscard]] std::vector<tcp::endpoint> resolve(core::time_point deadline);
    void connect(const tcp::endpoint& where, core::time_point deadline);
    void set_options();
    void make_context();
    void begin_tls(core::time_point deadline);
    [[noreturn]] void fail(boost::system::error_code failed, const std::string& doing) const;

    stoppable_context& waiting_;
    const api_access& access_;
    tcp::socket socket_;
    std::optional<boost::asio::ssl::context> context_;
    std::optional<boost::asio::ssl::stream<tcp::socket&>> tls_;
};

}  // namespace podpool::detail
