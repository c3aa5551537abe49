// SPDX-License-Identifier: BSL-1.0
// A pod with an IPv4 and an IPv6 address is one pod.
#include "probe.hpp"
#include "support/dns_responder.hpp"

#include <podpool/discovery/dns_source.hpp>

#include <boost/asio/ip/udp.hpp>

#include <iostream>

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;
using names = std::vector<std::string>;

namespace {

constexpr auto a = dns_reply::type_a;
constexpr auto aaaa = dns_reply::type_aaaa;
constexpr auto srv = dns_reply::type_srv;
const std::string name = "db.test.";
const std::string asked = "db.test";

struct fixture {
    dns_responder server;
    update_log log;
    background_context background;
    options settings = ask(server.address());
    std::unique_ptr<dns_source> source;

    fixture() { settings.dns_refresh = 1s; }

    void start(const std::vector<discovery_target>& targets = {{name, "", 5432}}) {
        source = std::make_unique<dns_source>(background.context().get_executor(), targets, settings);
        source->start(log.listener());
    }
};

names left_out(const endpoint_set& answer) {
    names result;
    for (const auto& one : answer.left_out) result.push_back(to_string(one));
    return result;
}

/// Says in one line why a test can't run here.
bool has_ipv6_loopback() {
    boost::asio::io_context context;
    boost::asio::ip::udp::socket socket(context, boost::asio::ip::udp::v6());
    boost::system::error_code failed;
    socket.connect({boost::asio::ip::make_address("::1"), 9}, failed);
    if (failed) std::cout << "skipped: no IPv6 loopback here\n";
    return !failed;
}

}  // namespace

TEST_CASE("of a name with both families one is used, IPv4 when there are as many, and the other one shown") {
    fixture f;
    f.server.set(asked, a, dns_reply().a("127.0.0.11").a("127.0.0.12"));
    f.server.set(asked, aaaa, dns_reply().aaaa("::1"));
    SECTION("more of IPv4") {}
    SECTION("as many") { f.server.set(asked, aaaa, dns_reply().aaaa("::1").aaaa("fd00::1")); }
    f.start();
    const auto answer = f.log.next_set();
    CHECK(texts(answer) == names{"127.0.0.11:5432", "127.0.0.12:5432"});
    REQUIRE_FALSE(answer.left_out.empty());
    CHECK(left_out(answer).front() == "[::1]:5432");
    CHECK(answer.removal == removal_kind::tentative);
}

TEST_CASE("the family changes after three answers in a row that have more of the other one") {
    if (!has_ipv6_loopback()) return;
    fixture f;
    f.server.set(asked, a, dns_reply().a("127.0.0.11"));
    f.server.set(asked, aaaa, dns_reply().aaaa("::1"));
    f.start();
    CHECK(texts(f.log.next_set()) == names{"127.0.0.11:5432"});
    // ::1 has a route; that is enough for its family.
    f.server.set(asked, aaaa, dns_reply().aaaa("::1").aaaa("fd00::1"));
    const auto from = f.server.count(asked, aaaa);
    f.log.skip_until([](const auto& update) { return is_set_of(update, {"[::1]:5432", "[fd00::1]:5432"}); });
    // A question may have been on its way while the reply changed.
    CHECK(f.server.count(asked, aaaa) >= from + 3);
    CHECK(f.server.count(asked, aaaa) <= from + 4);
}

TEST_CASE("a family without a route from here isn't used when the other one has one") {
    fixture f;
    SECTION("IPv6, which has more addresses") {
        // Link-local addresses say nothing without an interface.
        f.server.set(asked, a, dns_reply().a("127.0.0.11"));
        f.server.set(asked, aaaa, dns_reply().aaaa("fe80::1").aaaa("fe80::2"));
        f.start();
        const auto answer = f.log.next_set();
        CHECK(texts(answer) == names{"127.0.0.11:5432"});
        CHECK(left_out(answer) == names{"[fe80::1]:5432", "[fe80::2]:5432"});
    }
    SECTION("IPv4, of which there are as many") {
        if (!has_ipv6_loopback()) return;
        // The kernel lets no socket send to everybody unasked.
        f.server.set(asked, a, dns_reply().a("255.255.255.255"));
        f.server.set(asked, aaaa, dns_reply().aaaa("::1"));
        f.start();
        const auto answer = f.log.next_set();
        CHECK(texts(answer) == names{"[::1]:5432"});
        CHECK(left_out(answer) == names{"255.255.255.255:5432"});
    }
    SECTION("and it is used when it has the name to itself") {
        f.server.set(asked, aaaa, dns_reply().aaaa("fe80::1"));
        f.start();
        CHECK(texts(f.log.next_set()) == names{"[fe80::1]:5432"});
    }
}

