// SPDX-License-Identifier: BSL-1.0
#include "probe.hpp"
#include "support/dns_responder.hpp"

#include <podpool/discovery/dns_source.hpp>
#include <podpool/error.hpp>

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

    fixture() { settings.dns_refresh = 1s; }

    std::unique_ptr<dns_source> start(const std::vector<discovery_target>& targets = {{name, "", 5432}}) {
        auto source = std::make_unique<dns_source>(background.context().get_executor(), targets, settings);
        source->start(log.listener());
        return source;
    }

    /// Both families are answered in this way.
    void both(const dns_reply& reply) {
        server.set(name, a, reply);
        server.set(name, aaaa, reply);
    }
};

}  // namespace

TEST_CASE("(c) a fault of the name server is an error that says what and who, and ends with the fault") {
    fixture f;
    std::string expected;
    SECTION("SERVFAIL") {
        f.both(dns_reply::code(2));
        expected = "SERVFAIL from " + f.server.address();
    }
    SECTION("REFUSED") {
        f.both(dns_reply::code(5));
        expected = "REFUSED from " + f.server.address();
    }
    SECTION("silence") {
        f.settings.connect_timeout = 200ms;
        f.both(dns_reply::silence());
        expected = "A and AAAA: no answer from " + f.server.address() + " within ";
    }
    SECTION("an answer that is cut off") {
        f.both(dns_reply().a("10.0.0.1").cut_off(3));
        expected = f.server.address();
    }
    SECTION("an answer that is truncated over TCP, too") {
        f.both(dns_reply().a("10.0.0.1").truncate_always());
        expected = "malformed answer from " + f.server.address();
    }
    SECTION("NXDOMAIN") {
        expected = "NXDOMAIN from " + f.server.address() + ": no ready endpoint behind this name";
    }
    SECTION("NODATA") {
        f.both(dns_reply::code(0));
        expected = "no A record from " + f.server.address() + ", no AAAA record from " + f.server.address();
    }
    const auto source = f.start();
    const std::string problem = f.log.next_error();
    CHECK_THAT(problem, contains(name));
    CHECK_THAT(problem, contains(expected));

    f.server.set(name, a, dns_reply().a("10.0.0.1"));
    f.server.set(name, aaaa, dns_reply::code(0));
    f.log.skip_until([](const auto& update) { return is_set_of(update, {"10.0.0.1:5432"}); });
}

TEST_CASE("a name server that nobody runs is an error at once, not a wait") {
    fixture f;
    std::string gone;
    {
        const dns_responder other;
        gone = other.address();
    }
    f.settings.dns_servers = gone;
    const auto source = f.start();
    CHECK_THAT(f.log.next_error(), contains(gone + ": connection refused or unreachable"));
}

TEST_CASE("the next server is asked when one fails, whatever way it fails in") {
    fixture f;
    dns_responder good;
    good.set(name, a, dns_reply().a("10.0.0.1"));
    f.settings.dns_servers = f.server.address() + "," + good.address();
    SECTION("SERVFAIL") { f.both(dns_reply::code(2)); }
    SECTION("REFUSED") { f.both(dns_reply::code(5)); }
    SECTION("silence") { f.both(dns_reply::silence()); }
    const auto source = f.start();
    CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432"});
    const auto asked_first = f.server.count(name, a);
    CHECK(asked_first >= 1);
    // The one that answered is asked first from then on.
    CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432"});
    CHECK(f.server.count(name, a) == asked_first);
}

TEST_CASE("NXDOMAIN from one server is an answer: the next one isn't asked") {
    fixture f;
    dns_responder other;
    other.set(name, a, dns_reply().a("10.0.0.1"));
    f.settings.dns_servers = f.server.address() + "," + other.address();
    const auto source = f.start();
    CHECK_THAT(f.log.next_error(), contains("NXDOMAIN"));
    CHECK(other.asked().empty());
}

TEST_CASE("the family that fails keeps its last good addresses, and the error is told") {
    fixture f;
    f.settings.address_family = address_family::both;
    f.server.set(name, a, dns_reply().a("10.0.0.1"));
    f.server.set(name, aaaa, dns_reply().aaaa("fd00::1"));
    const auto source = f.start();
    CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432", "[fd00::1]:5432"});

    SECTION("SERVFAIL") { f.server.set(name, aaaa, dns_reply::code(2)); }
    SECTION("silence") { f.server.set(name, aaaa, dns_reply::silence()); }
    f.server.set(name, a, dns_reply().a("10.0.0.2"));
    f.log.skip_until(
        [](const auto& update) { return is_set_of(update, {"10.0.0.2:5432", "[fd00::1]:5432"}); });
    CHECK_THAT(f.log.next_error(), contains(name + ": AAAA: "));

    // An answer without AAAA, in contrast, says that there are none.
    f.server.set(name, aaaa, dns_reply::code(0));
    f.log.skip_until([](const auto& update) { return is_set_of(update, {"10.0.0.2:5432"}); });
}

