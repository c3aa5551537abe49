// SPDX-License-Identifier: BSL-1.0
// The HTTP client against a server on loopback: TLS, the token, what it refuses, and how it is stopped.
#include "discovery/kubernetes/api_client.hpp"

#include "api_server_support.hpp"
#include "discovery/kubernetes/malformed_answer.hpp"
#include "discovery/kubernetes/request_failure.hpp"
#include "gate.hpp"
#include "support/tls_files.hpp"

#include <podpool/detail/clock.hpp>
#include <podpool/version.hpp>

#include <openssl/ssl.h>

#include <thread>

using namespace podpool::test;
using namespace std::chrono_literals;
using podpool::core::time_point;
using podpool::detail::answer_listener;
using podpool::detail::api_access;
using podpool::detail::api_client;
using podpool::detail::api_status;
using podpool::detail::request_failure;
using podpool::detail::stoppable_context;
using podpool::detail::watch_pace;
using exchange = fake_api_server::exchange;
using end = watch_pace::end_kind;

namespace {

/// Takes what comes.
class taker : public answer_listener {
public:
    time_point deadline() const override { return limit; }
    void begun() override { ++begins; }
    bool body(std::string_view bytes) override {
        text += bytes;
        return text.size() < enough;
    }

    time_point limit = podpool::detail::clock_now() + 60s;
    std::size_t enough = std::size_t{1} << 30U;
    int begins = 0;
    std::string text;
};

/// A client, and what came of its last request.
struct asking {
    explicit asking(api_access access) : client(waiting, std::move(access)) {}

    /// Asks, and keeps what came.
    void ask(const std::string& path = "/apis") {
        refusal.reset();
        failure.clear();
        try {
            refusal = client.ask(path, taken);
        } catch (const request_failure& problem) {
            failure = problem.what();
            how = problem.how();
        } catch (const podpool::detail::malformed_answer& problem) {
            failure = problem.what();
            how = end::malformed;
        }
    }

    stoppable_context waiting;
    api_client client;
    taker taken;
    std::optional<api_status> refusal;
    std::string failure;
    end how = end::closed;
};

/// A server whose certificate is for 127.0.0.1 and localhost, with a token and its authority in files.
struct tls_server {
    tls_server() : files("localhost"), server((files.sign("DNS:localhost,IP:127.0.0.1"), files)) {
        secrets.put("token", "first-token\n");
        secrets.put("ca.crt", read_text(files.ca()));
    }

    [[nodiscard]] api_access access(const std::string& host = "127.0.0.1") const {
        api_access result;
        result.host = host;
        result.port = server.port();
        result.token_file = secrets.path("token");
        result.ca_file = secrets.path("ca.crt");
        return result;
    }

    tls_files files;
    secret_files secrets;
    fake_api_server server;
};

void answer_nothing(exchange& with) { with.answer(200, "{}"); }

auto says(const std::string& part) { return Catch::Matchers::ContainsSubstring(part); }

}  // namespace

TEST_CASE("a request says what it wants, from whom and to whom") {
    fake_api_server server;
    server.then(answer_nothing);
    api_access access = plain_access(server);
    access.path = "/k8s/clusters/c-1";
    asking asked(access);
    asked.ask("/apis?labelSelector=a%3Db");
    CHECK(asked.failure.empty());
    CHECK_FALSE(asked.refusal);
    CHECK(asked.taken.begins == 1);
    CHECK(asked.taken.text == "{}");
    REQUIRE(server.request_count() == 1);
    const auto request = server.requests()[0];
    CHECK(request.line == "GET /k8s/clusters/c-1/apis?labelSelector=a%3Db");
    CHECK(request.field("host") == "127.0.0.1:" + std::to_string(server.port()));
    CHECK(request.field("user-agent") == "podpool/" PODPOOL_VERSION);
    CHECK(request.field("accept") == "application/json");
    CHECK(request.fields.count("authorization") == 0);
}

