// SPDX-License-Identifier: BSL-1.0
#include "fake_mysql_server.hpp"
#include "live.hpp"
#include "tls_rules.hpp"

#include <cstddef>
#include <string>

namespace podpool::test {
namespace {

TEST_CASE("no password goes in the clear to a server without TLS that asks for all of it") {
    fake_mysql_server server;
    for (const std::string& more :
         {std::string("?sslmode=prefer"), std::string("?sslmode=disable"), std::string(),
          std::string("?sslCipher=ECDHE-RSA-AES256-GCM-SHA384"), std::string("?sslcert=/c.crt&sslkey=/c.key"),
          std::string("?OPT_TLS_VERSION=TLSv1.3")}) {
        CAPTURE(more);
        const std::size_t requests = server.key_requests();
        live_session session("mysql://app:canary-7f3d-pw@127.0.0.1/shop" + more);
        for (int attempt = 1; attempt <= 2; ++attempt) {
            const auto opened = session.run(
                session.driver.open(endpoint_info(endpoint(fake_mysql_server::address(), server.port()))));
            INFO(opened.why.message);
            CHECK(opened.connection == nullptr);
            CHECK(opened.why.kind == failure_kind::rejected);
        }
        // The user's name shows that it was a login, the request that the server went as far as that.
        CHECK(server.received().find("app") != std::string::npos);
        CHECK(server.received().find("canary") == std::string::npos);
        if (detail::compiled_for() == detail::client_library::mariadb) {
            CHECK(server.key_requests() == requests + 2);
        }
    }
}

TEST_CASE("that a server has no TLS is found out once, not at every login") {
    if (!have_mysql() || detail::compiled_for() != detail::client_library::mariadb) return;
    mysql_cluster cluster;
    mysql_server& server = cluster.add_primary();
    live_session session(conninfo(server));
    server.sql("select 1");
    const std::size_t before = server.connection_attempts();
    const auto first = session.open(server);
    const auto second = session.open(server);
    CHECK(first.connection != nullptr);
    CHECK(second.connection != nullptr);
    CHECK(server.connection_attempts() == before + 3);
}

}  // namespace
}  // namespace podpool::test
