// SPDX-License-Identifier: BSL-1.0
#include "live.hpp"
#include "support/rewriting_relay.hpp"
#include "support/tls_files.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace podpool::test {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

/// A text that the system's resolver takes for a host's name and that leads to this address: its number.
std::string name_of(const std::string& address) {
    std::array<char, 16> text{};
    const int size = std::snprintf(text.data(), text.size(), "0x%08x",
                                   boost::asio::ip::make_address_v4(address).to_uint());
    return {text.data(), static_cast<std::size_t>(size)};
}

/// One server with TLS for all tests of this file, and one whose certificate lacks its address.
class tls_pods {
public:
    static bool available() {
        std::string why;
        if (tls_files::available(why)) return have_mysql();
        WARN("not run: " << why);
        return false;
    }
    static tls_pods& shared() {
        static tls_pods instance;
        return instance;
    }

    [[nodiscard]] const tls_files& files() const { return files_; }
    /// Its certificate names its own address, and that of the relays.
    [[nodiscard]] mysql_server& named() { return *named_; }
    /// Its certificate names the service only.
    [[nodiscard]] mysql_server& unnamed() { return *unnamed_; }

private:
    tls_pods() {
        mysql_cluster_settings settings;
        settings.tls = &files_;
        cluster_ = std::make_unique<mysql_cluster>(settings);
        unnamed_ = &cluster_->add_primary();
        files_.sign("IP:" + cluster_->address(12) + ",IP:" + rewriting_relay::address() +
                    ",DNS:localhost,DNS:" + name_of(cluster_->address(12)));
        named_ = &cluster_->add_primary();
        if (named_->address() != cluster_->address(12)) throw std::runtime_error("the second server moved");
    }

    tls_files files_{"my.db.svc.cluster.local"};
    std::unique_ptr<mysql_cluster> cluster_;
    mysql_server* unnamed_ = nullptr;
    mysql_server* named_ = nullptr;
};

std::string with_mode(const mysql_server& server, const std::string& mode, const std::string& ca = {}) {
    return conninfo(server, "sslmode=" + mode + (ca.empty() ? "" : " sslrootcert=" + ca));
}

std::string cipher(live_session& session) {
    return session.connection->query("show session status like 'Ssl_cipher'")
        .get<std::string>(0, std::size_t{1});
}

TEST_CASE("verify-full accepts a pod whose certificate holds the address that is dialled") {
    if (!tls_pods::available()) return;
    mysql_server& server = tls_pods::shared().named();
    live_session session(with_mode(server, "verify-full", tls_pods::shared().files().ca()));
    auto opened = session.open(server, "my.db.svc.cluster.local");
    INFO(opened.why.message);
    REQUIRE(opened.connection);
    session.connection = std::move(opened.connection);
    CHECK(session.connection->tls_version().substr(0, 3) == "TLS");
    CHECK_FALSE(cipher(session).empty());
    CHECK(session.cell("select ?", 7) == "7");
    CHECK(session.driver.is_alive(*session.connection));
    CHECK_FALSE(session.ping());
    server.sql("kill " + session.cell("select connection_id()"));
    eventually("the end is noticed", [&] { return !session.driver.is_alive(*session.connection); });
}

TEST_CASE("verify-full refuses a certificate without the address, and says what it should hold") {
    if (!tls_pods::available()) return;
    mysql_server& server = tls_pods::shared().unnamed();
    live_session session(with_mode(server, "verify-full", tls_pods::shared().files().ca()));
    const auto opened = session.open(server, "my.db.svc.cluster.local");
    CHECK(opened.connection == nullptr);
    INFO(opened.why.message);
    CHECK(opened.why.kind == failure_kind::rejected);
    CHECK(opened.why.message.find("ERROR 2026") != std::string::npos);
    CHECK(opened.why.message.find("hold \"" + server.address() + "\"") != std::string::npos);
}

TEST_CASE("verify-full refuses a certificate of another authority, and one of the system's none") {
    if (!tls_pods::available()) return;
    mysql_server& server = tls_pods::shared().named();
    for (const std::string& ca : {tls_pods::shared().files().other_ca(), std::string()}) {
        live_session session(with_mode(server, "verify-full", ca));
        const auto opened = session.open(server);
        CHECK(opened.connection == nullptr);
        INFO(opened.why.message);
        CHECK(opened.why.kind == failure_kind::rejected);
    }
    live_session session(with_mode(server, "verify-full", "/nowhere/ca.crt"));
    CHECK(session.open(server).why.kind == failure_kind::rejected);
}

TEST_CASE("verify-full without sslrootcert takes the authorities that OpenSSL's variables name") {
    if (!tls_pods::available()) return;
    mysql_server& server = tls_pods::shared().named();
    REQUIRE(setenv("SSL_CERT_FILE", tls_pods::shared().files().ca().c_str(), 1) == 0);
    live_session session(with_mode(server, "verify-full"));
    auto opened = session.open(server);
    unsetenv("SSL_CERT_FILE");
    INFO(opened.why.message);
    REQUIRE(opened.connection);
    session.connection = std::move(opened.connection);
    CHECK_FALSE(cipher(session).empty());
}

