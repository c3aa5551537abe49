// SPDX-License-Identifier: BSL-1.0
// What kind of failure it is doesn't depend on the language of process and server.
#include "live.hpp"
#include "support/german_locale.hpp"
#include "support/tls_files.hpp"

#include <podpool/error.hpp>
#include <podpool/pool.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace podpool::test {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Catch::Matchers::ContainsSubstring;

/// Has a server write its texts in German to whoever logs in from now on.
void speak_german(mysql_server& server) { server.sql("set global lc_messages = 'de_DE'"); }

/// Whether the texts of the system's errors are there in German; if not, `why` says what is missing.
bool system_speaks_german(std::string& why) {
    constexpr const char* texts = "/usr/share/locale/de/LC_MESSAGES/libc.mo";
    if (std::filesystem::exists(texts)) return true;
    why = std::string("no ") + texts + " (Debian's package libc-l10n)";
    return false;
}

/// While it lives, this process speaks German.
struct german_process {
    german_locale locale;
    process_locale speaks{german_locale::name};
};

/// Servers that speak German: one without TLS, one with a certificate for its address, one with another's.
class german_servers {
public:
    static bool available() {
        std::string why;
        if (tls_files::available(why) && german_locale::available(why) && system_speaks_german(why)) {
            return have_mysql();
        }
        WARN("not run: " << why);
        return false;
    }
    static german_servers& shared() {
        static german_servers instance;
        return instance;
    }

    [[nodiscard]] const tls_files& files() const { return files_; }
    [[nodiscard]] mysql_server& plain() { return *plain_.servers().front(); }
    [[nodiscard]] mysql_server& named() { return *tls_.servers().back(); }
    [[nodiscard]] mysql_server& unnamed() { return *tls_.servers().front(); }

private:
    german_servers() : tls_(settings(files_)) {
        speak_german(plain_.add_primary());
        speak_german(tls_.add_primary());
        files_.sign("IP:" + tls_.address(12));
        speak_german(tls_.add_primary());
    }
    static mysql_cluster_settings settings(const tls_files& files) {
        mysql_cluster_settings with_tls;
        with_tls.tls = &files;
        return with_tls;
    }

    tls_files files_{"my.db.svc.cluster.local"};
    mysql_cluster plain_;
    mysql_cluster tls_;
};

/// Says what a server with TLS says first, takes the wish for TLS, and then breaks off or says nothing more.
class unfinished_tls {
public:
    unfinished_tls(const mysql_server& like, bool breaks_off)
        : acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
        tcp::socket real(context_);
        real.connect(tcp::endpoint(asio::ip::make_address(like.address()), like.port()));
        std::array<char, 512> bytes{};
        greeting_.assign(bytes.data(), real.read_some(asio::buffer(bytes)));
        thread_ = std::thread([this, breaks_off] { serve(breaks_off); });
    }
    unfinished_tls(const unfinished_tls&) = delete;
    unfinished_tls& operator=(const unfinished_tls&) = delete;
    ~unfinished_tls() {
        tcp::socket last(context_);
        boost::system::error_code ignored;
        ended_ = true;
        last.connect(acceptor_.local_endpoint(), ignored);
        thread_.join();
    }

    [[nodiscard]] std::string text() const {
        return "mysql://app@127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) +
               "/shop?sslmode=verify-full";
    }
    [[nodiscard]] endpoint where() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }

private:
    void serve(bool breaks_off) {
        std::vector<tcp::socket> kept;
        for (;;) {
            tcp::socket client(context_);
            acceptor_.accept(client);
            if (ended_) return;
            boost::system::error_code failed;
            asio::write(client, asio::buffer(greeting_), failed);
            // The wish for TLS, and the beginning of the handshake.
            std::array<char, 37> wish{};
            asio::read(client, asio::buffer(wish), failed);
            if (breaks_off) {
                client.set_option(asio::socket_base::linger(true, 0), failed);
                client.close(failed);
            } else {
                kept.push_back(std::move(client));
            }
        }
    }

    asio::io_context context_;
    tcp::acceptor acceptor_;
    std::string greeting_;
    std::atomic<bool> ended_{false};
    std::thread thread_;
};

failure why_not(const std::string& connection_string, const endpoint& where) {
    live_session session(connection_string);
    const auto opened = session.run(session.driver.open(endpoint_info(where)));
    CHECK(opened.connection == nullptr);
    return opened.why;
}

failure why_not(const mysql_server& server, const std::string& more) {
    return why_not(conninfo(server, more), endpoint(server.address(), server.port()));
}

std::string with(const std::string& text, const std::string& from, const std::string& to) {
    std::string changed = text;
    return changed.replace(changed.find(from), from.size(), to);
}

/// One way to fail, and the kind that it is.
struct failing {
    const char* what;
    failure_kind kind;
    std::function<failure()> open;
};

void check_all(const std::vector<failing>& all) {
    std::vector<failure> english;
    for (const failing& one : all) english.push_back(one.open());
    const german_process german;
    for (std::size_t i = 0; i < all.size(); ++i) {
        CAPTURE(all[i].what);
        const failure why = all[i].open();
        INFO(why.message);
        CHECK(why.kind == all[i].kind);
        CHECK(english[i].kind == all[i].kind);
        // The server's texts are German each time, everybody else's English.
        CHECK(why.message == english[i].message);
        CHECK_FALSE(why.message.empty());
    }
}

