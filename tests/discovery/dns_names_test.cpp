// SPDX-License-Identifier: BSL-1.0
// What a name is looked up as.
#include "names_fixture.hpp"

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;
using names = std::vector<std::string>;

namespace {

constexpr auto a = dns_reply::type_a;
constexpr auto aaaa = dns_reply::type_aaaa;
constexpr auto srv = dns_reply::type_srv;

}  // namespace

TEST_CASE("what operators write into their secrets is found, and TLS verifies it as it is written") {
    names_fixture f;
    std::string host;
    SECTION("the Service") { host = "db"; }
    SECTION("with its namespace") { host = "db.prod"; }
    SECTION("with svc") { host = "db.prod.svc"; }
    SECTION("as a whole") { host = "db.prod.svc.cluster.local"; }
    SECTION("as a whole, with a dot at the end") { host = "db.prod.svc.cluster.local."; }
    f.server.set("db.prod.svc.cluster.local", a, dns_reply().a("10.0.0.1"));
    f.server.set(host, a, dns_reply().a("6.6.6.6"));
    f.server.set("db.prod.svc.cluster.local", a, dns_reply().a("10.0.0.1"));
    f.server.set("db.evil.example", a, dns_reply().a("6.6.6.6"));
    f.start(host);
    const auto answer = f.log.next_set();
    CHECK(texts(answer) == names{"10.0.0.1:5432"});
    CHECK(answer.endpoints.at(0).host == (host.ends_with('.') ? "db.prod.svc.cluster.local" : host));
    CHECK(answer.removal == removal_kind::tentative);
    CHECK(f.asked_names().back() == "db.prod.svc.cluster.local");
}

TEST_CASE("in another cluster domain and with other ndots a Service is found as well") {
    names_fixture f;
    int ndots = 0;
    SECTION("ndots 0") { ndots = 0; }
    SECTION("ndots 1") { ndots = 1; }
    SECTION("ndots 5") { ndots = 5; }
    write_text(f.files.resolv_conf,
               "search app.svc.k8s.corp svc.k8s.corp k8s.corp corp\nnameserver 127.0.0.1\n"
               "options ndots:" +
                   std::to_string(ndots) + "\n");
    f.server.set("db.prod", a, dns_reply().a("6.6.6.6"));
    f.server.set("db.prod.corp", a, dns_reply().a("6.6.6.6"));
    f.server.set("db.prod.svc.k8s.corp", a, dns_reply().a("10.0.0.1"));
    f.start("db.prod");
    CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432"});
    CHECK(f.asked_names() == names{"db.prod.app.svc.k8s.corp", "db.prod.svc.k8s.corp"});
}

TEST_CASE("a Service without ready pods leads to nobody else, and the error says what was asked and how") {
    names_fixture f;
    f.server.set("db.prod.evil.example", a, dns_reply().a("6.6.6.6"));
    f.server.set("db.prod", a, dns_reply().a("6.6.6.6"));
    f.start("db.prod");
    CHECK_THAT(f.log.next_error(),
               contains("NXDOMAIN") &&
                   contains("(asked: " + f.files.hosts +
                            ", db.prod.prod.svc.cluster.local, db.prod.svc.cluster.local, "
                            "db.prod.cluster.local; outside of the cluster it would be `db.prod.`)"));
    // It comes up later, and nothing else was ever asked.
    f.server.set("db.prod.svc.cluster.local", a, dns_reply().a("10.0.0.1"));
    f.skip_to({"10.0.0.1:5432"});
    CHECK(f.asked_names() ==
          names{"db.prod.prod.svc.cluster.local", "db.prod.svc.cluster.local", "db.prod.cluster.local"});
}

TEST_CASE("a name from outside is found in a cluster as it stands, after the cluster's domains") {
    names_fixture f;
    f.server.set("db.corp.example", a, dns_reply().a("10.0.0.1"));
    f.server.set("db.corp.example.evil.example", a, dns_reply().a("6.6.6.6"));
    f.start("db.corp.example");
    CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432"});
    CHECK(f.asked_names() == names{"db.corp.example.prod.svc.cluster.local",
                                   "db.corp.example.svc.cluster.local", "db.corp.example.cluster.local",
                                   "db.corp.example"});
}

