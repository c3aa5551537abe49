// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/tls_files.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace podpool::test {

/// A server on loopback that answers each request as the test says, byte by byte if need be.
///
/// Each connection has a thread of its own, on which the script of its request runs. Thread safety: all
/// functions may be called from any thread.
class fake_api_server {
public:
    struct request {
        /// `GET /path?query`
        std::string line;
        /// By their names in lower case.
        std::map<std::string, std::string> fields;
        /// What the client said in its greeting which server it wants; empty: nothing.
        std::string server_name;

        [[nodiscard]] bool has(std::string_view part) const { return line.find(part) != std::string::npos; }
        [[nodiscard]] std::string field(const std::string& name) const {
            const auto found = fields.find(name);
            return found == fields.end() ? std::string() : found->second;
        }
    };

    /// A connection with a request on it. Functions that write end the script when the client has gone.
    class exchange {
    public:
        virtual ~exchange() = default;
        [[nodiscard]] virtual const request& asked() const = 0;
        /// Sends bytes as they are.
        virtual void send(std::string_view bytes) = 0;
        /// Waits until the client has gone, or the server is to end.
        virtual void hold() = 0;
        /// Ends the connection without a farewell of TLS.
        virtual void cut() = 0;

        /// The head of a body in chunks.
        void begin_watch();
        void chunk(std::string_view bytes);
        /// An event as the API server sends it: a line in a chunk of its own.
        void event(const std::string& text) { chunk(text + "\n"); }
        /// The proper end of a body in chunks.
        void end_watch();
        /// A whole answer with a length.
        void answer(int code, std::string_view body, const std::string& more_fields = {});
        /// Sends events and leaves the watch open.
        void watch(const std::vector<std::string>& events);
    };
    using script = std::function<void(exchange&)>;

    /// With http; `port`: where, 0: anywhere.
    explicit fake_api_server(std::uint16_t port = 0);
    /// With https, by the server's certificate in `files`.
    explicit fake_api_server(const tls_files& files);
    fake_api_server(const fake_api_server&) = delete;
    fake_api_server& operator=(const fake_api_server&) = delete;
    ~fake_api_server();

    /// Adds the answer to the next request that has none yet. Requests beyond those get no answer.
    void then(script next);

    [[nodiscard]] std::uint16_t port() const { return port_; }
    /// The requests so far, in their order.
    [[nodiscard]] std::vector<request> requests() const;
    [[nodiscard]] std::size_t request_count() const { return requests().size(); }
    /// How many connections are open.
    [[nodiscard]] std::size_t open_connections() const { return open_; }
    /// Takes the server's certificate from its file again, for connections to come.
    void reload_certificate(const tls_files& files);
    /// Settings of the TLS context for connections to come.
    void configure(const std::function<void(boost::asio::ssl::context&)>& change);

private:
    class connection;

    void listen(std::uint16_t port);
    void accept();
    void serve(connection& with);
    script take_script(const request& asked);

    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_{context_};
    std::uint16_t port_ = 0;
    std::atomic<bool> ending_ = false;
    std::atomic<std::size_t> open_ = 0;

    mutable std::mutex mutex_;
    std::shared_ptr<boost::asio::ssl::context> tls_;      // guarded by mutex_
    std::deque<script> scripts_;                          // guarded by mutex_
    std::vector<request> requests_;                       // guarded by mutex_
    std::list<std::unique_ptr<connection>> connections_;  // guarded by mutex_
    std::vector<std::thread> threads_;                    // of accept() until the end
    std::thread accepting_;
};

}  // namespace podpool::test