TEST_CASE("a failed login is of the same kind in German: certificates") {
    if (!german_servers::available()) return;
    german_servers& servers = german_servers::shared();
    const std::string verified = "sslmode=verify-full sslrootcert=";
    check_all({
        {"no TLS at the server", failure_kind::rejected,
         [&] { return why_not(servers.plain(), "sslmode=verify-full"); }},
        {"a missing root certificate", failure_kind::rejected,
         [&] { return why_not(servers.named(), verified + "/nowhere/ca.crt"); }},
        {"a wrong host name", failure_kind::rejected,
         [&] { return why_not(servers.unnamed(), verified + servers.files().ca()); }},
        {"an unknown authority", failure_kind::rejected,
         [&] { return why_not(servers.named(), verified + servers.files().other_ca()); }},
    });
}

TEST_CASE("a failed login is of the same kind in German: refusals and silence") {
    if (!german_servers::available()) return;
    german_servers& servers = german_servers::shared();
    const mysql_server& server = servers.plain();
    const endpoint where(server.address(), server.port());
    const unfinished_tls breaking(servers.named(), true);
    const unfinished_tls silent(servers.named(), false);
    check_all({
        {"wrong password", failure_kind::rejected,
         [&] { return why_not(with(conninfo(server), mysql_cluster::password(), "wrong"), where); }},
        {"unknown database", failure_kind::rejected,
         [&] { return why_not(with(conninfo(server), "dbname=shop", "dbname=nowhere"), where); }},
        {"refused connection", failure_kind::endpoint_down,
         [&] { return why_not(conninfo(server), endpoint(server.address(), 1)); }},
        {"TLS that breaks off", failure_kind::endpoint_down,
         [&] { return why_not(breaking.text(), breaking.where()); }},
        {"silence in the TLS handshake", failure_kind::endpoint_down,
         [&] { return why_not(silent.text() + "&pool_connect_timeout=1s", silent.where()); }},
    });
    // So the server's language was German indeed.
    const failure why = why_not(with(conninfo(server), mysql_cluster::password(), "wrong"), where);
    CHECK_THAT(why.message, !ContainsSubstring("Access denied"));
}

TEST_CASE("whoever waits for a session hears of a refusal at once, in German too") {
    if (!german_servers::available()) return;
    german_servers& servers = german_servers::shared();
    const german_process german;
    for (const std::string& text : {conninfo(servers.plain(), "sslmode=verify-full"),
                                    conninfo(servers.unnamed(), "sslmode=verify-full"),
                                    with(conninfo(servers.plain()), mysql_cluster::password(), "wrong")}) {
        // Waiting for longer than the test's own time limit would be the fault.
        pool<mysql> connections(text + " pool_acquire_timeout=1h pool_max_conns=1");
        boost::system::error_code code;
        try {
            const auto lease = connections.acquire();
        } catch (const error& refused) {
            code = refused.code();
        }
        CHECK(code == errc::connection_rejected);
    }
}

TEST_CASE("prefer finds out in German as well what the server has") {
    if (!german_servers::available()) return;
    german_servers& servers = german_servers::shared();
    const german_process german;
    const live_session plain(servers.plain());
    CHECK(plain.connection->tls_version().empty());
    const live_session encrypted(servers.unnamed());
    CHECK_FALSE(encrypted.connection->tls_version().empty());
}

int number_of(live_session& session, const std::string& sql) {
    try {
        session.connection->query(sql);
    } catch (const mysql_error& failed) {
        return failed.number();
    }
    return 0;
}

TEST_CASE("a server that takes no writes is told by what it says when it is asked, not by an error's words") {
    if (!german_servers::available()) return;
    mysql_cluster cluster;
    mysql_server& server = cluster.add_primary();
    speak_german(server);
    live_session session(server, "target_session_attrs=primary");
    session.connection->query("create table written (i int)");
    SECTION("words alone say nothing") {
        const std::string words = "'running with the --read-only option'";
        CHECK(number_of(session, "signal sqlstate 'HY000' set mysql_errno = 1290, message_text = " + words) ==
              1290);
        CHECK_FALSE(session.inspect(reset_mode::rollback).role_doubtful);
    }
    SECTION("the server says it") {
        server.sql("set global read_only = 1");
        CHECK(number_of(session, "insert into written values (1)") == 1290);
        const return_state state = session.inspect(reset_mode::rollback);
        CHECK(state.role_doubtful);
        CHECK(state.why.kind == failure_kind::wrong_role);
    }
}

TEST_CASE("an unknown command doesn't end a session that goes on, whatever its words are") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    CHECK(number_of(session,
                    "signal sqlstate '08S01' set mysql_errno = 1047, message_text = 'WSREP has not yet "
                    "prepared node for application use'") == 1047);
    CHECK_FALSE(session.inspect(reset_mode::rollback).why);
    CHECK(session.cell("select 1") == "1");
}

}  // namespace
}  // namespace podpool::test