TEST_CASE("a dot at the end, or pool_dns_search=off, means exactly this name, hosts file left out") {
    names_fixture f;
    write_text(f.files.hosts, "6.6.6.6 db.prod\n");
    f.server.set("db.prod.svc.cluster.local", a, dns_reply().a("6.6.6.6"));
    std::string host = "db.prod.";
    SECTION("a dot") {}
    SECTION("off") {
        host = "db.prod";
        f.settings.dns_search = dns_search_mode::off;
    }
    f.start(host);
    CHECK_THAT(f.log.next_error(), contains("db.prod: NXDOMAIN") && !contains("asked"));
    f.server.set("db.prod", a, dns_reply().a("10.0.0.1"));
    CHECK(f.skip_to({"10.0.0.1:5432"}).endpoints.at(0).host == "db.prod");
    CHECK(f.asked_names() == names{"db.prod"});
}

TEST_CASE("pool_dns_search=system goes down the whole list, in a cluster, too, and says so") {
    names_fixture f;
    f.settings.dns_search = dns_search_mode::system;
    f.start("db.prod");
    CHECK_THAT(f.log.next_error(),
               contains("db.prod: NXDOMAIN") &&
                   contains(", db.prod.prod.svc.cluster.local, db.prod.svc.cluster.local, "
                            "db.prod.cluster.local, db.prod.evil.example, db.prod)"));
    f.server.set("db.prod.evil.example", a, dns_reply().a("10.0.0.1"));
    f.skip_to({"10.0.0.1:5432"});
}

TEST_CASE("outside of a cluster ndots says whether a name is asked as it stands first") {
    names_fixture f;
    f.server.set("db.prod", a, dns_reply().a("10.0.0.1"));
    f.server.set("db.prod.corp.example", a, dns_reply().a("10.0.0.2"));
    SECTION("it has enough dots") {
        write_text(f.files.resolv_conf, "search corp.example\nnameserver 127.0.0.1\n");
        f.start("db.prod");
        CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432"});
        CHECK(f.asked_names() == names{"db.prod"});
    }
    SECTION("it hasn't") {
        write_text(f.files.resolv_conf, "search corp.example\nnameserver 127.0.0.1\noptions ndots:2\n");
        f.start("db.prod");
        CHECK(texts(f.log.next_set()) == names{"10.0.0.2:5432"});
        CHECK(f.asked_names() == names{"db.prod.corp.example"});
    }
}

TEST_CASE("with ndots:0, as in Docker, a name without a dot is asked for as it is first") {
    names_fixture f;
    write_text(f.files.resolv_conf, "search corp.example\nnameserver 127.0.0.11\noptions ndots:0\n");
    f.server.set("db", a, dns_reply().a("172.18.0.2", 600));
    f.server.set("db.corp.example", a, dns_reply().a("6.6.6.6"));
    f.start("db");
    const auto answer = f.log.next_set();
    CHECK(texts(answer) == names{"172.18.0.2:5432"});
    CHECK(answer.ttl == 600s);
    CHECK(f.server.count("db.corp.example", a) == 0);
}

TEST_CASE("a server that fails or is silent isn't taken for a name that doesn't exist: the search stops") {
    names_fixture f;
    f.server.set("db.svc.cluster.local", a, dns_reply().a("6.6.6.6"));
    SECTION("SERVFAIL") {
        f.server.set("db.prod.svc.cluster.local", a, dns_reply::code(2));
        f.server.set("db.prod.svc.cluster.local", aaaa, dns_reply::code(2));
        f.start("db");
        CHECK_THAT(f.log.next_error(), contains("db.prod.svc.cluster.local: A and AAAA: SERVFAIL") &&
                                           contains(", db.prod.svc.cluster.local)"));
    }
    SECTION("silence") {
        f.settings.connect_timeout = 300ms;
        f.server.set("db.prod.svc.cluster.local", a, dns_reply::silence());
        f.server.set("db.prod.svc.cluster.local", aaaa, dns_reply::silence());
        f.start("db");
        CHECK_THAT(f.log.next_error(), contains("db.prod.svc.cluster.local: A and AAAA: no answer"));
    }
    SECTION("half an answer") {
        f.server.set("db.prod.svc.cluster.local", a, dns_reply::code(2));
        f.server.set("db.prod.svc.cluster.local", aaaa, dns_reply::code(0));
        f.start("db");
        CHECK_THAT(f.log.next_error(), contains("db.prod.svc.cluster.local: A: SERVFAIL"));
    }
    CHECK(f.server.count("db.svc.cluster.local", a) == 0);
}

TEST_CASE("an empty answer leads on as a name that doesn't exist does") {
    names_fixture f;
    f.server.set("db.prod.prod.svc.cluster.local", a, dns_reply::code(0));
    f.server.set("db.prod.svc.cluster.local", a, dns_reply().a("10.0.0.1"));
    f.start("db.prod");
    CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432"});
}