TEST_CASE("the family in use stays when an answer lacks it, until three do") {
    fixture f;
    f.server.set(asked, a, dns_reply().a("127.0.0.11").a("127.0.0.12"));
    f.server.set(asked, aaaa, dns_reply().aaaa("::1"));
    f.start();
    f.log.next_set();
    f.server.set(asked, a, dns_reply::code(0));
    // Nothing is published meanwhile but why: the pool keeps what it has.
    const auto update = f.log.skip_until([](const auto& one) {
        return std::holds_alternative<discovery_error>(one) || is_set_of(one, {"[::1]:5432"});
    });
    REQUIRE(std::holds_alternative<discovery_error>(update));
    CHECK_THAT(std::get<discovery_error>(update).message,
               contains("db.test: only IPv6 addresses, while IPv4 is in use"));
    f.log.skip_until([](const auto& one) { return is_set_of(one, {"[::1]:5432"}); });
}

TEST_CASE("a family that the user has chosen is the only one") {
    fixture f;
    f.server.set(asked, a, dns_reply().a("127.0.0.11"));
    f.server.set(asked, aaaa, dns_reply().aaaa("fd00::1").aaaa("fd00::2"));
    SECTION("ipv4") {
        f.settings.address_family = address_family::ipv4;
        f.start();
        CHECK(texts(f.log.next_set()) == names{"127.0.0.11:5432"});
    }
    SECTION("ipv6") {
        f.settings.address_family = address_family::ipv6;
        f.start();
        const auto answer = f.log.next_set();
        CHECK(texts(answer) == names{"[fd00::1]:5432", "[fd00::2]:5432"});
        CHECK(left_out(answer) == names{"127.0.0.11:5432"});
    }
    SECTION("both") {
        f.settings.address_family = address_family::both;
        f.start();
        const auto answer = f.log.next_set();
        CHECK(texts(answer) == names{"127.0.0.11:5432", "[fd00::1]:5432", "[fd00::2]:5432"});
        CHECK(answer.left_out.empty());
    }
}

TEST_CASE("a name that lacks the chosen family is an error that says so; the other family may fail") {
    fixture f;
    f.settings.address_family = address_family::ipv6;
    f.server.set(asked, a, dns_reply().a("127.0.0.11"));
    SECTION("no addresses of it") {
        f.start();
        CHECK_THAT(f.log.next_error(),
                   contains("db.test: only IPv4 addresses, which pool_address_family=ipv6 leaves out"));
    }
    SECTION("its question fails") {
        f.server.set(asked, aaaa, dns_reply::code(2));
        f.start();
        CHECK_THAT(f.log.next_error(), contains("db.test: AAAA: SERVFAIL"));
    }
    SECTION("the other one's question fails") {
        f.server.set(asked, a, dns_reply::code(2));
        f.server.set(asked, aaaa, dns_reply().aaaa("fd00::1"));
        f.start();
        CHECK(texts(f.log.next_set()) == names{"[fd00::1]:5432"});
        CHECK(texts(f.log.next_set()) == names{"[fd00::1]:5432"});
    }
}

TEST_CASE("each name of a list has its own family, and addresses that the user wrote are never left out") {
    fixture f;
    f.server.set("one.test", a, dns_reply().a("127.0.0.11"));
    f.server.set("one.test", aaaa, dns_reply().aaaa("fd00::11"));
    f.server.set("two.test", aaaa, dns_reply().aaaa("fd00::12"));
    // What one name leaves out and another one uses is used.
    f.server.set("three.test", a, dns_reply().a("127.0.0.13"));
    f.server.set("three.test", aaaa, dns_reply().aaaa("fd00::12"));
    SECTION("auto") {
        f.start({{"one.test.", "", 1},
                 {"two.test.", "", 1},
                 {"three.test.", "", 1},
                 {"fd00::99", "", 1},
                 {"10.0.0.99", "", 1},
                 {"host.test", "fd00::98", 1}});
        const auto answer = f.log.next_set();
        CHECK(texts(answer) == names{"10.0.0.99:1", "127.0.0.11:1", "127.0.0.13:1", "[fd00::12]:1",
                                     "[fd00::98]:1", "[fd00::99]:1"});
        CHECK(left_out(answer) == names{"[fd00::11]:1"});
    }
    SECTION("ipv4") {
        f.settings.address_family = address_family::ipv4;
        f.start({{"one.test.", "", 1}, {"fd00::99", "", 1}, {"host.test", "fd00::98", 1}});
        CHECK(texts(f.log.next_set()) == names{"127.0.0.11:1", "[fd00::98]:1", "[fd00::99]:1"});
    }
}

TEST_CASE("each target of an SRV answer is one pod, whatever families it has") {
    fixture f;
    f.settings.discovery = discovery_kind::srv;
    const std::string service = "_postgres._tcp.db.test";
    f.server.set(service, srv, dns_reply().srv("pod-0.test", 5432).srv("pod-1.test", 5433));
    f.server.set("pod-0.test", a, dns_reply().a("127.0.0.11"));
    f.server.set("pod-0.test", aaaa, dns_reply().aaaa("fd00::11"));
    f.server.set("pod-1.test", aaaa, dns_reply().aaaa("fd00::12"));
    f.start({{service + ".", "", 0}});
    const auto answer = f.log.next_set();
    CHECK(texts(answer) == names{"127.0.0.11:5432", "[fd00::12]:5433"});
    CHECK(left_out(answer) == names{"[fd00::11]:5432"});
}
