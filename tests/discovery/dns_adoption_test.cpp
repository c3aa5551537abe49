// SPDX-License-Identifier: BSL-1.0
// Which of the names in question a pool keeps, and for how long.
#include "names_fixture.hpp"

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;
using names = std::vector<std::string>;

namespace {

constexpr auto a = dns_reply::type_a;
constexpr auto aaaa = dns_reply::type_aaaa;
constexpr auto srv = dns_reply::type_srv;

/// A machine whose search list ends in a domain that has an address for every name.
struct wildcard_fixture : names_fixture {
    explicit wildcard_fixture(int ndots) {
        write_text(files.resolv_conf,
                   "search app.example corp.example last.example\nnameserver 127.0.0.1\n"
                   "options ndots:" +
                       std::to_string(ndots) + "\n");
        server.set("db.corp.example", a, dns_reply().a("127.0.0.99"));
        server.set("db.last.example", a, dns_reply().a("127.0.0.98"));
    }
};

}  // namespace

TEST_CASE("a wildcard's answer is replaced as a whole as soon as a name before it has addresses") {
    std::string right;
    int ndots = 0;
    SECTION("the name as it stands, as in Docker") { right = "db"; }
    SECTION("a domain before it") { right = "db.app.example"; }
    SECTION("a domain before it, with ndots 1") {
        right = "db.app.example";
        ndots = 1;
    }
    wildcard_fixture f(ndots);
    f.start("db");
    auto answer = f.log.next_set();
    CHECK(texts(answer) == names{"127.0.0.99:5432"});
    CHECK(answer.removal == removal_kind::tentative);
    f.server.set(right, a, dns_reply().a("127.0.0.11"));
    answer = f.skip_to({"127.0.0.11:5432"});
    CHECK(answer.removal == removal_kind::authoritative);
    // It stays so: the wildcard isn't asked any more, and later sets are as any.
    const auto asked = f.server.count("db.corp.example", a);
    f.server.set(right, a, dns_reply().a("127.0.0.12"));
    CHECK(f.skip_to({"127.0.0.12:5432"}).removal == removal_kind::tentative);
    f.server.remove(right);
    f.skip_to_error();
    CHECK(f.server.count("db.corp.example", a) == asked);
    CHECK(f.server.count("db.last.example", a) == 0);
}

TEST_CASE("the hosts file replaces what DNS had, and once it was used DNS is never asked") {
    wildcard_fixture f(1);
    f.start("db");
    f.log.next_set();
    write_text(f.files.hosts, "127.0.0.11 db\n");
    CHECK(f.skip_to({"127.0.0.11:5432"}).removal == removal_kind::authoritative);
    write_text(f.files.hosts, "127.0.0.1 localhost\n");
    CHECK_THAT(f.skip_to_error(), contains("db: not in " + f.files.hosts));
    // Not sooner: when the hosts file won, the names after it had just been asked beside it.
    const auto asked = f.server.asked().size();
    f.skip_to_error();
    f.skip_to_error();
    CHECK(f.server.asked().size() == asked);
}

TEST_CASE("a name that was adopted never leads further, when it is gone, empty or fails") {
    names_fixture f;
    f.server.set("db.prod.svc.cluster.local", a, dns_reply().a("10.0.0.1"));
    f.server.set("db.svc.cluster.local", a, dns_reply().a("6.6.6.6"));
    f.server.set("db.evil.example", a, dns_reply().a("6.6.6.6"));
    f.server.set("db", a, dns_reply().a("6.6.6.6"));
    SECTION("auto") { f.settings.dns_search = dns_search_mode::automatic; }
    SECTION("system") { f.settings.dns_search = dns_search_mode::system; }
    SECTION("off") { f.settings.dns_search = dns_search_mode::off; }
    f.start("db");
    CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432"});
    // Scaled to zero.
    f.server.remove("db.prod.svc.cluster.local");
    CHECK_THAT(f.skip_to_error(), contains("db.prod.svc.cluster.local: NXDOMAIN"));
    f.server.set("db.prod.svc.cluster.local", a, dns_reply::code(0));
    CHECK_THAT(f.skip_to_error(), contains("db.prod.svc.cluster.local: no A record"));
    f.server.set("db.prod.svc.cluster.local", a, dns_reply::code(2));
    f.server.set("db.prod.svc.cluster.local", aaaa, dns_reply::code(2));
    CHECK_THAT(f.skip_to_error(), contains("db.prod.svc.cluster.local"));
    CHECK(f.asked_names() == names{"db.prod.svc.cluster.local"});
}

