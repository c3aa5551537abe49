// SPDX-License-Identifier: BSL-1.0
#include "live.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace podpool::test {
namespace {

namespace asio = boost::asio;

failure open_failure(const std::string& connection_string, const endpoint_info& where) {
    live_session session(connection_string);
    auto opened = session.run(session.driver.open(where));
    CHECK(opened.connection == nullptr);
    // Whatever is wrong, the words about it never hold the password.
    CHECK(opened.why.message.find(postgres_cluster::password()) == std::string::npos);
    return opened.why;
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST_CASE("a connection is opened by SCRAM and says what it is") {
    if (!have_postgres()) return;
    live_session session(shared_server(), "application_name=teller");
    CHECK(shared_server().sessions("teller") == 1);
    CHECK(shared_server().sql(
              "select rolpassword like 'SCRAM-SHA-256$%' from pg_authid where rolname = 'app'") == "t");
    CHECK(session.connection->role() == postgres_role::primary);
    CHECK(session.connection->server_version() == shared_server().sql("show server_version"));
    CHECK(session.connection->tls_version().empty());
    CHECK(session.connection->endpoint() == endpoint(shared_server().address(), shared_server().port()));
    session.connection.reset();
    eventually("the session is gone", [] { return shared_server().sessions("teller") == 0; });
}

TEST_CASE("the name of the pool is the application_name of its sessions") {
    if (!have_postgres()) return;
    live_session session(shared_server(), "pool_name=checkout");
    CHECK(session.cell("show application_name") == "checkout");
}

TEST_CASE("a wrong password is rejected with the server's reason") {
    if (!have_postgres()) return;
    std::string text = conninfo(shared_server());
    text.replace(text.find(postgres_cluster::password()), postgres_cluster::password().size(),
                 "wrong-canary");
    const failure why = open_failure(text, target(shared_server()));
    CHECK(why.kind == failure_kind::rejected);
    CHECK(contains(why.message, "28P01: password authentication failed for user \"app\""));
    CHECK(contains(why.message, shared_server().address()));
    CHECK_FALSE(contains(why.message, "canary"));
    CHECK_FALSE(contains(why.message, "auth.c"));
}

TEST_CASE("an unknown database is rejected and named") {
    if (!have_postgres()) return;
    const failure why = open_failure(conninfo(shared_server(), "dbname=nowhere"), target(shared_server()));
    CHECK(why.kind == failure_kind::rejected);
    CHECK(contains(why.message, "3D000"));
    CHECK(contains(why.message, "\"nowhere\""));
}

TEST_CASE("a database that was hidden in dbname as a connection string is only a name") {
    if (!have_postgres()) return;
    const failure why = open_failure(conninfo(shared_server(), "dbname='host=127.0.0.1 dbname=postgres'"),
                                     target(shared_server()));
    CHECK(why.kind == failure_kind::rejected);
    CHECK(contains(why.message, "3D000"));
}

TEST_CASE("a full server is overloaded, and its open connections stay good") {
    if (!have_postgres()) return;
    postgres_cluster_settings settings;
    settings.max_connections = 5;
    postgres_cluster cluster(settings);
    postgres_server& server = cluster.add_primary();
    live_session one(server);
    live_session two(server);
    const failure why = open_failure(conninfo(server), target(server));
    CHECK(why.kind == failure_kind::overloaded);
    CHECK(contains(why.message, "53300"));
    CHECK(one.cell("select 'good'") == "good");
}

TEST_CASE("a server that is gone or shuts down is down") {
    if (!have_postgres()) return;
    postgres_cluster cluster;
    postgres_server& server = cluster.add_primary();
    const std::string text = conninfo(server);
    server.stop();
    const failure refused = open_failure(text, target(server));
    CHECK(refused.kind == failure_kind::endpoint_down);
    CHECK(contains(refused.message, "refused"));
    server.start();
    live_session held(server);
    // A smart shutdown waits for this session and takes no other.
    server.begin_stop(stop_mode::smart);
    eventually("new sessions are refused", [&] {
        live_session session(text);
        const auto opened = session.open(server);
        if (opened.connection) return false;
        CHECK(opened.why.kind == failure_kind::endpoint_down);
        return contains(opened.why.message, "57P03");
    });
    CHECK(held.cell("select 'good to the end'") == "good to the end");
}

TEST_CASE("a peer that isn't PostgreSQL is refused and not asked again and again") {
    if (!have_postgres()) return;
    live_session session("host=127.0.0.1 user=app dbname=shop sslmode=disable");
    asio::ip::tcp::acceptor acceptor(session.context, {asio::ip::make_address("127.0.0.1"), 0});
    const auto port = acceptor.local_endpoint().port();
    acceptor.async_accept([](const boost::system::error_code&, asio::ip::tcp::socket client) {
        boost::system::error_code ignored;
        client.write_some(asio::buffer(std::string("HTTP/1.1 400 Bad Request\r\n\r\n")), ignored);
    });
    const auto opened = session.run(session.driver.open(endpoint_info(endpoint("127.0.0.1", port))));
    CHECK(opened.why);
    CHECK_FALSE(opened.why.message.empty());
}

TEST_CASE("opening to a silent listener ends at once when it is cancelled, and leaves no socket") {
    live_session session("host=127.0.0.1 user=app dbname=shop");
    asio::ip::tcp::acceptor acceptor(session.context, {asio::ip::make_address("127.0.0.1"), 0});
    asio::ip::tcp::socket peer(session.context);
    asio::cancellation_signal signal;
    std::optional<bool> aborted;
    std::optional<open_result<postgres_connection>> opened;
    const endpoint_info where(endpoint("127.0.0.1", acceptor.local_endpoint().port()));
    asio::co_spawn(session.context, live_session::store(session.driver.open(where), opened),
                   asio::bind_cancellation_slot(signal.slot(), [&](const std::exception_ptr& failed) {
                       aborted = failed != nullptr && !opened.has_value();
                   }));
    std::string received;
    std::size_t size = 0;
    boost::system::error_code ended;
    // The peer has the first request: libpq waits for an answer that never comes.
    acceptor.async_accept(peer, [&](const boost::system::error_code&) {
        peer.async_read_some(
            asio::dynamic_buffer(received).prepare(8), [&](const boost::system::error_code&, std::size_t) {
                signal.emit(asio::cancellation_type::terminal);
                received.resize(64);
                peer.async_read_some(asio::buffer(received),
                                     [&](const boost::system::error_code& failed, std::size_t read) {
                                         ended = failed;
                                         size = read;
                                     });
            });
    });
    session.context.restart();
    session.context.run();
    CHECK(aborted == true);
    CHECK(ended == asio::error::eof);
    CHECK(size == 0);
}

/// Takes one connection after the other, agrees to TLS and hangs up.
asio::awaitable<void> hang_up_on_tls(asio::ip::tcp::acceptor& acceptor, int& attempts) {
    for (;;) {
        asio::ip::tcp::socket client = co_await acceptor.async_accept(asio::use_awaitable);
        ++attempts;
        std::array<char, 8> request{};
        co_await asio::async_read(client, asio::buffer(request), asio::use_awaitable);
        const std::array<char, 1> yes{'S'};
        co_await asio::async_write(client, asio::buffer(yes), asio::use_awaitable);
    }
}

TEST_CASE("a socket that libpq replaces by one with the same number doesn't hang the connect") {
    // With sslmode=prefer libpq opens a second socket when the first one's TLS fails.
    live_session session("host=127.0.0.1 user=app dbname=shop sslmode=prefer");
    asio::ip::tcp::acceptor acceptor(session.context, {asio::ip::make_address("127.0.0.1"), 0});
    int attempts = 0;
    asio::co_spawn(session.context, hang_up_on_tls(acceptor, attempts), asio::detached);
    std::optional<open_result<postgres_connection>> opened;
    const endpoint_info where(endpoint("127.0.0.1", acceptor.local_endpoint().port()));
    asio::co_spawn(session.context, live_session::store(session.driver.open(where), opened),
                   [&](const std::exception_ptr&) { acceptor.close(); });
    session.context.restart();
    session.context.run();
    REQUIRE(opened.has_value());
    CHECK(opened->connection == nullptr);
    CHECK_FALSE(opened->why.message.empty());
    CHECK(attempts == 2);
}

TEST_CASE("the environment completes the connection string as it does for psql") {
    if (!have_postgres()) return;
    const std::vector<std::pair<const char*, std::string>> variables{
        {"PGHOST", shared_server().address()},        {"PGPORT", std::to_string(shared_server().port())},
        {"PGUSER", postgres_cluster::user()},         {"PGPASSWORD", postgres_cluster::password()},
        {"PGDATABASE", postgres_cluster::database()}, {"PGAPPNAME", "from-environment"}};
    for (const auto& [name, value] : variables) setenv(name, value.c_str(), 1);
    {
        live_session session("");
        auto opened = session.open(shared_server());
        INFO(opened.why.message);
        REQUIRE(opened.connection);
        CHECK(opened.connection->query("show application_name").get<std::string>(0, std::size_t{0}) ==
              "from-environment");
    }
    for (const auto& [name, value] : variables) unsetenv(name);
}

TEST_CASE("the driver's source publishes the endpoint that is then opened") {
    if (!have_postgres()) return;
    live_session session(conninfo(shared_server()));
    const auto source = session.driver.discover(session.context.get_executor());
    std::optional<endpoint_set> found;
    source->start([&](const discovery_update& update) { found = std::get<endpoint_set>(update); });
    session.context.restart();
    session.context.run();
    REQUIRE(found.has_value());
    REQUIRE(found->endpoints.size() == 1);
    CHECK(session.run(session.driver.open(found->endpoints[0])).connection != nullptr);
}

TEST_CASE("a Unix socket is opened by its directory") {
    if (!have_postgres()) return;
    live_session session("host=" + shared_server().socket_directory() +
                         " port=" + std::to_string(shared_server().port()) +
                         " user=app dbname=shop password=" + postgres_cluster::password());
    const endpoint_info where(endpoint(shared_server().socket_directory(), shared_server().port()));
    auto opened = session.run(session.driver.open(where));
    INFO(opened.why.message);
    REQUIRE(opened.connection);
    CHECK(opened.connection->query("select inet_server_addr() is null").get<bool>(0, std::size_t{0}));
}

}  // namespace
}  // namespace podpool::test