TEST_CASE("the token is read before each request and goes into the header") {
    tls_server tls;
    tls.server.then(answer_nothing);
    tls.server.then(answer_nothing);
    asking asked(tls.access());
    asked.ask();
    CHECK(asked.failure.empty());
    CHECK(asked.taken.text == "{}");
    tls.secrets.put("token", "second-token");
    asked.ask();
    const auto requests = tls.server.requests();
    REQUIRE(requests.size() == 2);
    CHECK(requests[0].field("authorization") == "Bearer first-token");
    CHECK(requests[1].field("authorization") == "Bearer second-token");
}

TEST_CASE("no token is sent without TLS, whatever the settings say") {
    fake_api_server server;
    server.then(answer_nothing);
    const secret_files secrets;
    secrets.put("token", "do-not-send");
    api_access access = plain_access(server);
    access.token_file = secrets.path("token");
    asking asked(access);
    asked.ask();
    REQUIRE(server.request_count() == 1);
    CHECK(server.requests()[0].fields.count("authorization") == 0);
}

TEST_CASE("without a token that can be read nothing is asked") {
    tls_server tls;
    tls.secrets.put("token", "two words");
    asking asked(tls.access());
    asked.ask();
    CHECK(asked.how == end::unreachable);
    CHECK_THAT(asked.failure, says(tls.secrets.path("token")));
    CHECK_THAT(asked.failure, !says("words"));
    CHECK(tls.server.request_count() == 0);
}

TEST_CASE("the server's name or address must be in its certificate") {
    tls_server tls;
    SECTION("its address is, and isn't sent as a name") {
        tls.server.then(answer_nothing);
        asking asked(tls.access());
        asked.ask();
        CHECK(asked.failure.empty());
        CHECK(tls.server.requests().at(0).server_name.empty());
    }
    SECTION("its name is, and is sent") {
        tls.server.then(answer_nothing);
        asking asked(tls.access("localhost"));
        asked.ask();
        CHECK(asked.failure.empty());
        CHECK(tls.server.requests().at(0).server_name == "localhost");
    }
    SECTION("another address") {
        tls.files.sign("DNS:localhost,IP:10.0.0.1");
        tls.server.reload_certificate(tls.files);
        asking asked(tls.access());
        asked.ask();
        CHECK(asked.how == end::unreachable);
        CHECK_THAT(asked.failure,
                   says("IP address mismatch; expected one for 127.0.0.1 by an authority in "));
        CHECK(tls.server.request_count() == 0);
    }
    SECTION("another name") {
        tls.files.sign("DNS:other,IP:127.0.0.1");
        tls.server.reload_certificate(tls.files);
        asking asked(tls.access("localhost"));
        asked.ask();
        CHECK_THAT(asked.failure, says("ostname mismatch; expected one for localhost"));
        CHECK(tls.server.request_count() == 0);
    }
}

TEST_CASE("the authorities' file is read again after it was replaced") {
    tls_server tls;
    tls.secrets.put("ca.crt", read_text(tls.files.other_ca()));
    asking asked(tls.access());
    asked.ask();
    CHECK(asked.how == end::unreachable);
    CHECK_THAT(asked.failure, says("the server's certificate isn't trusted: "));
    CHECK(tls.server.request_count() == 0);
    // Two authorities in one file, as while a cluster changes them.
    tls.secrets.put("ca.crt", read_text(tls.files.other_ca()) + read_text(tls.files.ca()));
    tls.server.then(answer_nothing);
    asked.ask();
    CHECK(asked.failure.empty());
    CHECK(asked.taken.text == "{}");
    tls.secrets.put("ca.crt", "no certificate\n");
    asked.ask();
    CHECK_THAT(asked.failure, says("holds no certificate in PEM"));
    std::filesystem::remove(tls.secrets.path("ca.crt"));
    asked.ask();
    CHECK_THAT(asked.failure, says(tls.secrets.path("ca.crt") + " can't be read: "));
}

