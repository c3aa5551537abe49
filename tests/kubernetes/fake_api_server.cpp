// SPDX-License-Identifier: BSL-1.0
#include "fake_api_server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <openssl/ssl.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <sstream>
#include <utility>

#include <sys/socket.h>

namespace podpool::test {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

std::string in_hex(std::size_t number) {
    std::ostringstream text;
    text << std::hex << number;
    return text.str();
}

fake_api_server::request read_request(const std::string& head) {
    fake_api_server::request asked;
    std::istringstream lines(head);
    std::string line;
    while (std::getline(lines, line)) {
        if (line.ends_with('\r')) line.pop_back();
        if (asked.line.empty()) {
            asked.line = line.substr(0, line.rfind(' '));
            continue;
        }
        const std::size_t colon = line.find(": ");
        if (colon == std::string::npos) continue;
        std::string name = line.substr(0, colon);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        asked.fields[name] = line.substr(colon + 2);
    }
    return asked;
}

std::shared_ptr<asio::ssl::context> context_of(const tls_files& files) {
    auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    context->use_certificate_chain_file(files.server_certificate());
    context->use_private_key_file(files.server_key(), asio::ssl::context::pem);
    return context;
}

}  // namespace

void fake_api_server::exchange::begin_watch() {
    send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
}

void fake_api_server::exchange::chunk(std::string_view bytes) {
    send(in_hex(bytes.size()) + "\r\n" + std::string(bytes) + "\r\n");
}

void fake_api_server::exchange::end_watch() { send("0\r\n\r\n"); }

void fake_api_server::exchange::answer(int code, std::string_view body, const std::string& more_fields) {
    send("HTTP/1.1 " + std::to_string(code) + " Whatever\r\nContent-Type: application/json\r\n" +
         more_fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
}

void fake_api_server::exchange::watch(const std::vector<std::string>& events) {
    begin_watch();
    for (const std::string& each : events) event(each);
    hold();
}

class fake_api_server::connection final : public exchange {
public:
    connection(tcp::socket socket, std::shared_ptr<asio::ssl::context> tls)
        : socket_(std::move(socket)), context_(std::move(tls)) {
        if (context_ != nullptr) tls_.emplace(socket_, *context_);
    }

    void take_request() {
        if (tls_) tls_->handshake(asio::ssl::stream_base::server);
        std::string head;
        if (tls_) {
            asio::read_until(*tls_, asio::dynamic_buffer(head), "\r\n\r\n");
        } else {
            asio::read_until(socket_, asio::dynamic_buffer(head), "\r\n\r\n");
        }
        asked_ = read_request(head);
        if (!tls_) return;
        const char* const name = SSL_get_servername(tls_->native_handle(), TLSEXT_NAMETYPE_host_name);
        if (name != nullptr) asked_.server_name = name;
    }

    void say_farewell() {
        boost::system::error_code ignored;
        if (tls_) tls_->shutdown(ignored);
    }

    /// From any thread: makes reads and writes fail.
    void interrupt() { ::shutdown(socket_.native_handle(), SHUT_RDWR); }

    [[nodiscard]] const request& asked() const override { return asked_; }

    void send(std::string_view bytes) override {
        if (tls_) {
            asio::write(*tls_, asio::buffer(bytes));
        } else {
            asio::write(socket_, asio::buffer(bytes));
        }
    }

    void hold() override {
        char byte = 0;
        boost::system::error_code gone;
        while (!gone) {
            if (tls_) {
                tls_->read_some(asio::buffer(&byte, 1), gone);
            } else {
                socket_.read_some(asio::buffer(&byte, 1), gone);
            }
        }
    }

    void cut() override { interrupt(); }

private:
    tcp::socket socket_;
    std::shared_ptr<asio::ssl::context> context_;
    std::optional<asio::ssl::stream<tcp::socket&>> tls_;
    request asked_;
};

fake_api_server::fake_api_server(std::uint16_t port) { listen(port); }

fake_api_server::fake_api_server(const tls_files& files) : tls_(context_of(files)) { listen(0); }

fake_api_server::~fake_api_server() {
    ending_ = true;
    // A connection of one's own ends accept().
    boost::system::error_code ignored;
    tcp::socket waker(context_);
    waker.connect(tcp::endpoint(asio::ip::address_v4::loopback(), port_), ignored);
    accepting_.join();
    {
        const std::lock_guard lock(mutex_);
        for (const auto& each : connections_) each->interrupt();
    }
    for (std::thread& each : threads_) each.join();
}

void fake_api_server::listen(std::uint16_t port) {
    const tcp::endpoint where(asio::ip::address_v4::loopback(), port);
    acceptor_.open(where.protocol());
    acceptor_.set_option(tcp::acceptor::reuse_address(true));
    acceptor_.bind(where);
    acceptor_.listen();
    port_ = acceptor_.local_endpoint().port();
    accepting_ = std::thread([this] { accept(); });
}

void fake_api_server::accept() {
    while (!ending_) {
        boost::system::error_code failed;
        tcp::socket socket(context_);
        acceptor_.accept(socket, failed);
        if (failed || ending_) continue;
        const std::lock_guard lock(mutex_);
        connections_.push_back(std::make_unique<connection>(std::move(socket), tls_));
        ++open_;
        threads_.emplace_back([this, with = connections_.back().get()] {
            serve(*with);
            // The socket stays until the end, so that nobody is given its number meanwhile.
            with->interrupt();
            --open_;
        });
    }
}

void fake_api_server::serve(connection& with) {
    try {
        with.take_request();
        if (const script answer = take_script(with.asked())) {
            answer(with);
            with.say_farewell();
        } else {
            with.hold();
        }
    } catch (const boost::system::system_error&) {
        // The client has gone, or the server is to end.
        return;
    }
}

fake_api_server::script fake_api_server::take_script(const request& asked) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(asked);
    if (scripts_.empty()) return nullptr;
    script next = std::move(scripts_.front());
    scripts_.pop_front();
    return next;
}

void fake_api_server::then(script next) {
    const std::lock_guard lock(mutex_);
    scripts_.push_back(std::move(next));
}

std::vector<fake_api_server::request> fake_api_server::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

void fake_api_server::reload_certificate(const tls_files& files) {
    const std::lock_guard lock(mutex_);
    tls_ = context_of(files);
}

void fake_api_server::configure(const std::function<void(asio::ssl::context&)>& change) {
    const std::lock_guard lock(mutex_);
    change(*tls_);
}

}  // namespace podpool::test
