// SPDX-License-Identifier: BSL-1.0
#include "probe.hpp"
#include "support/real_dns_server.hpp"

#include <podpool/discovery/dns_source.hpp>

#include <iostream>

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;
using names = std::vector<std::string>;

namespace {

const std::string name = "db.prod.svc.cluster.local";

/// Says in one line why a test can't run here.
bool can_run() {
    static const std::string why = [] {
        std::string missing;
        return real_dns_server::available(missing) ? std::string() : missing;
    }();
    if (!why.empty()) std::cout << "skipped: " << why << '\n';
    return why.empty();
}

struct fixture {
    real_dns_server server;
    update_log log;
    background_context background;
    options settings = ask(server.address());

    fixture() { settings.dns_refresh = 1s; }

    std::unique_ptr<dns_source> start(const std::vector<discovery_target>& targets = {{name, "", 5432}}) {
        auto source = std::make_unique<dns_source>(background.context().get_executor(), targets, settings);
        source->start(log.listener());
        return source;
    }
};

names pods(int count) {
    names result;
    for (int i = 0; i < count; ++i) {
        result.push_back("10.9." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1));
    }
    return result;
}

names endpoints(int count) {
    names result = pods(count);
    for (auto& one : result) one += ":5432";
    return result;
}

}  // namespace

TEST_CASE("a real server: three pods, scale-up to five, scale-down to two") {
    if (!can_run()) return;
    fixture f;
    f.server.set_records(name, pods(3));
    const auto source = f.start();
    auto answer = f.log.next_set();
    std::sort(answer.endpoints.begin(), answer.endpoints.end(),
              [](const auto& x, const auto& y) { return x.where < y.where; });
    CHECK(texts(answer) == endpoints(3));
    CHECK(answer.ttl == 5s);
    f.server.set_records(name, pods(5));
    f.log.skip_until([](const auto& update) { return is_set_of(update, endpoints(5)); });
    f.server.set_records(name, pods(2));
    f.log.skip_until([](const auto& update) { return is_set_of(update, endpoints(2)); });
}

TEST_CASE("a real server: 300 pods come over TCP, 60 in one UDP packet") {
    if (!can_run()) return;
    fixture f;
    int count = 0;
    SECTION("300") { count = 300; }
    SECTION("60") { count = 60; }
    f.server.set_records(name, pods(count));
    const auto source = f.start();
    CHECK(is_set_of(f.log.next(), endpoints(count)));
}

TEST_CASE("a real server: both families, a TTL of 0 and a CNAME") {
    if (!can_run()) return;
    fixture f;
    f.settings.address_family = address_family::both;
    f.server.set_records("pods.svc.cluster.local", {"10.0.0.1", "fd00::1"}, 0s);
    f.server.set_lines(name, {"30 CNAME pods.svc.cluster.local."});
    const auto source = f.start();
    const auto answer = f.log.next_set();
    CHECK(texts(answer) == names{"10.0.0.1:5432", "[fd00::1]:5432"});
    CHECK(answer.ttl == 0s);
    CHECK(answer.next_refresh == std::chrono::nanoseconds(1s));
}

TEST_CASE("a real server: SRV records and their pods") {
    if (!can_run()) return;
    fixture f;
    f.settings.discovery = discovery_kind::srv;
    int count = 0;
    SECTION("with the addresses in the answer") { count = 3; }
    SECTION("so many that it is truncated") { count = 100; }
    names lines;
    for (int i = 0; i < count; ++i) {
        const std::string pod = "pod-" + std::to_string(i) + "." + name;
        lines.push_back("5 SRV 0 1 5432 " + pod + ".");
        f.server.set_records(pod, {pods(count)[static_cast<std::size_t>(i)]});
    }
    f.server.set_lines("_postgres._tcp." + name, lines);
    const auto source = f.start({{"_postgres._tcp." + name, "", 0}});
    const auto answer = f.log.next_set();
    CHECK(is_set_of(answer, endpoints(count)));
    for (const auto& one : answer.endpoints) CHECK_THAT(one.host, Catch::Matchers::StartsWith("pod-"));
}

TEST_CASE("a real server: no pod left is an error, and the first one that comes is found") {
    if (!can_run()) return;
    fixture f;
    const auto source = f.start();
    CHECK_THAT(f.log.next_error(), contains(name + ": NXDOMAIN from " + f.server.address()));
    f.server.set_records(name, pods(1));
    f.log.skip_until([](const auto& update) { return is_set_of(update, endpoints(1)); });
}

TEST_CASE("a real server: stopped it is an error that takes no endpoint away, started again it is good") {
    if (!can_run()) return;
    fixture f;
    f.server.set_records(name, pods(3));
    const auto source = f.start();
    CHECK(is_set_of(f.log.next(), endpoints(3)));
    f.server.stop();
    auto update =
        f.log.skip_until([](const auto& one) { return std::holds_alternative<discovery_error>(one); });
    CHECK_THAT(std::get<discovery_error>(update).message, contains(f.server.address()));
    // As long as it is down nothing else is published: the pool keeps what it has.
    CHECK_THAT(f.log.next_error(), contains("connection refused"));
    f.server.set_records(name, pods(4));
    f.server.start();
    f.log.skip_until([](const auto& one) { return is_set_of(one, endpoints(4)); });
}