TEST_CASE("TLS before 1.2 isn't spoken") {
    tls_server tls;
    tls.server.configure([](boost::asio::ssl::context& context) {
        SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context.native_handle(), TLS1_1_VERSION);
        SSL_CTX_set_cipher_list(context.native_handle(), "DEFAULT@SECLEVEL=0");
    });
    asking asked(tls.access());
    asked.ask();
    CHECK(asked.how == end::unreachable);
    CHECK_THAT(asked.failure, says("TLS handshake: "));
    CHECK(tls.server.request_count() == 0);
}

TEST_CASE("a server without TLS where https is expected is an error, and gets no token") {
    fake_api_server server;
    const secret_files secrets;
    secrets.put("token", "do-not-send");
    api_access access = plain_access(server);
    access.tls = true;
    access.token_file = secrets.path("token");
    asking asked(access);
    // It waits for the end of a head of HTTP, which the greeting of TLS hasn't.
    asked.taken.limit = podpool::detail::clock_now() + 50ms;
    asked.ask();
    CHECK(asked.how == end::gave_up);
    CHECK(server.request_count() == 0);
}

TEST_CASE("a refusal comes with its status, its text and Retry-After") {
    fake_api_server server;
    server.then([](exchange& with) { with.answer(403, recorded::forbidden); });
    server.then([](exchange& with) { with.answer(429, "", "Retry-After: 7\r\n"); });
    server.then([](exchange& with) { with.answer(504, recorded::version_too_large); });
    server.then([](exchange& with) { with.answer(502, "<html>a proxy</html>"); });
    asking asked(plain_access(server));
    asked.ask();
    REQUIRE(asked.refusal);
    CHECK(asked.refusal->code == 403);
    CHECK_THAT(asked.refusal->message, says("is forbidden"));
    CHECK(asked.taken.begins == 0);
    asked.ask();
    REQUIRE(asked.refusal);
    CHECK(asked.refusal->code == 429);
    CHECK(asked.refusal->retry_after == 7s);
    asked.ask();
    REQUIRE(asked.refusal);
    CHECK(asked.refusal->retry_after == 1s);
    asked.ask();
    REQUIRE(asked.refusal);
    CHECK(asked.refusal->code == 502);
    CHECK(asked.refusal->message.empty());
}

TEST_CASE("a redirect isn't followed") {
    fake_api_server server;
    fake_api_server other;
    server.then([&](exchange& with) {
        with.answer(307, "", "Location: http://127.0.0.1:" + std::to_string(other.port()) + "/\r\n");
    });
    asking asked(plain_access(server));
    asked.ask();
    REQUIRE(asked.refusal);
    CHECK(asked.refusal->code == 307);
    CHECK_THAT(asked.refusal->message, says("redirects"));
    CHECK(other.request_count() == 0);
    CHECK(other.open_connections() == 0);
}

TEST_CASE("of a refusal without an end only so much is read") {
    fake_api_server server;
    gate full;
    server.then([&](exchange& with) {
        with.send("HTTP/1.1 500 Whatever\r\nTransfer-Encoding: chunked\r\n\r\n");
        const std::string piece(4096, 'x');
        try {
            // Until the client has gone.
            while (true) with.chunk(piece);
        } catch (const boost::system::system_error&) {
            full.open();
            throw;
        }
    });
    asking asked(plain_access(server));
    asked.ask();
    REQUIRE(asked.refusal);
    CHECK(asked.refusal->code == 500);
    CHECK(full.pass());
}

TEST_CASE("a refusal whose body doesn't come whole is one all the same") {
    fake_api_server server;
    server.then([](exchange& with) {
        with.send("HTTP/1.1 503 Whatever\r\nRetry-After: 3\r\nContent-Length: 100\r\n\r\n{");
    });
    asking asked(plain_access(server));
    asked.ask();
    REQUIRE(asked.refusal);
    CHECK(asked.refusal->code == 503);
    CHECK(asked.refusal->retry_after == 3s);
}

