// SPDX-License-Identifier: BSL-1.0
#include "live.hpp"
#include "support/tls_files.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <memory>
#include <string>

namespace podpool::test {
namespace {

namespace asio = boost::asio;
constexpr const char* service = "pg.db.svc.cluster.local";

/// One server with TLS for all tests of this file.
class tls_pod {
public:
    static bool available() {
        std::string why;
        if (tls_files::available(why)) return have_postgres();
        WARN("not run: " << why);
        return false;
    }
    static tls_pod& shared() {
        static tls_pod instance;
        return instance;
    }

    [[nodiscard]] const tls_files& files() const { return files_; }
    [[nodiscard]] postgres_server& server() { return *server_; }

private:
    tls_pod() {
        postgres_cluster_settings settings;
        settings.tls = &files_;
        cluster_ = std::make_unique<postgres_cluster>(settings);
        server_ = &cluster_->add_primary();
    }

    tls_files files_{service};
    std::unique_ptr<postgres_cluster> cluster_;
    postgres_server* server_ = nullptr;
};

open_result<postgres_connection> open_by_name(live_session& session, const std::string& host) {
    return session.run(session.driver.open(target(tls_pod::shared().server(), host)));
}

std::string tls_string(const std::string& mode, const std::string& ca) {
    return conninfo(tls_pod::shared().server(), "sslmode=" + mode + " sslrootcert=" + ca);
}

TEST_CASE("verify-full checks the service's name while the pod's address is dialled") {
    if (!tls_pod::available()) return;
    live_session session(tls_string("verify-full", tls_pod::shared().files().ca()));
    SECTION("the right name passes, also with the dot of an absolute one") {
        for (const std::string& name : {std::string(service), std::string(service) + "."}) {
            auto opened = open_by_name(session, name);
            INFO(opened.why.message);
            REQUIRE(opened.connection);
            CHECK(opened.connection->tls_version().substr(0, 3) == "TLS");
            CHECK(opened.connection->query("select inet_server_addr()").get<std::string>(0, std::size_t{0}) ==
                  tls_pod::shared().server().address());
        }
    }
    SECTION("a wrong name fails, and the error says so") {
        const auto opened = open_by_name(session, "other.db.svc.cluster.local");
        CHECK(opened.connection == nullptr);
        CHECK(opened.why.kind == failure_kind::rejected);
        CHECK(opened.why.message.find("does not match host name \"other.db.svc.cluster.local\"") !=
              std::string::npos);
        CHECK(opened.why.message.find(service) != std::string::npos);
    }
    SECTION("an address without a name fails, since the certificate doesn't have it") {
        const auto opened = open_by_name(session, "");
        CHECK(opened.connection == nullptr);
        CHECK(opened.why.kind == failure_kind::rejected);
    }
}

TEST_CASE("a certificate of another authority is rejected") {
    if (!tls_pod::available()) return;
    live_session session(tls_string("verify-full", tls_pod::shared().files().other_ca()));
    const auto opened = open_by_name(session, service);
    CHECK(opened.connection == nullptr);
    CHECK(opened.why.kind == failure_kind::rejected);
    CHECK(opened.why.message.find("certificate verify failed") != std::string::npos);
}

TEST_CASE("a missing authority file is rejected and named") {
    if (!tls_pod::available()) return;
    live_session session(tls_string("verify-full", "/nowhere/ca.crt"));
    const auto opened = open_by_name(session, service);
    CHECK(opened.why.kind == failure_kind::rejected);
    CHECK(opened.why.message.find("/nowhere/ca.crt") != std::string::npos);
}

TEST_CASE("a server without TLS is rejected when TLS is required, and never used without") {
    if (!have_postgres()) return;
    live_session session(conninfo(shared_server(), "sslmode=require"));
    const auto opened = session.open(shared_server());
    CHECK(opened.connection == nullptr);
    CHECK(opened.why.kind == failure_kind::rejected);
    CHECK(opened.why.message.find("does not support SSL") != std::string::npos);
}

TEST_CASE("queries, cancellation, liveness and reset work over TLS") {
    if (!tls_pod::available()) return;
    postgres_server& server = tls_pod::shared().server();
    live_session session(tls_string("verify-full", tls_pod::shared().files().ca()));
    auto opened = open_by_name(session, service);
    REQUIRE(opened.connection);
    session.connection = std::move(opened.connection);
    CHECK(session.driver.is_alive(*session.connection));

    asio::cancellation_signal signal;
    std::exception_ptr failed;
    session.connection->async_query(
        "select pg_sleep(600)",
        asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr problem, const postgres_result&) {
            failed = std::move(problem);
        }));
    eventually("the query runs", [&] {
        return server.sql(
                   "select count(*) from pg_stat_activity where query like '%sleep(600%' and state = "
                   "'active' and pid <> pg_backend_pid()") == "1";
    });
    signal.emit(asio::cancellation_type::terminal);
    session.context.restart();
    session.context.run();
    CHECK(failed != nullptr);

    CHECK_FALSE(session.reset(reset_mode::full));
    CHECK(session.driver.is_alive(*session.connection));
    const std::string pid = session.cell("select pg_backend_pid()");
    server.sql("select pg_terminate_backend(" + pid + ")");
    eventually("the end is noticed", [&] { return !session.driver.is_alive(*session.connection); });
    CHECK(session.inspect(reset_mode::full).why.kind == failure_kind::session_terminated);
}

}  // namespace
}  // namespace podpool::test