TEST_CASE("verify-full refuses a server without TLS before the login") {
    if (!have_mysql()) return;
    live_session session(with_mode(shared_server(), "verify-full"));
    const auto opened = session.open(shared_server());
    CHECK(opened.connection == nullptr);
    INFO(opened.why.message);
    CHECK(opened.why.kind == failure_kind::rejected);
    // Said by the library when it has seen the greeting.
    CHECK(opened.why.message.find("SSL is required") != std::string::npos);
}

TEST_CASE("prefer encrypts where the server can, and disable doesn't") {
    if (!tls_pods::available()) return;
    mysql_server& server = tls_pods::shared().unnamed();
    live_session preferring(server);
    CHECK_FALSE(cipher(preferring).empty());
    CHECK(preferring.connection->tls_version().substr(0, 3) == "TLS");
    live_session plain(server, "sslmode=disable");
    CHECK(cipher(plain).empty());
    CHECK(plain.connection->tls_version().empty());
}

TEST_CASE("a per-pod name from SRV is dialled and verified, and must lead to the address counted") {
    if (!tls_pods::available()) return;
    mysql_server& server = tls_pods::shared().named();
    const std::string text =
        with_mode(server, "verify-full", tls_pods::shared().files().ca()) + " pool_discovery=srv";
    live_session session(text);
    SECTION("the name leads elsewhere") {
        // To another server, which is good in every respect but that it isn't the one that was counted.
        const auto opened = session.open(tls_pods::shared().unnamed(), name_of(server.address()));
        CHECK(opened.connection == nullptr);
        CHECK(opened.why.kind == failure_kind::endpoint_down);
        CHECK(opened.why.message.find("led elsewhere") != std::string::npos);
    }
    SECTION("the name leads there") {
        auto opened = session.open(server, name_of(server.address()) + ".");
        INFO(opened.why.message);
        REQUIRE(opened.connection);
        session.connection = std::move(opened.connection);
        CHECK_FALSE(cipher(session).empty());
        CHECK(session.driver.is_alive(*session.connection));
    }
    SECTION("it leads to something that can't be told to be it") {
        rewriting_relay relay(server.address(), server.port(), {}, {});
        const auto where = endpoint_info(endpoint(rewriting_relay::address(), relay.port()), "localhost.");
        const auto opened = session.run(session.driver.open(where));
        // The relay is another client for the server, so that the socket can't be found: not proven, refused.
        CHECK(opened.connection == nullptr);
        CHECK(opened.why.message.find("led elsewhere") != std::string::npos);
    }
}

/// The bytes of a server's greeting around its capabilities, with and without CLIENT_SSL.
std::pair<std::string, std::string> greeting_without_tls(const mysql_server& server) {
    asio::io_context context;
    tcp::socket socket(context);
    socket.connect(tcp::endpoint(asio::ip::make_address(server.address()), server.port()));
    std::array<char, 512> bytes{};
    const std::size_t size = socket.read_some(asio::buffer(bytes));
    const std::string greeting(bytes.data(), size);
    // Header and protocol version, the server's version and its end, thread id, 8 bytes of the scramble.
    const std::size_t filler = greeting.find('\0', 5) + 1 + 4 + 8;
    const std::string with = greeting.substr(filler, 4);
    std::string without = with;
    constexpr unsigned client_ssl_in_second_byte = 0x08;
    without[2] = static_cast<char>(static_cast<unsigned char>(without[2]) & ~client_ssl_in_second_byte);
    REQUIRE(with != without);
    return {with, without};
}

TEST_CASE("a man in the middle who hides TLS gets nothing from verify-full") {
    if (!tls_pods::available()) return;
    mysql_server& server = tls_pods::shared().named();
    const auto [with, without] = greeting_without_tls(server);
    const rewriting_relay stripping(server.address(), server.port(), with, without);
    const rewriting_relay honest(server.address(), server.port(), {}, {});
    const auto through = [&](const rewriting_relay& relay, const std::string& mode, const std::string& ca) {
        live_session session(with_mode(server, mode, ca));
        auto opened = session.run(
            session.driver.open(endpoint_info(endpoint(rewriting_relay::address(), relay.port()))));
        session.connection = std::move(opened.connection);
        if (session.connection) return cipher(session).empty() ? std::string("in the clear") : "encrypted";
        CHECK(opened.why.kind == failure_kind::rejected);
        return opened.why.message;
    };
    const std::string ca = tls_pods::shared().files().ca();
    CHECK(through(honest, "verify-full", ca) == "encrypted");
    CHECK(through(stripping, "verify-full", ca).find("SSL is required") != std::string::npos);
    // What prefer is worth, and why require isn't to be had: see docs/security.md.
    CHECK(through(honest, "prefer", {}) == "encrypted");
    CHECK(through(stripping, "prefer", {}) == "in the clear");
}

}  // namespace
}  // namespace podpool::test
