// SPDX-License-Identifier: BSL-1.0
#include "live.hpp"

#include <podpool/detail/operation.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace podpool::test {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

TEST_CASE("a connection knows its endpoint, role, version and executor") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    const mysql_connection& connection = *session.connection;
    CHECK(connection.endpoint() == endpoint(shared_server().address(), shared_server().port()));
    CHECK(connection.role() == mysql_role::primary);
    CHECK(connection.server_version() == session.cell("select version()"));
    CHECK(connection.tls_version().empty());
    CHECK(connection.get_executor() == asio::any_io_executor(session.context.get_executor()));
    CHECK(session.cell("select database()") == mysql_cluster::database());
    CHECK(session.cell("select @@character_set_client") == "utf8mb4");
    CHECK(session.cell("select @@autocommit") == "1");
    CHECK_FALSE(session.ping());
}

TEST_CASE("a session has the server's default isolation level, which the connector would overwrite") {
    if (!have_mysql()) return;
    mysql_cluster cluster;
    mysql_server& server = cluster.add_primary();
    const std::string variable =
        mysql_flavour::chosen().is_mariadb() ? "@@session.tx_isolation" : "@@session.transaction_isolation";
    for (const std::string level :
         {"READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"}) {
        server.sql("set global transaction isolation level " + level);
        live_session session(server);
        std::string found = session.cell("select " + variable);
        std::replace(found.begin(), found.end(), '-', ' ');
        CHECK(found == level);
    }
}

TEST_CASE("#23 a server whose server_uuid isn't listed is refused, and so is one that has none") {
    if (!have_mysql()) return;
    mysql_server& server = shared_server();
    if (mysql_flavour::chosen().is_mariadb()) {
        live_session session(conninfo(server, "pool_verify_cluster=7001"));
        const failure why = session.open(server).why;
        CHECK(why.kind == failure_kind::rejected);
        CHECK(why.message == to_string(target(server).where) +
                                 ": pool_verify_cluster: MariaDB has no server_uuid to be known by");
        return;
    }
    const std::string uuid = server.sql("select @@global.server_uuid");
    const live_session listed(server, "pool_verify_cluster=7001," + uuid);
    live_session foreign(conninfo(server, "pool_verify_cluster=7001"));
    const failure why = foreign.open(server).why;
    CHECK(why.kind == failure_kind::rejected);
    CHECK(why.message == to_string(target(server).where) +
                             ": another cluster's server: its server_uuid is \"" + uuid +
                             "\"; pool_verify_cluster has 7001");
}

TEST_CASE("a URI opens the same session, also over the Unix socket") {
    if (!have_mysql()) return;
    mysql_server& server = shared_server();
    const std::string login = mysql_cluster::user() + ":" + mysql_cluster::password() + "@";
    SECTION("TCP") {
        live_session session("mysql://" + login + server.address() + ":" + std::to_string(server.port()) +
                             "/" + mysql_cluster::database());
        const auto opened = session.open(server);
        INFO(opened.why.message);
        REQUIRE(opened.connection);
    }
    SECTION("Unix socket") {
        live_session session("mariadb://" + login + "/" + mysql_cluster::database() +
                             "?socket=" + server.socket());
        auto opened = session.run(session.driver.open(endpoint_info(endpoint(server.socket(), 3306))));
        INFO(opened.why.message);
        REQUIRE(opened.connection);
        session.connection = std::move(opened.connection);
        CHECK(session.cell("select 1") == "1");
        CHECK(session.driver.is_alive(*session.connection));
    }
}

failure why_not(const std::string& connection_string, const endpoint& where) {
    live_session session(connection_string);
    auto opened = session.run(session.driver.open(endpoint_info(where)));
    CHECK(opened.connection == nullptr);
    return opened.why;
}

TEST_CASE("a refused login, database or connection is told apart, without the password") {
    if (!have_mysql()) return;
    mysql_server& server = shared_server();
    const endpoint where(server.address(), server.port());
    const std::string to = "mysql://app:wrong-canary@" + server.address() + "/";
    SECTION("password") {
        const failure why = why_not(to + "shop", where);
        CHECK(why.kind == failure_kind::rejected);
        CHECK(why.message.find(to_string(where) + ": ERROR 1045 (28000): Access denied") == 0);
        CHECK(why.message.find("canary") == std::string::npos);
    }
    SECTION("database") {
        const failure why = why_not(
            conninfo(server).replace(conninfo(server).find("dbname=shop"), 11, "dbname=nowhere"), where);
        CHECK(why.kind == failure_kind::rejected);
        CHECK(why.message.find("ERROR 1049 (42000): Unknown database 'nowhere'") != std::string::npos);
    }
    SECTION("nobody there") {
        const failure why = why_not(to + "shop", endpoint(server.address(), 1));
        CHECK(why.kind == failure_kind::endpoint_down);
        CHECK(why.message.find(server.address() + ":1: ERROR 200") == 0);
    }
    SECTION("an address that is none reaches no connector") {
        const failure why = why_not(to + "shop", endpoint("tcp://10.0.0.1:3306/shop?x=1", 3306));
        CHECK(why.kind == failure_kind::rejected);
        CHECK(why.message.find("neither a literal address") != std::string::npos);
    }
}