TEST_CASE("an end that isn't the body's is told from one that is") {
    tls_server tls;
    asking asked(tls.access());
    SECTION("cut without a farewell, where the connection's end would be the body's") {
        tls.server.then([](exchange& with) {
            with.send("HTTP/1.1 200 OK\r\n\r\n{}");
            with.cut();
        });
        asked.ask();
        CHECK(asked.how == end::cut);
    }
    SECTION("the same with a farewell") {
        tls.server.then([](exchange& with) { with.send("HTTP/1.1 200 OK\r\n\r\n{}"); });
        asked.ask();
        CHECK(asked.failure.empty());
        CHECK(asked.taken.text == "{}");
    }
    SECTION("a farewell within a body in chunks") {
        tls.server.then([](exchange& with) {
            with.begin_watch();
            with.chunk("{}");
        });
        asked.ask();
        CHECK(asked.how == end::cut);
        CHECK(asked.taken.text == "{}");
    }
    SECTION("a farewell before an answer") {
        tls.server.then([](exchange& with) { (void)with; });
        asked.ask();
        CHECK(asked.how == end::cut);
        CHECK(asked.failure == "the connection ended before an answer");
    }
    SECTION("the body's end, with the connection open") {
        tls.server.then([](exchange& with) {
            with.begin_watch();
            with.chunk("{}");
            with.end_watch();
            with.hold();
        });
        asked.ask();
        CHECK(asked.failure.empty());
        CHECK_FALSE(asked.refusal);
    }
}

TEST_CASE("what is no HTTP is malformed") {
    fake_api_server server;
    server.then([](exchange& with) { with.send("SSH-2.0-OpenSSH_9.2\r\n\r\n"); });
    asking asked(plain_access(server));
    asked.ask();
    CHECK(asked.how == end::malformed);
}

TEST_CASE("the client leaves when its listener has enough") {
    fake_api_server server;
    server.then([](exchange& with) { with.watch({"12345"}); });
    asking asked(plain_access(server));
    asked.taken.enough = 3;
    asked.ask();
    CHECK(asked.failure.empty());
    CHECK(asked.taken.text == "12345\n");
}

TEST_CASE("nobody there is told as such") {
    std::uint16_t port = 0;
    {
        const fake_api_server server;
        port = server.port();
    }
    api_access access;
    access.tls = false;
    access.host = "127.0.0.1";
    access.port = port;
    asking asked(access);
    asked.ask();
    CHECK(asked.how == end::unreachable);
    CHECK(asked.failure == "connecting to 127.0.0.1:" + std::to_string(port) + ": Connection refused");
}

TEST_CASE("silence is given up at the deadline, before the head and after it") {
    fake_api_server server;
    const bool with_head = GENERATE(false, true);
    server.then([with_head](exchange& with) {
        if (with_head) with.begin_watch();
        with.hold();
    });
    asking asked(plain_access(server));
    asked.taken.limit = podpool::detail::clock_now() + 50ms;
    asked.ask();
    CHECK(asked.how == end::gave_up);
    CHECK(asked.failure == "waiting for the answer: it took too long");
}

TEST_CASE("a client that waits is stopped from another thread, and a stopped one asks nobody") {
    fake_api_server server;
    gate asked_for;
    server.then([&](exchange& with) {
        with.begin_watch();
        asked_for.open();
        with.hold();
    });
    asking asked(plain_access(server));
    std::thread stopper([&] {
        (void)asked_for.pass();
        asked.waiting.stop();
    });
    asked.ask();
    stopper.join();
    CHECK(asked.failure == "stopped");
    asked.ask();
    CHECK(asked.failure == "stopped");
    CHECK(server.request_count() == 1);
}
