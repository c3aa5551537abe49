// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/json/value.hpp>

#include <string>

namespace podpool::test {

class tls_files;

/// Asks an API server as its administrator, who is known by a client certificate; JSON both ways.
///
/// A path is that of an API server, such as `/api/v1/namespaces`. Every function blocks for 30 s at most and
/// throws std::runtime_error, with what the server says, when it isn't done. Thread safety: one thread at a
/// time.
class api_administrator {
public:
    /// `server` is where it listens; of `files`, its authority and the client's certificate are used.
    api_administrator(boost::asio::ip::tcp::endpoint server, const tls_files& files);

    [[nodiscard]] boost::json::value get(const std::string& path);
    /// Makes an object in a collection; returns it as the server has it.
    boost::json::value create(const std::string& path, const boost::json::value& object);
    /// Merges `change` into an object.
    void patch(const std::string& path, const boost::json::value& change);
    /// Deletes an object; `options` are of the kind DeleteOptions. One that isn't there is fine.
    void remove(const std::string& path, const boost::json::value& options = boost::json::object());
    /// Whether the API server says that it is ready; false as well when it doesn't answer.
    [[nodiscard]] bool is_ready();

private:
    struct request {
        std::string verb;
        std::string path;
        std::string body;
        std::string body_type = "application/json";
    };
    struct answer {
        unsigned status = 0;
        std::string body;
    };

    answer ask(const request& wanted);
    /// The body of an answer that says yes.
    std::string demand(const request& wanted);

    boost::asio::ip::tcp::endpoint server_;
    boost::asio::ssl::context tls_;
};

}  // namespace podpool::test