TEST_CASE("the error of an adopted name lists what is asked beside it, in order") {
    wildcard_fixture f(0);
    f.start("db");
    f.log.next_set();
    f.server.remove("db.corp.example");
    CHECK_THAT(f.skip_to_error(),
               contains("db.corp.example: NXDOMAIN") &&
                   contains("(asked: " + f.files.hosts + ", db, db.app.example, db.corp.example)"));
    CHECK(f.server.count("db.last.example", a) == 0);
}

TEST_CASE("the name before the adopted one that fails costs nothing, and keeps nothing waiting for long") {
    wildcard_fixture f(0);
    f.start("db");
    f.log.next_set();
    // A silent server is asked once a second. In two rounds, one of them under way now, that is 4 times;
    // without the limit of 1 s it would be 5 times in each round.
    std::size_t most_tries = 100;
    SECTION("SERVFAIL") {
        f.server.set("db", a, dns_reply::code(2));
        f.server.set("db", aaaa, dns_reply::code(2));
    }
    SECTION("silence") {
        f.server.set("db", a, dns_reply::silence());
        f.server.set("db", aaaa, dns_reply::silence());
        most_tries = 4;
    }
    const auto asked = f.server.count("db", a);
    f.server.set("db.corp.example", a, dns_reply().a("127.0.0.97"));
    const auto answer = f.skip_to({"127.0.0.97:5432"});
    CHECK(f.server.count("db", a) <= asked + most_tries);
    CHECK(answer.removal == removal_kind::tentative);
    REQUIRE(eventually([&] { return f.server.count("db", a) > asked + 1; }));
    // Nothing of it is told as an error.
    CHECK(texts(f.log.next_set()) == names{"127.0.0.97:5432"});
}

TEST_CASE("of several names that come at once the first in order wins") {
    wildcard_fixture f(0);
    f.start("db");
    f.log.next_set();
    f.server.hold();
    f.server.set("db", a, dns_reply().a("127.0.0.11"));
    f.server.set("db.app.example", a, dns_reply().a("127.0.0.12"));
    f.server.release();
    CHECK(f.skip_to({"127.0.0.11:5432"}).removal == removal_kind::authoritative);
    CHECK(f.server.count("db.last.example", a) == 0);
}

TEST_CASE("until something is adopted the whole list is walked at each refresh") {
    wildcard_fixture f(0);
    f.server.remove("db.corp.example");
    f.server.remove("db.last.example");
    f.start("db");
    f.log.next_error();
    f.server.set("db.last.example", a, dns_reply().a("127.0.0.98"));
    f.skip_to({"127.0.0.98:5432"});
    f.server.set("db.corp.example", a, dns_reply().a("127.0.0.99"));
    CHECK(f.skip_to({"127.0.0.99:5432"}).removal == removal_kind::authoritative);
}

TEST_CASE("each name of a list is adopted by itself") {
    wildcard_fixture f(0);
    f.server.set("other.corp.example", a, dns_reply().a("127.0.0.97"));
    f.start_all({"db", "other"});
    CHECK(texts(f.log.next_set()) == names{"127.0.0.97:5432", "127.0.0.99:5432"});
    f.server.set("db", a, dns_reply().a("127.0.0.11"));
    CHECK(f.skip_to({"127.0.0.11:5432", "127.0.0.97:5432"}).removal == removal_kind::authoritative);
}

TEST_CASE("an SRV name that was found further down is replaced, too") {
    names_fixture f;
    f.settings.discovery = discovery_kind::srv;
    write_text(f.files.resolv_conf, "search app.example corp.example\nnameserver 127.0.0.1\n");
    f.server.set("_pg._tcp.db.corp.example", srv, dns_reply().srv("wild.example", 1));
    f.server.set("wild.example", a, dns_reply().a("127.0.0.99"));
    f.server.set("pod.example", a, dns_reply().a("127.0.0.11"));
    f.start("_pg._tcp.db");
    f.skip_to({"127.0.0.99:1"});
    f.server.set("_pg._tcp.db.app.example", srv, dns_reply().srv("pod.example", 2));
    CHECK(f.skip_to({"127.0.0.11:2"}).removal == removal_kind::authoritative);
    f.server.remove("_pg._tcp.db.app.example");
    CHECK_THAT(f.skip_to_error(), contains("_pg._tcp.db.app.example: NXDOMAIN"));
}