TEST_CASE("a family that nobody answers for doesn't keep the other from being published") {
    fixture f;
    f.server.set(name, a, dns_reply().a("10.0.0.1"));
    f.server.set(name, aaaa, dns_reply::silence());
    const auto source = f.start();
    CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432"});
    // One try per second; the question could take 5 s.
    CHECK(f.server.count(name, aaaa) <= 3);
}

TEST_CASE("nothing is published as endpoints when one family fails and the other is empty") {
    fixture f;
    f.server.set(name, a, dns_reply::code(2));
    f.server.set(name, aaaa, dns_reply::code(0));
    const auto source = f.start();
    CHECK_THAT(f.log.next_error(), contains("A: SERVFAIL"));
}

TEST_CASE("each name of a list is resolved, and one that fails keeps its last good addresses") {
    fixture f;
    const std::string other = "other.prod.svc.cluster.local";
    f.server.set(name, a, dns_reply().a("10.0.0.1"));
    f.server.set(other, a, dns_reply().a("10.0.1.1"));
    const auto source = f.start({{name, "", 5432}, {other, "", 5433}, {"10.0.2.1", "", 5434}});
    CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432", "10.0.1.1:5433", "10.0.2.1:5434"});

    f.server.remove(other);
    f.server.set(name, a, dns_reply().a("10.0.0.2"));
    f.log.skip_until([](const auto& update) {
        return is_set_of(update, {"10.0.0.2:5432", "10.0.1.1:5433", "10.0.2.1:5434"});
    });
    const std::string problem = f.log.next_error();
    CHECK_THAT(problem, contains(other + ": NXDOMAIN"));
    CHECK_THAT(problem, !contains(name + ":"));
}

TEST_CASE("a name that nobody answers for doesn't keep the others from being published") {
    fixture f;
    const std::string dead = "dead.example";
    f.server.set(name, a, dns_reply().a("10.0.0.1"));
    f.server.set(dead, a, dns_reply::silence());
    f.server.set(dead, aaaa, dns_reply::silence());
    const auto source = f.start({{dead, "", 5432}, {name, "", 5432}});
    CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432"});
    CHECK_THAT(f.log.next_error(), contains(dead + ": A and AAAA: no answer"));
    // It was given up long before the 5 s that a question may take, with one try per second.
    CHECK(f.server.count(dead, a) <= 3);
}

TEST_CASE("the endpoints of a list are each there once, under the name that comes first") {
    fixture f;
    f.server.set("a.example", a, dns_reply().a("10.0.0.1").a("10.0.0.2"));
    f.server.set("b.example", a, dns_reply().a("10.0.0.2").a("10.0.0.3"));
    const auto source = f.start({{"a.example", "", 5432}, {"b.example", "", 5432}});
    const auto answer = f.log.next_set();
    CHECK(texts(answer) == names{"10.0.0.1:5432", "10.0.0.2:5432", "10.0.0.3:5432"});
    for (const auto& one : answer.endpoints) {
        CHECK(one.host == (one.where.address == "10.0.0.3" ? "b.example" : "a.example"));
    }
}

TEST_CASE("an answer with more addresses than any database has pods is refused with its count") {
    fixture f;
    dns_reply huge;
    for (int i = 0; i < 1025; ++i) huge.a("10.9." + std::to_string(i / 250) + "." + std::to_string(i % 250));
    f.server.set(name, a, huge.truncate_udp());
    const auto source = f.start();
    CHECK_THAT(f.log.next_error(), contains("1025 addresses from " + f.server.address()) && contains("1024"));
}

TEST_CASE("pool_dns_servers that make no sense are refused with the key's name") {
    background_context background;
    options settings = ask("dns.example");
    REQUIRE_THROWS_AS(dns_source(background.context().get_executor(), {{name, "", 5432}}, settings),
                      podpool::error);
    REQUIRE_THROWS_WITH(dns_source(background.context().get_executor(), {{name, "", 5432}}, settings),
                        contains("pool_dns_servers"));
}
