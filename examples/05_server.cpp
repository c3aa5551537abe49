// SPDX-License-Identifier: BSL-1.0
// An HTTP server on one thread: GET /item/7 asks a replica, GET /pool shows how the pool spreads its
// sessions, GET /ready says whether the pool can serve. SIGTERM ends it when every request is answered.
//   05_server [CONNECTION STRING] [PORT]     default: the environment variable PODPOOL_URI, port 8080
#include <podpool/podpool.hpp>
#include <podpool/postgres.hpp>
#ifdef EXAMPLE_WITH_MYSQL
#include <podpool/mysql.hpp>
#endif

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using request = http::request<http::empty_body>;
using response = http::response<http::string_body>;

template <class Driver>
constexpr const char* select_item = "select name, price from item where id = $1";
#ifdef EXAMPLE_WITH_MYSQL
template <>
constexpr const char* select_item<podpool::mysql> = "select name, price from item where id = ?";
#endif

response text(http::status status, const std::string& body) {
    response made(status, 11);
    made.set(http::field::content_type, "text/plain");
    made.body() = body + '\n';
    return made;
}

std::string table_of(const podpool::stats& pool) {
    std::ostringstream table;
    table << pool.name << ": " << pool.open << " of " << pool.max_conns << " connections open, "
          << pool.active << " active, " << pool.waiters << " callers waiting";
    for (const auto& one : pool.endpoints) {
        table << '\n' << to_string(one.where) << ' ' << to_string(one.state) << ": " << one.open << " open";
    }
    return table.str();
}

/// The number in "/item/7"; 0 if there is none.
int item_in(std::string_view target) {
    constexpr std::string_view prefix = "/item/";
    int id = 0;
    if (target.starts_with(prefix))
        std::from_chars(target.data() + prefix.size(), target.data() + target.size(), id);
    return id;
}

/// For a readiness probe, which must wait for longer than this does.
template <class Driver>
asio::awaitable<response> answer_ready(podpool::pool<Driver>& pool) try {
    co_await pool.async_wait_until_ready(std::chrono::seconds(2));
    co_return text(http::status::ok, "ready");
} catch (const std::exception& failed) {
    std::cerr << failed.what() << '\n';
    co_return text(http::status::service_unavailable, "the database doesn't answer");
}

template <class Driver>
asio::awaitable<response> answer(podpool::pool<Driver>& pool, std::string_view target) {
    if (target == "/pool") co_return text(http::status::ok, table_of(pool.stats()));
    if (target == "/ready") co_return co_await answer_ready(pool);
    const int id = item_in(target);
    if (id == 0) co_return text(http::status::not_found, "there are /item/NUMBER, /pool and /ready");
    try {
        auto conn = co_await pool.async_acquire();
        auto rows = co_await conn->async_query(select_item<Driver>, id);
        if (rows.rows() == 0) co_return text(http::status::not_found, "no such item");
        co_return text(http::status::ok, rows.template get<std::string>(0, "name") + " costs " +
                                             rows.template get<std::string>(0, "price") + ", says " +
                                             to_string(conn.endpoint()));
    } catch (const std::exception& failed) {
        // The reason names servers: it is for the operator, not for the client.
        std::cerr << failed.what() << '\n';
        co_return text(http::status::service_unavailable, "the database doesn't answer");
    }
}

/// What a server has to do before it may end.
struct work {
    std::size_t requests = 0;  ///< that have come and aren't answered
    bool ending = false;
};

/// One request, from its arrival until its answer is sent or can't be.
class request_under_way {
public:
    explicit request_under_way(work& all) : all_(all) { ++all_.requests; }
    ~request_under_way() { --all_.requests; }
    request_under_way(const request_under_way&) = delete;
    request_under_way& operator=(const request_under_way&) = delete;

private:
    work& all_;
};

template <class Driver>
asio::awaitable<void> serve_client(tcp::socket socket, podpool::pool<Driver>& pool, work& all) try {
    beast::tcp_stream client(std::move(socket));
    beast::flat_buffer buffer;
    for (bool open = true; open;) {
        request asked;
        client.expires_after(std::chrono::seconds(60));
        co_await http::async_read(client, buffer, asked, asio::use_awaitable);
        const request_under_way until_answered(all);
        response reply = co_await answer(pool, std::string_view(asked.target()));
        open = asked.keep_alive() && !all.ending;
        reply.keep_alive(open);
        reply.prepare_payload();
        client.expires_after(std::chrono::seconds(60));
        co_await http::async_write(client, reply, asio::use_awaitable);
    }
} catch (const boost::system::system_error&) {
    // The client is gone; so is what it asked for.
    co_return;
}

template <class Driver>
asio::awaitable<void> accept_clients(tcp::acceptor& acceptor, podpool::pool<Driver>& pool, work& all) {
    for (;;) {
        tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
        asio::co_spawn(acceptor.get_executor(), serve_client(std::move(socket), pool, all), asio::detached);
    }
}

/// Waits for a signal, then lets the requests under way have their answers and the database its sessions.
/// A program that takes too long for that is killed by whatever started it.
template <class Driver>
asio::awaitable<void> end_in_order(asio::signal_set& stop, tcp::acceptor& acceptor,
                                   podpool::pool<Driver>& pool, work& all) {
    co_await stop.async_wait(asio::use_awaitable);
    acceptor.close();
    all.ending = true;
    asio::steady_timer pause(stop.get_executor());
    while (all.requests > 0) {
        pause.expires_after(std::chrono::milliseconds(20));
        co_await pause.async_wait(asio::use_awaitable);
    }
    co_await pool.async_close(asio::use_awaitable);
}

template <class Driver>
void serve(const std::string& connection_string, unsigned short port) {
    work all;
    asio::io_context io;
    podpool::pool<Driver> pool(io.get_executor(), connection_string);
    tcp::acceptor acceptor(io, tcp::endpoint(tcp::v4(), port));
    asio::signal_set stop(io, SIGINT, SIGTERM);
    asio::co_spawn(io, end_in_order(stop, acceptor, pool, all),
                   [&io](const std::exception_ptr&) { io.stop(); });
    asio::co_spawn(io, accept_clients(acceptor, pool, all), asio::detached);
    std::cout << "serving on port " << acceptor.local_endpoint().port() << '\n' << std::flush;
    io.run();
}

int main(int argc, char** argv) try {
    const char* const uri = argc > 1 ? argv[1] : std::getenv("PODPOOL_URI");
    if (uri == nullptr) throw std::runtime_error("expected a connection string, also in PODPOOL_URI");
    const auto port = static_cast<unsigned short>(argc > 2 ? std::stoul(argv[2]) : 8080);
#ifdef EXAMPLE_WITH_MYSQL
    if (std::string_view(uri).starts_with("mysql://")) {
        serve<podpool::mysql>(uri, port);
        return 0;
    }
#endif
    serve<podpool::postgres>(uri, port);
    return 0;
} catch (const std::exception& problem) {
    std::cerr << problem.what() << '\n';
    return 1;
}
