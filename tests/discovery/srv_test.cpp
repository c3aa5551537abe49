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
constexpr auto srv = dns_reply::type_srv;
const std::string service = "_postgres._tcp.db.prod.svc.cluster.local";

std::string pod(int number) { return "pod-" + std::to_string(number) + ".db.prod.svc.cluster.local"; }

struct fixture {
    dns_responder server;
    update_log log;
    background_context background;
    options settings = ask(server.address());

    fixture() {
        settings.dns_refresh = 1s;
        settings.discovery = discovery_kind::srv;
    }

    std::unique_ptr<dns_source> start(const std::vector<discovery_target>& targets = {{service, "", 0}}) {
        auto source = std::make_unique<dns_source>(background.context().get_executor(), targets, settings);
        source->start(log.listener());
        return source;
    }
};

}  // namespace

TEST_CASE("SRV records bring ports, and their targets' addresses are asked for") {
    fixture f;
    f.settings.address_family = address_family::both;
    f.server.set(service, srv, dns_reply().srv(pod(0), 5432, 30).srv(pod(1), 5433, 30));
    f.server.set(pod(0), a, dns_reply().a("10.0.0.1", 9));
    f.server.set(pod(1), a, dns_reply().a("10.0.0.2", 8));
    f.server.set(pod(1), aaaa, dns_reply().aaaa("fd00::2", 7));
    const auto source = f.start();
    const auto answer = f.log.next_set();
    CHECK(texts(answer) == names{"10.0.0.1:5432", "10.0.0.2:5433", "[fd00::2]:5433"});
    CHECK(answer.source == "srv");
    CHECK(answer.ttl == 7s);
    for (const auto& one : answer.endpoints) CHECK(one.host == (one.where.port == 5432 ? pod(0) : pod(1)));
}

TEST_CASE("the weights of SRV records are the endpoints', and none at all counts as one") {
    fixture f;
    f.server.set(
        service, srv,
        dns_reply().srv(pod(0), 5432, 5, 0, 30).srv(pod(1), 5433, 5, 0, 10).srv(pod(2), 5434, 5, 0, 0));
    for (int number = 0; number < 3; ++number) {
        f.server.set(pod(number), a, dns_reply().a("10.0.0." + std::to_string(number + 1)));
    }
    const auto source = f.start();
    for (const auto& one : f.log.next_set().endpoints) {
        CAPTURE(one.where.port);
        CHECK(one.weight == (one.where.port == 5432 ? 30U : one.where.port == 5433 ? 10U : 1U));
    }
    // A weight that changes is a change.
    f.server.set(
        service, srv,
        dns_reply().srv(pod(0), 5432, 5, 0, 7).srv(pod(1), 5433, 5, 0, 7).srv(pod(2), 5434, 5, 0, 7));
    source->refresh();
    for (const auto& one : f.log.next_set().endpoints) CHECK(one.weight == 7);
}

TEST_CASE("addresses that come with the SRV answer aren't asked for again") {
    fixture f;
    f.server.set(
        service, srv,
        dns_reply().srv(pod(0), 5432).srv(pod(1), 5432).glue(pod(0), "10.0.0.1").glue(pod(1), "10.0.0.2"));
    const auto source = f.start();
    CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432", "10.0.0.2:5432"});
    for (const auto& one : f.server.asked()) CHECK(one.type == srv);
}

TEST_CASE("what a server left out of the additional section is asked for") {
    fixture f;
    f.settings.address_family = address_family::both;
    f.server.set(pod(1), a, dns_reply().a("10.0.0.2"));
    f.server.set(pod(1), aaaa, dns_reply().aaaa("fd00::2"));
    SECTION("a whole target") {
        f.server.set(service, srv, dns_reply().srv(pod(0), 5432).srv(pod(1), 5432).glue(pod(0), "10.0.0.1"));
        const auto source = f.start();
        CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432", "10.0.0.2:5432", "[fd00::2]:5432"});
    }
    SECTION("one family of one target") {
        f.server.set(service, srv,
                     dns_reply()
                         .srv(pod(0), 5432)
                         .srv(pod(1), 5432)
                         .glue(pod(0), "10.0.0.1")
                         .glue(pod(0), "fd00::1")
                         .glue(pod(1), "10.0.0.2"));
        const auto source = f.start();
        CHECK(texts(f.log.next_set()) ==
              names{"10.0.0.1:5432", "10.0.0.2:5432", "[fd00::1]:5432", "[fd00::2]:5432"});
        CHECK(f.server.count(pod(1), a) == 0);
    }
}

