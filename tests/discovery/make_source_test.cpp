// SPDX-License-Identifier: BSL-1.0
#include "probe.hpp"
#include "support/dns_responder.hpp"

#include <podpool/discovery/make_source.hpp>
#include <podpool/error.hpp>

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;
using names = std::vector<std::string>;

namespace {

constexpr auto a = dns_reply::type_a;

struct fixture {
    dns_responder server;
    update_log log;
    background_context background;
    options settings = ask(server.address());

    std::unique_ptr<discovery_source> start(const std::vector<discovery_target>& targets) {
        auto source = make_discovery_source(background.context().get_executor(), targets, settings);
        source->start(log.listener());
        return source;
    }
};

}  // namespace

TEST_CASE("a list of addresses and sockets is published once, without asking anybody") {
    fixture f;
    SECTION("auto") { f.settings.discovery = discovery_kind::automatic; }
    SECTION("static") { f.settings.discovery = discovery_kind::fixed; }
    SECTION("dns") { f.settings.discovery = discovery_kind::dns; }
    const auto source =
        f.start({{"10.0.0.1", "", 5432}, {"", "fd00::1", 5432}, {"/run/postgresql", "", 5432}});
    const auto answer = f.log.next_set();
    CHECK(texts(answer) == names{"/run/postgresql:5432", "10.0.0.1:5432", "[fd00::1]:5432"});
    CHECK(answer.source == "static");
    CHECK_FALSE(answer.ttl.has_value());
    CHECK_FALSE(answer.next_refresh.has_value());
    source->refresh();
    CHECK(f.server.asked().empty());
}

TEST_CASE("localhost is 127.0.0.1 without asking: one server must be one endpoint") {
    fixture f;
    const auto source = f.start({{"localhost", "", 5432}});
    const auto answer = f.log.next_set();
    CHECK(texts(answer) == names{"127.0.0.1:5432"});
    CHECK(answer.endpoints[0].host == "localhost");
    CHECK(f.server.asked().empty());
}

TEST_CASE("a name with an address beside it is not resolved, but is what TLS verifies") {
    fixture f;
    const auto source = f.start({{"db.prod.svc.cluster.local", "10.0.0.1", 5432}});
    const auto answer = f.log.next_set();
    CHECK(texts(answer) == names{"10.0.0.1:5432"});
    CHECK(answer.endpoints[0].host == "db.prod.svc.cluster.local");
    CHECK(f.server.asked().empty());
}

TEST_CASE("auto and dns resolve names and join them with the literals") {
    fixture f;
    SECTION("auto") { f.settings.discovery = discovery_kind::automatic; }
    SECTION("dns") { f.settings.discovery = discovery_kind::dns; }
    f.server.set("db.example", a, dns_reply().a("10.0.0.1"));
    const auto source = f.start({{"db.example", "", 5432}, {"10.0.0.9", "", 5433}});
    const auto answer = f.log.next_set();
    CHECK(texts(answer) == names{"10.0.0.1:5432", "10.0.0.9:5433"});
    CHECK(answer.source == "dns");
}

TEST_CASE("the literals of a list are published, and the error told, when its names fail") {
    fixture f;
    const auto source = f.start({{"db.example", "", 5432}, {"10.0.0.9", "", 5433}});
    CHECK(texts(f.log.next_set()) == names{"10.0.0.9:5433"});
    CHECK_THAT(f.log.next_error(), contains("db.example: NXDOMAIN"));
}

TEST_CASE("static refuses a name when the source is made") {
    fixture f;
    f.settings.discovery = discovery_kind::fixed;
    REQUIRE_THROWS_AS(f.start({{"db.example", "", 5432}}), podpool::error);
    REQUIRE_THROWS_WITH(f.start({{"db.example", "", 5432}}), contains("`db.example`"));
}

TEST_CASE("a static source that was stopped publishes nothing") {
    update_log log;
    boost::asio::io_context context;
    options settings;
    auto source = make_discovery_source(context.get_executor(), {{"10.0.0.1", "", 5432}}, settings);
    source->start(log.listener());
    source->stop();
    source.reset();
    context.run();
    CHECK(log.size() == 0);
}
