// SPDX-License-Identifier: BSL-1.0
#include "discovery/dns_refresher.hpp"

#include "probe.hpp"
#include "support/child_process.hpp"
#include "support/dns_responder.hpp"

#include <filesystem>

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;
using names = std::vector<std::string>;

namespace {

constexpr auto a = dns_reply::type_a;
constexpr auto aaaa = dns_reply::type_aaaa;

/// A name server, system files of its own, and a refresher that uses both.
struct fixture {
    std::string directory = make_temporary_directory("podpool-names-");
    detail::system_files files{directory + "/resolv.conf", directory + "/hosts"};
    dns_responder server;
    update_log log;
    background_context background;
    options settings = ask(server.address());
    std::shared_ptr<detail::dns_refresher> refresher;

    fixture() {
        settings.dns_refresh = 1s;
        write_text(files.resolv_conf,
                   "search prod.svc.cluster.local svc.cluster.local evil.example\nnameserver 127.0.0.1\n"
                   "options ndots:5\n");
        write_text(files.hosts, "127.0.0.1 localhost\n");
    }
    fixture(const fixture&) = delete;
    fixture& operator=(const fixture&) = delete;
    ~fixture() {
        if (refresher != nullptr) refresher->stop();
        background.finish();
        std::filesystem::remove_all(directory);
    }

    void start(const std::string& host) {
        const std::vector<discovery_target> targets{{host, "", 5432}};
        refresher = std::make_shared<detail::dns_refresher>(background.context().get_executor(), targets,
                                                            settings, files);
        refresher->start(log.listener());
    }
};

}  // namespace

TEST_CASE("a name with a dot is never asked for with the search list, also when it doesn't exist") {
    fixture f;
    f.server.set("db.prod.svc.cluster.local", a, dns_reply().a("10.0.0.1"));
    f.server.set("db.prod.evil.example", a, dns_reply().a("6.6.6.6"));
    f.start("db.prod");
    CHECK_THAT(f.log.next_error(), contains("db.prod: NXDOMAIN") && contains("asked for as it is"));
    for (const auto& one : f.server.asked()) CHECK(one.name == "db.prod");
}

TEST_CASE("a name without a dot is found along the search list, as in a pod of its namespace") {
    fixture f;
    f.server.set("db.prod.svc.cluster.local", a, dns_reply().a("10.0.0.1"));
    f.start("db");
    const auto answer = f.log.next_set();
    CHECK(texts(answer) == names{"10.0.0.1:5432"});
    CHECK(answer.endpoints.at(0).host == "db");
    for (const auto& one : f.server.asked()) CHECK(one.name == "db.prod.svc.cluster.local");
}

TEST_CASE("a name without a dot that once had endpoints never leads further down the search list") {
    fixture f;
    f.server.set("db.prod.svc.cluster.local", a, dns_reply().a("10.0.0.1"));
    f.server.set("db.evil.example", a, dns_reply().a("6.6.6.6"));
    f.start("db");
    f.log.next_set();
    f.server.remove("db.prod.svc.cluster.local");
    auto update =
        f.log.skip_until([](const auto& one) { return std::holds_alternative<discovery_error>(one); });
    CHECK_THAT(std::get<discovery_error>(update).message, contains("db.prod.svc.cluster.local: NXDOMAIN"));
    CHECK(f.server.count("db.evil.example", a) == 0);
}

TEST_CASE("a server that fails isn't taken for a name that doesn't exist: the search stops") {
    fixture f;
    f.server.set("db.prod.svc.cluster.local", a, dns_reply::code(2));
    f.server.set("db.prod.svc.cluster.local", aaaa, dns_reply::code(2));
    f.server.set("db.evil.example", a, dns_reply().a("6.6.6.6"));
    f.start("db");
    CHECK_THAT(f.log.next_error(), contains("SERVFAIL"));
    CHECK(f.server.count("db.evil.example", a) == 0);
}

TEST_CASE("a name without a dot that is nowhere is an error that lists what was asked for") {
    fixture f;
    f.start("db");
    CHECK_THAT(f.log.next_error(),
               contains("NXDOMAIN") && contains("db.prod.svc.cluster.local, db.svc.cluster.local, "
                                                "db.evil.example, db"));
}

TEST_CASE("with ndots:0, as in Docker, a name without a dot is asked for as it is first") {
    fixture f;
    write_text(f.files.resolv_conf, "search corp.example\nnameserver 127.0.0.11\noptions ndots:0\n");
    f.server.set("db", a, dns_reply().a("172.18.0.2", 600));
    f.server.set("db.corp.example", a, dns_reply().a("6.6.6.6"));
    f.start("db");
    const auto answer = f.log.next_set();
    CHECK(texts(answer) == names{"172.18.0.2:5432"});
    CHECK(answer.ttl == 600s);
    CHECK(f.server.count("db.corp.example", a) == 0);
}

TEST_CASE("the hosts file is read for names without a dot, at each refresh, and for no others") {
    fixture f;
    write_text(f.files.hosts, "10.0.0.7 db\nfd00::7 db\n10.0.0.8 db.example\n");
    SECTION("without a dot") {
        f.start("db");
        const auto answer = f.log.next_set();
        CHECK(texts(answer) == names{"10.0.0.7:5432", "[fd00::7]:5432"});
        CHECK_FALSE(answer.ttl.has_value());
        CHECK(f.server.asked().empty());
        write_text(f.files.hosts, "10.0.0.9 db\n");
        f.log.skip_until([](const auto& update) { return is_set_of(update, {"10.0.0.9:5432"}); });
    }
    SECTION("with a dot") {
        f.server.set("db.example", a, dns_reply().a("10.0.0.1"));
        f.start("db.example");
        CHECK(texts(f.log.next_set()) == names{"10.0.0.1:5432"});
    }
}

TEST_CASE("a name server in resolv.conf that has gone is replaced by the one that came") {
    fixture f;
    // Port 53 of an address where nobody listens; then the file names no server that answers either, but
    // the search list that it brings shows that it was read again.
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
