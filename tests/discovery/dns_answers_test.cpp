// SPDX-License-Identifier: BSL-1.0
#include "probe.hpp"
#include "support/dns_responder.hpp"

#include <podpool/discovery/dns_source.hpp>

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;
using names = std::vector<std::string>;

namespace {

constexpr auto a = dns_reply::type_a;
constexpr auto aaaa = dns_reply::type_aaaa;
const std::string name = "db.prod.svc.cluster.local";

/// A name server, and a source that asks it for `name` once start() is called.
struct fixture {
    dns_responder server;
    update_log log;
    background_context background;
    options settings = ask(server.address());

    std::unique_ptr<dns_source> start(const std::vector<discovery_target>& targets = {{name, "", 5432}}) {
        auto source = std::make_unique<dns_source>(background.context().get_executor(), targets, settings);
        source->start(log.listener());
        return source;
    }
};

}  // namespace

TEST_CASE("A and AAAA records together are the endpoints, with port, name, source and TTL") {
    fixture f;
    f.settings.address_family = address_family::both;
    f.server.set(name, a, dns_reply().a("10.0.0.1", 7).a("10.0.0.2", 4));
    f.server.set(name, aaaa, dns_reply().aaaa("fd00::1", 3));
    const auto source = f.start();
    const auto answer = f.log.next_set();
    CHECK(texts(answer) == names{"10.0.0.1:5432", "10.0.0.2:5432", "[fd00::1]:5432"});
    CHECK(answer.source == "dns");
    CHECK(answer.ttl == 3s);
    for (const auto& one : answer.endpoints) {
        CHECK(one.host == name);
        CHECK(one.ready);
        CHECK(one.serving);
        CHECK_FALSE(one.terminating);
    }
}

TEST_CASE("a dot at the end of a name is not part of what TLS verifies") {
    fixture f;
    f.server.set(name, a, dns_reply().a("10.0.0.1"));
    const auto source = f.start({{name + ".", "", 5432}});
    CHECK(f.log.next_set().endpoints.at(0).host == name);
}

TEST_CASE("one family is enough when the other has no records") {
    fixture f;
    SECTION("only A") {
        f.server.set(name, a, dns_reply().a("10.0.0.1"));
        const auto source = f.start();
        CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432"});
    }
    SECTION("only AAAA") {
        f.server.set(name, aaaa, dns_reply().aaaa("fd00::1"));
        const auto source = f.start();
        CHECK(texts(f.log.next_set()) == names{"[fd00::1]:5432"});
    }
    SECTION("A, and a server that says NXDOMAIN where it means NODATA") {
        f.server.set(name, a, dns_reply().a("10.0.0.1"));
        f.server.set(name, aaaa, dns_reply::code(3));
        const auto source = f.start();
        CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432"});
    }
}

TEST_CASE("a CNAME chain is followed, and its smallest TTL counts") {
    fixture f;
    f.server.set(name, a, dns_reply().cname("one.example", 30).cname("two.example", 2).a("10.0.0.1", 60));
    const auto source = f.start();
    const auto answer = f.log.next_set();
    CHECK(texts(answer) == names{"10.0.0.1:5432"});
    CHECK(answer.ttl == 2s);
    CHECK(answer.endpoints.at(0).host == name);
}

TEST_CASE("a TTL of 0 is refreshed after the floor of 1 s") {
    fixture f;
    f.server.set(name, a, dns_reply().a("10.0.0.1", 0));
    const auto source = f.start();
    const auto answer = f.log.next_set();
    CHECK(answer.ttl == 0s);
    CHECK(answer.next_refresh == std::chrono::nanoseconds(1s));
}

TEST_CASE("a TTL of 600 s is refreshed after pool_dns_refresh, shortened by a tenth at most") {
    fixture f;
    f.settings.dns_refresh = 7s;
    f.server.set(name, a, dns_reply().a("10.0.0.1", 600));
    const auto source = f.start();
    const auto answer = f.log.next_set();
    CHECK(answer.ttl == 600s);
    REQUIRE(answer.next_refresh.has_value());
    CHECK(*answer.next_refresh <= 7s);
    CHECK(*answer.next_refresh >= 6300ms);
}

TEST_CASE("a truncated answer is asked for again over TCP") {
    fixture f;
    dns_reply big;
    for (int i = 0; i < 300; ++i)
        big.a("10.9." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1));
    f.server.set(name, a, big.truncate_udp());
    const auto source = f.start();
    CHECK(f.log.next_set().endpoints.size() == 300);
    const auto asked = f.server.asked();
    CHECK(std::count_if(asked.begin(), asked.end(),
                        [](const auto& one) { return one.type == a && one.tcp; }) == 1);
    CHECK(std::count_if(asked.begin(), asked.end(),
                        [](const auto& one) { return one.type == a && !one.tcp; }) == 1);
}

TEST_CASE("an answer with another question's id is ignored") {
    fixture f;
    f.server.set(name, a, dns_reply().a("10.0.0.1").wrong_id_first());
    const auto source = f.start();
    CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432"});
}

TEST_CASE("an address that comes twice is one endpoint") {
    fixture f;
    f.server.set(name, a, dns_reply().a("10.0.0.2").a("10.0.0.1").a("10.0.0.2"));
    const auto source = f.start();
    CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432", "10.0.0.2:5432"});
}

TEST_CASE("changes show: pods come and go") {
    fixture f;
    f.settings.dns_refresh = 1s;
    f.server.set(name, a, dns_reply().a("10.0.0.1"));
    const auto source = f.start();
    CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432"});
    f.server.set(name, a, dns_reply().a("10.0.0.1").a("10.0.0.2"));
    f.log.skip_until(
        [](const auto& update) { return is_set_of(update, {"10.0.0.1:5432", "10.0.0.2:5432"}); });
    f.server.set(name, a, dns_reply().a("10.0.0.2"));
    f.log.skip_until([](const auto& update) { return is_set_of(update, {"10.0.0.2:5432"}); });
}

TEST_CASE("an unchanged answer is published at every refresh: the pool counts good answers") {
    fixture f;
    f.settings.dns_refresh = 1s;
    f.server.set(name, a, dns_reply().a("10.0.0.1"));
    const auto source = f.start();
    for (int i = 0; i < 3; ++i) CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432"});
}

TEST_CASE("refresh asks before its time, and many calls are one question") {
    fixture f;
    f.settings.dns_refresh = 1h;
    f.server.set(name, a, dns_reply().a("10.0.0.1", 3600));
    f.server.hold();
    const auto source = f.start();
    REQUIRE(eventually([&] { return f.server.count(name, a) == 1; }));
    for (int i = 0; i < 100; ++i) source->refresh();
    f.server.set(name, a, dns_reply().a("10.0.0.2", 3600));
    f.server.release();
    // The question under way served all of them.
    CHECK(texts(f.log.next_set()) == names{"10.0.0.2:5432"});
    CHECK(f.server.count(name, a) == 1);

    for (int i = 0; i < 100; ++i) source->refresh();
    f.log.next_set();
    CHECK(f.server.count(name, a) == 2);
    CHECK(f.log.size() == 0);
}

TEST_CASE("a server that nobody runs, here an IPv6 one, is skipped for the next in pool_dns_servers") {
    fixture f;
    f.server.set(name, a, dns_reply().a("10.0.0.1"));
    f.settings.dns_servers = "[::1]:1," + f.server.address();
    const auto source = f.start();
    CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432"});
}