TEST_CASE("a server without room is overloaded, and takes connections again later") {
    if (!have_mysql()) return;
    mysql_cluster_settings settings;
    settings.max_connections = 10;
    mysql_cluster cluster(settings);
    mysql_server& server = cluster.add_primary();
    live_session session(conninfo(server));
    std::vector<std::unique_ptr<mysql_connection>> open;
    failure why;
    for (int i = 0; i < 20 && !why; ++i) {
        auto opened = session.open(server);
        why = opened.why;
        if (opened.connection) open.push_back(std::move(opened.connection));
    }
    CHECK(why.kind == failure_kind::overloaded);
    CHECK(why.message.find("ERROR 1040") != std::string::npos);
    open.clear();
    eventually("there is room again", [&] { return session.open(server).connection != nullptr; });
}

/// Opens with a deadline, as the pool does.
failure open_within(live_session& session, const endpoint& where, std::chrono::nanoseconds limit) {
    failure why;
    bool late = false;
    const auto work = std::make_shared<detail::operation>(asio::make_strand(session.context.get_executor()));
    work->run(
        limit,
        [&]() -> asio::awaitable<void> {
            const auto opened = co_await session.driver.open(endpoint_info(where));
            why = opened.why;
        },
        [&](const std::exception_ptr&, bool timed_out) { late = timed_out; });
    session.context.restart();
    session.context.run();
    return late ? failure(failure_kind::endpoint_down, "late") : why;
}

TEST_CASE("a peer that never answers holds nobody but its own thread, and that not for long") {
    asio::io_context context;
    tcp::acceptor silent(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    const endpoint where("127.0.0.1", silent.local_endpoint().port());
    const auto begin = std::chrono::steady_clock::now();
    {
        // The connector's own deadline is as far off as the options allow.
        live_session session("mysql://app@127.0.0.1/shop?pool_connect_timeout=10m");
        CHECK(open_within(session, where, std::chrono::milliseconds(50)).message == "late");
        // The destructors wait for the thread.
    }
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::minutes(2));
}

TEST_CASE("an attempt that hangs after the greeting ends too") {
    if (!have_mysql()) return;
    // Says what a server says, and then nothing more.
    asio::io_context context;
    tcp::socket real(context);
    real.connect(tcp::endpoint(asio::ip::make_address(shared_server().address()), shared_server().port()));
    std::array<char, 512> greeting{};
    const std::size_t size = real.read_some(asio::buffer(greeting));
    tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    const endpoint where("127.0.0.1", acceptor.local_endpoint().port());
    tcp::socket client(context);
    acceptor.async_accept(client, [&](const boost::system::error_code&) {
        asio::write(client, asio::buffer(greeting.data(), size));
    });
    std::thread server([&] { context.run(); });
    const auto begin = std::chrono::steady_clock::now();
    {
        live_session session("mysql://app@127.0.0.1/shop?pool_connect_timeout=10m");
        CHECK(open_within(session, where, std::chrono::milliseconds(200)).message == "late");
    }
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::minutes(2));
    server.join();
}

TEST_CASE("hung endpoints don't keep others waiting") {
    if (!have_mysql()) return;
    asio::io_context context;
    tcp::acceptor silent(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    const endpoint hung("127.0.0.1", silent.local_endpoint().port());
    live_session session(conninfo(shared_server(), "pool_connect_timeout=5s"));
    int failed = 0;
    int opened = 0;
    for (int i = 0; i < 20; ++i) {
        asio::co_spawn(
            session.context,
            [&]() -> asio::awaitable<void> {
                const auto answer = co_await session.driver.open(endpoint_info(hung));
                CHECK(answer.why.kind == failure_kind::endpoint_down);
                // Every one of them ends after all those who weren't hung.
                CHECK(opened == 20);
                ++failed;
            },
            asio::detached);
        asio::co_spawn(
            session.context,
            [&]() -> asio::awaitable<void> {
                const auto answer = co_await session.driver.open(target(shared_server()));
                CHECK(answer.connection != nullptr);
                ++opened;
            },
            asio::detached);
    }
    session.context.restart();
    session.context.run();
    CHECK(opened == 20);
    CHECK(failed == 20);
}

}  // namespace
}  // namespace podpool::test