TEST_CASE("the hosts file comes first, for names with dots, too, and is read at each refresh") {
    names_fixture f;
    std::string host;
    SECTION("without a dot") { host = "db"; }
    SECTION("with dots, as in Compose's extra_hosts") { host = "host.docker.internal"; }
    SECTION("a whole name, as in Kubernetes' hostAliases") { host = "db.prod.svc.cluster.local"; }
    write_text(f.files.hosts, "127.0.0.7 " + host + "\n127.0.0.8 " + host + "\n::1 " + host + "\n");
    f.server.set(host, a, dns_reply().a("6.6.6.6"));
    f.start(host);
    const auto answer = f.log.next_set();
    CHECK(texts(answer) == names{"127.0.0.7:5432", "127.0.0.8:5432"});
    CHECK(answer.left_out == std::vector<endpoint>{{"::1", 5432}});
    CHECK_FALSE(answer.ttl.has_value());
    CHECK(answer.endpoints.at(0).host == host);
    write_text(f.files.hosts, "127.0.0.9 " + host + "\n");
    f.skip_to({"127.0.0.9:5432"});
    CHECK(f.server.asked().empty());
}

TEST_CASE("SRV names are looked for by the same rules, but for the hosts file") {
    names_fixture f;
    f.settings.discovery = discovery_kind::srv;
    write_text(f.files.hosts, "6.6.6.6 _postgres._tcp.db.prod\n");
    f.server.set("_postgres._tcp.db.prod.evil.example", srv, dns_reply().srv("evil.example", 1));
    f.server.set("_postgres._tcp.db.prod", srv, dns_reply().srv("evil.example", 1));
    f.server.set("pod-0.db.prod.svc.cluster.local", a, dns_reply().a("10.0.0.1"));
    f.start("_postgres._tcp.db.prod");
    CHECK_THAT(f.log.next_error(),
               contains("(asked: _postgres._tcp.db.prod.prod.svc.cluster.local, "
                        "_postgres._tcp.db.prod.svc.cluster.local, _postgres._tcp.db.prod.cluster.local;"));
    f.server.set("_postgres._tcp.db.prod.svc.cluster.local", srv,
                 dns_reply().srv("pod-0.db.prod.svc.cluster.local", 5433));
    const auto answer = f.skip_to({"10.0.0.1:5433"});
    CHECK(answer.endpoints.at(0).host == "pod-0.db.prod.svc.cluster.local");
    CHECK(f.server.count("_postgres._tcp.db.prod", srv) == 0);
    CHECK(f.server.count("_postgres._tcp.db.prod.evil.example", srv) == 0);
}

TEST_CASE("a name server in resolv.conf that has gone is replaced by the one that came") {
    names_fixture f;
    // Port 53 of an address where nobody listens; then the file names no server that answers either, but
    // the error that names it shows that it was read again.
    f.settings.dns_servers.clear();
    write_text(f.files.resolv_conf, "nameserver 127.99.99.1\n");
    f.start("db.example");
    CHECK_THAT(f.log.next_error(), contains("127.99.99.1:53: connection refused"));
    write_text(f.files.resolv_conf, "nameserver 127.99.99.2\n");
    f.log.skip_until([](const auto& update) {
        const auto* problem = std::get_if<discovery_error>(&update);
        return problem != nullptr && problem->message.find("127.99.99.2:53") != std::string::npos;
    });
}

TEST_CASE("a Service with one address, which may be a cluster IP, is remarked on") {
    names_fixture f;
    dns_reply reply = dns_reply().a("10.96.0.7");
    std::string host = "db.prod";
    std::string expected =
        "`db.prod.svc.cluster.local` has one address only, 10.96.0.7: if that is the Service's cluster IP, "
        "podpool "
        "can't balance behind it; expected a headless Service (clusterIP: None) or pool_discovery=kubernetes";
    SECTION("one address") {}
    SECTION("the whole name") { host = "db.prod.svc.cluster.local"; }
    SECTION("two addresses") {
        reply.a("10.96.0.8");
        expected.clear();
    }
    SECTION("a pod's own name") {
        host = "db-0.db.prod";
        expected.clear();
    }
    SECTION("a name outside of the cluster") {
        host = "db.example.org";
        expected.clear();
    }
    f.server.set("db.prod.svc.cluster.local", a, reply);
    f.server.set("db-0.db.prod.svc.cluster.local", a, reply);
    f.server.set("db.example.org", a, reply);
    f.start(host);
    CHECK(f.log.next_set().remark == expected);
}