TEST_CASE("of SRV records those with the lowest priority number are used") {
    fixture f;
    f.server.set(service, srv,
                 dns_reply()
                     .srv(pod(1), 5432, 5, 0)
                     .srv(pod(0), 5432, 5, 10)
                     .glue(pod(0), "10.0.0.1")
                     .glue(pod(1), "10.0.0.2"));
    const auto source = f.start();
    CHECK(texts(f.log.next_set()) == names{"10.0.0.2:5432"});
}

TEST_CASE("a target that fails keeps its last good address as long as the SRV answer names it") {
    fixture f;
    f.server.set(service, srv, dns_reply().srv(pod(0), 5432).srv(pod(1), 5432));
    f.server.set(pod(0), a, dns_reply().a("10.0.0.1"));
    f.server.set(pod(1), a, dns_reply().a("10.0.0.2"));
    const auto source = f.start();
    CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432", "10.0.0.2:5432"});

    f.server.set(pod(0), a, dns_reply().a("10.0.0.3"));
    f.server.set(pod(1), a, dns_reply::code(2));
    f.log.skip_until([](const auto& one) { return is_set_of(one, {"10.0.0.3:5432", "10.0.0.2:5432"}); });
    CHECK_THAT(f.log.next_error(), contains(pod(1) + ": A: SERVFAIL"));

    f.server.set(service, srv, dns_reply().srv(pod(0), 5432));
    f.log.skip_until([](const auto& one) { return is_set_of(one, {"10.0.0.3:5432"}); });

    // When it comes back, what it once had is forgotten.
    f.server.set(service, srv, dns_reply().srv(pod(0), 5432).srv(pod(1), 5432));
    endpoint_set last;
    f.log.skip_until([&](const auto& one) {
        if (const auto* answer = std::get_if<endpoint_set>(&one)) last = *answer;
        return std::holds_alternative<discovery_error>(one);
    });
    CHECK(texts(last) == names{"10.0.0.3:5432"});
}

TEST_CASE("a service that fails beside one that doesn't keeps its last good endpoints") {
    fixture f;
    const std::string other = "_postgres._tcp.other.prod.svc.cluster.local";
    f.server.set(service, srv, dns_reply().srv(pod(0), 5432).glue(pod(0), "10.0.0.1"));
    f.server.set(other, srv, dns_reply().srv(pod(1), 5432).glue(pod(1), "10.0.0.2"));
    const auto source = f.start({{service, "", 0}, {other, "", 0}});
    CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432", "10.0.0.2:5432"});
    f.server.remove(other);
    f.server.set(service, srv, dns_reply().srv(pod(0), 5432).glue(pod(0), "10.0.0.3"));
    f.log.skip_until([](const auto& one) { return is_set_of(one, {"10.0.0.3:5432", "10.0.0.2:5432"}); });
    CHECK_THAT(f.log.next_error(), contains(other + ": NXDOMAIN"));
}

TEST_CASE("a service without SRV records, or that fails, is an error that says so") {
    fixture f;
    std::string expected;
    SECTION("NXDOMAIN") { expected = service + ": NXDOMAIN from " + f.server.address(); }
    SECTION("no named ports") {
        f.server.set(service, a, dns_reply().a("10.0.0.1"));
        expected = "its ports have no names";
    }
    SECTION("the target that says the service isn't there") {
        f.server.set(service, srv, dns_reply().srv("", 5432));
        expected = "no usable SRV record";
    }
    SECTION("SERVFAIL") {
        f.server.set(service, srv, dns_reply::code(2));
        expected = service + ": SRV: SERVFAIL from " + f.server.address();
    }
    SECTION("no target has an address") {
        f.server.set(service, srv, dns_reply().srv(pod(0), 5432));
        expected = pod(0) + ": NXDOMAIN";
    }
    const auto source = f.start();
    CHECK_THAT(f.log.next_error(), contains(expected));
}

TEST_CASE("many targets without addresses in the answer are all asked for, a few at a time") {
    fixture f;
    dns_reply many;
    for (int i = 0; i < 100; ++i) {
        many.srv(pod(i), 5432);
        f.server.set(pod(i), a, dns_reply().a("10.0.1." + std::to_string(i)));
    }
    f.server.set(service, srv, many.truncate_udp());
    const auto source = f.start();
    CHECK(f.log.next_set().endpoints.size() == 100);
}
