// SPDX-License-Identifier: BSL-1.0
#include "api_administrator.hpp"

#include "support/tls_files.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <chrono>
#include <future>
#include <stdexcept>
#include <utility>

namespace podpool::test {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using http_request = http::request<http::string_body>;
using http_response = http::response<http::string_body>;

constexpr std::chrono::seconds patience{30};
constexpr unsigned not_found = 404;

/// One request over a connection of its own.
asio::awaitable<http_response> exchange(asio::ip::tcp::endpoint server, asio::ssl::context& tls,
                                        const http_request& request) {
    asio::ssl::stream<beast::tcp_stream> stream(co_await asio::this_coro::executor, tls);
    auto& connection = beast::get_lowest_layer(stream);
    connection.expires_after(patience);
    co_await connection.async_connect(server, asio::use_awaitable);
    co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
    co_await http::async_write(stream, request, asio::use_awaitable);
    beast::flat_buffer buffer;
    http_response response;
    co_await http::async_read(stream, buffer, response, asio::use_awaitable);
    co_return response;
}

}  // namespace

api_administrator::api_administrator(asio::ip::tcp::endpoint server, const tls_files& files)
    : server_(std::move(server)), tls_(asio::ssl::context::tls_client) {
    tls_.load_verify_file(files.ca());
    tls_.set_verify_mode(asio::ssl::verify_peer);
    tls_.use_certificate_chain_file(files.client_certificate());
    tls_.use_private_key_file(files.client_key(), asio::ssl::context::pem);
}

boost::json::value api_administrator::get(const std::string& path) {
    return boost::json::parse(demand({"GET", path, {}}));
}

boost::json::value api_administrator::create(const std::string& path, const boost::json::value& object) {
    return boost::json::parse(demand({"POST", path, boost::json::serialize(object)}));
}

void api_administrator::patch(const std::string& path, const boost::json::value& change) {
    demand({"PATCH", path, boost::json::serialize(change), "application/merge-patch+json"});
}

void api_administrator::remove(const std::string& path, const boost::json::value& options) {
    const request wanted{"DELETE", path, boost::json::serialize(options)};
    const answer given = ask(wanted);
    if (given.status >= 300 && given.status != not_found) {
        throw std::runtime_error("DELETE " + path + ": " + given.body);
    }
}

bool api_administrator::is_ready() {
    try {
        return ask({"GET", "/readyz", {}}).status == 200;
    } catch (const std::runtime_error&) {
        return false;
    }
}

std::string api_administrator::demand(const request& wanted) {
    answer given = ask(wanted);
    if (given.status >= 300) throw std::runtime_error(wanted.verb + " " + wanted.path + ": " + given.body);
    return std::move(given.body);
}

api_administrator::answer api_administrator::ask(const request& wanted) {
    http_request request(http::string_to_verb(wanted.verb), wanted.path, 11);
    request.set(http::field::host, "localhost");
    request.set(http::field::accept, "application/json");
    request.set(http::field::content_type, wanted.body_type);
    request.body() = wanted.body;
    request.prepare_payload();
    asio::io_context context(1);
    std::future<http_response> coming =
        asio::co_spawn(context, exchange(server_, tls_, request), asio::use_future);
    context.run();
    try {
        http_response response = coming.get();
        return {response.result_int(), std::move(response.body())};
    } catch (const boost::system::system_error& failed) {
        throw std::runtime_error(wanted.verb + " " + wanted.path + ": " + failed.what());
    }
}

}  // namespace podpool::test
