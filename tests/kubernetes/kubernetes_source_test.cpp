// SPDX-License-Identifier: BSL-1.0
// What a pool is told: sets, errors, and DNS in place of an API server that can't be had.
#include "discovery/probe.hpp"

#include "api_server_support.hpp"
#include "discovery/kubernetes/answer_object.hpp"
#include "discovery/kubernetes/kubernetes_relay.hpp"
#include "discovery/kubernetes/slice_reader.hpp"
#include "gate.hpp"

#include <podpool/detail/clock.hpp>
#include <podpool/discovery/kubernetes_source.hpp>
#include <podpool/discovery/make_source.hpp>
#include <podpool/error.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <optional>

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;
using podpool::detail::kubernetes_relay;
using podpool::detail::relay_plan;
using podpool::detail::service_key;
using podpool::detail::service_report;
using podpool::detail::service_watch;
using podpool::detail::slice_set;
using exchange = fake_api_server::exchange;
using names = std::vector<std::string>;

namespace {

/// A source of answers that a test makes.
class scripted_source final : public discovery_source {
public:
    struct doings {
        std::function<void(discovery_update)> listener;
        std::atomic<int> starts = 0;
        std::atomic<int> refreshes = 0;
        std::atomic<int> stops = 0;
    };

    explicit scripted_source(std::shared_ptr<doings> done) : done_(std::move(done)) {}
    void start(std::function<void(discovery_update)> listener) override {
        done_->listener = std::move(listener);
        ++done_->starts;
    }
    void refresh() override { ++done_->refreshes; }
    void stop() noexcept override { ++done_->stops; }

private:
    std::shared_ptr<doings> done_;
};

endpoint_set set_of_dns(const std::string& address) {
    endpoint_set answer;
    answer.source = "dns";
    answer.endpoints.emplace_back(endpoint(address, 5432), "db.prod");
    return answer;
}

slice_set slices_of(const std::string& json) {
    slice_set set;
    const auto value = podpool::detail::parse_answer(json);
    podpool::detail::slice_change change;
    change.slice = podpool::detail::read_slice(podpool::detail::answer_object(value));
    set.apply(change);
    return set;
}

service_watch::report report(const std::optional<std::string>& slice, const std::string& problem = {}) {
    service_report news;
    if (slice) news.slices = std::make_shared<const slice_set>(slices_of(*slice));
    news.problem = problem;
    news.asked_since = podpool::detail::clock_now();
    return std::make_shared<const service_report>(std::move(news));
}

/// The same slices, while the API server can't be had.
service_watch::report with_problem(const service_watch::report& before, const std::string& problem) {
    service_report news = *before;
    news.problem = problem;
    return std::make_shared<const service_report>(std::move(news));
}

relay_plan plan(const std::string& zone = {}, const std::string& own_zone = {},
                const std::string& node = {}) {
    return {"prod/db",
            "https://api:443",
            "db.prod",
            podpool::detail::member_rules{{}, {}, 5432, {}},
            podpool::detail::zone_rule(zone, own_zone, node),
            10s};
}

/// A relay that is told by the test, on an executor of its own.
struct relayed {
    explicit relayed(relay_plan wanted = plan(), bool with_fallback = false)
        : relay(std::make_shared<kubernetes_relay>(
              background.context().get_executor(), std::move(wanted),
              with_fallback ? std::make_unique<scripted_source>(fallback) : nullptr)) {
        relay->start(log.listener());
    }
    ~relayed() { relay->stop(); }

    update_log log;
    background_context background;
    std::shared_ptr<scripted_source::doings> fallback = std::make_shared<scripted_source::doings>();
    std::shared_ptr<kubernetes_relay> relay;
};

relay_plan impatient_plan() {
    relay_plan wanted = plan();
    wanted.answer_patience = 0s;
    return wanted;
}

std::string pod(const std::string& address, const std::string& uid, const std::string& zone,
                const std::string& hints = {}) {
    return R"({"addresses":[")" + address +
           R"("],"conditions":{"ready":true,"serving":true,"terminating":false},)" +
           R"("targetRef":{"kind":"Pod","name":")" + uid + R"(","uid":")" + uid + R"("},"nodeName":"node-)" +
           zone + R"(","zone":")" + zone + "\"" + (hints.empty() ? "" : ",\"hints\":" + hints) + "}";
}

const endpoint_info& endpoint_at(const endpoint_set& answer, const std::string& address) {
    for (const endpoint_info& each : answer.endpoints) {
        if (each.where.address == address) return each;
    }
    throw std::runtime_error("no endpoint " + address);
}

/// Options for a source that asks this server.
options asking(const fake_api_server& server) {
    options settings;
    settings.discovery = discovery_kind::kubernetes;
    settings.kubernetes_api = "http://127.0.0.1:" + std::to_string(server.port());
    settings.kubernetes_fallback = kubernetes_fallback::none;
    return settings;
}

}  // namespace

TEST_CASE("a source tells the pods of its Service, and each change") {
    fake_api_server server;
    gate go_on;
    server.then([&](exchange& with) {
        with.begin_watch();
        for (const std::string& each : list_of_one()) with.event(each);
        (void)go_on.pass();
        with.event(recorded::modified());
        with.hold();
    });
    update_log log;
    background_context background;
    auto source = make_discovery_source(background.context().get_executor(),
                                        {{"db.prod.svc.cluster.local.", "", 5432}}, asking(server));
    source->start(log.listener());
    const endpoint_set first = log.next_set();
    CHECK(first.source == "kubernetes");
    CHECK(first.removal == removal_kind::authoritative);
    CHECK_FALSE(first.ttl);
    CHECK_FALSE(first.next_refresh);
    CHECK_FALSE(first.own_zone);
    REQUIRE(texts(first) == names{"10.77.1.1:5432"});
    const endpoint_info& pod = first.endpoints[0];
    CHECK(pod.host == "db.prod.svc.cluster.local");
    CHECK(pod.ready);
    CHECK(pod.serving);
    CHECK_FALSE(pod.terminating);
    CHECK(pod.zone == "zone-a");
    CHECK(pod.identity == "0a6e8a3b-5d0e-4c39-9c2b-65a1c0a4b0d0");
    CHECK(pod.meant_for.empty());
    go_on.open();
    const endpoint_set second = log.next_set();
    REQUIRE(texts(second) == names{"10.77.1.1:5432", "10.77.1.2:5432"});
    const endpoint_info& leaving = endpoint_at(second, "10.77.1.2");
    CHECK_FALSE(leaving.ready);
    CHECK(leaving.serving);
    CHECK(leaving.terminating);
    source->refresh();
    source->stop();
    background.finish();
    CHECK(log.size() == 0);
    CHECK(server.requests().at(0).has(
        "/namespaces/prod/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Ddb&"));
}

TEST_CASE("two sources of one process ask once") {
    fake_api_server server;
    server.then([](exchange& with) { with.watch(list_of_one()); });
    update_log first_log;
    update_log second_log;
    background_context background;
    const auto executor = background.context().get_executor();
    kubernetes_source first(executor, {"db.prod", "", 5432}, asking(server));
    kubernetes_source second(executor, {"db.prod.svc", "", 5432}, asking(server));
    first.start(first_log.listener());
    CHECK(texts(first_log.next_set()) == names{"10.77.1.1:5432"});
    second.start(second_log.listener());
    CHECK(texts(second_log.next_set()) == names{"10.77.1.1:5432"});
    first.stop();
    CHECK(server.request_count() == 1);
    CHECK(server.open_connections() == 1);
    second.stop();
    CHECK(eventually([&] { return server.open_connections() == 0; }));
}

TEST_CASE("the listener is called on the source's executor, and never after stop") {
    fake_api_server server;
    gate go_on;
    server.then([&](exchange& with) {
        with.begin_watch();
        for (const std::string& each : list_of_one()) with.event(each);
        (void)go_on.pass();
        with.event(recorded::modified());
        with.hold();
    });
    boost::asio::io_context context;
    kubernetes_source source(context.get_executor(), {"db.prod", "", 5432}, asking(server));
    int calls = 0;
    source.start([&](const discovery_update&) {
        ++calls;
        CHECK(context.get_executor().running_in_this_thread());
        source.stop();
        go_on.open();
    });
    CHECK(calls == 0);
    // It runs until the source is stopped, and no longer.
    context.run();
    CHECK(calls == 1);
    CHECK(eventually([&] { return server.open_connections() == 0; }));
    context.restart();
    context.run();
    CHECK(calls == 1);
}

TEST_CASE("a source may be destroyed from inside its listener, and with a report on its way") {
    fake_api_server server;
    server.then([](exchange& with) { with.watch(list_of_one()); });
    server.then([](exchange& with) { with.watch(list_of_one()); });
    boost::asio::io_context context;
    auto source = std::make_unique<kubernetes_source>(context.get_executor(),
                                                      discovery_target{"db.prod", "", 5432}, asking(server));
    source->start([&](const discovery_update&) { source.reset(); });
    context.run();
    CHECK(source == nullptr);
    source = std::make_unique<kubernetes_source>(context.get_executor(),
                                                 discovery_target{"db.prod", "", 5432}, asking(server));
    source->start([](const discovery_update&) { FAIL("it was destroyed"); });
    REQUIRE(eventually([&] { return server.request_count() == 2; }));
    source.reset();
    context.restart();
    context.run();
}

TEST_CASE("a source that was never started, and one on a context that never runs, end in good order") {
    fake_api_server server;
    server.then([](exchange& with) { with.watch(list_of_one()); });
    boost::asio::io_context context;
    {
        const kubernetes_source idle(context.get_executor(), {"db.prod", "", 5432}, asking(server));
    }
    CHECK(server.request_count() == 0);
    kubernetes_source source(context.get_executor(), {"db.prod", "", 5432}, asking(server));
    source.start([](const discovery_update&) {});
    REQUIRE(eventually([&] { return server.request_count() == 1; }));
}

TEST_CASE("what a source can't do is said when it is made") {
    const fake_api_server server;
    boost::asio::io_context context;
    const auto made = [&](const std::vector<discovery_target>& targets, const options& settings) {
        return make_discovery_source(context.get_executor(), targets, settings);
    };
    const std::vector<discovery_target> service{{"db.prod", "", 5432}};
    CHECK(made(service, asking(server)) != nullptr);
    CHECK_THROWS_WITH(made({{"db.prod", "", 5432}, {"other.prod", "", 5432}}, asking(server)),
                      contains("pool_discovery=kubernetes with 2 hosts; expected one Service"));
    CHECK_THROWS_WITH(made({{"10.0.0.1", "", 5432}}, asking(server)), contains("is an IP address"));
    CHECK_THROWS_WITH(made({{"db.prod", "10.0.0.1", 5432}}, asking(server)),
                      contains("`10.0.0.1` beside it"));
    CHECK_THROWS_WITH(made({{"db.prod", "", 0}}, asking(server)), contains("port 0"));
    options settings = asking(server);
    settings.kubernetes_api = "http://10.0.0.1:8001";
    CHECK_THROWS_WITH(made(service, settings), contains("neither encrypted nor on this machine"));
    settings.kubernetes_api.clear();
    CHECK_THROWS_WITH(made(service, settings), contains("KUBERNETES_SERVICE_HOST"));
    settings = asking(server);
    settings.kubernetes_token_file = "/token";
    CHECK_THROWS_WITH(made(service, settings), contains("isn't sent to it"));
    CHECK_THROWS_WITH(made({{"db", "", 5432}}, asking(server)), contains("namespace"));
}

TEST_CASE("a Service without a ready endpoint is a set and an error that counts") {
    relayed f;
    SECTION("it has none at all") {
        f.relay->told(report(recorded::empty_slice("5")));
        CHECK(f.log.next_set().endpoints.empty());
        CHECK(f.log.next_error() ==
              "Service prod/db has no endpoints: there is no such Service, or it selects no pod");
    }
    SECTION("they are terminating") {
        f.relay->told(report(recorded::slice("5", "[" + recorded::db1_terminating + "]")));
        CHECK(texts(f.log.next_set()) == names{"10.77.1.2:5432"});
        CHECK(f.log.next_error() ==
              "Service prod/db has 1 endpoints, of which 0 are ready and 1 terminating");
    }
    // The next set is without an error.
    f.relay->told(report(recorded::slice("6", "[" + recorded::db0 + "]")));
    CHECK(texts(f.log.next_set()) == names{"10.77.1.1:5432"});
    f.relay->told(report(recorded::slice("7", "[" + recorded::db0 + "]")));
    CHECK(texts(f.log.next_set()) == names{"10.77.1.1:5432"});
}

TEST_CASE("a slice whose port can't be chosen, and one with strange addresses, are told of") {
    relayed f;
    f.relay->told(report(
        recorded::slice("5", "[" + recorded::db0 + "]", R"([{"name":"a","port":1},{"name":"b","port":2}])")));
    CHECK(f.log.next_set().endpoints.empty());
    CHECK_THAT(f.log.next_error(), contains("slice db-r2mdz has a 1, b 2; expected the TCP port 5432"));
    f.relay->told(report(recorded::slice("6", R"([)" + recorded::db0 + R"(,{"addresses":["somewhere"]}])")));
    CHECK(texts(f.log.next_set()) == names{"10.77.1.1:5432"});
    CHECK_THAT(f.log.next_error(), contains("\"somewhere\" is no IPv4 address"));
}

TEST_CASE("an API server that can't be had is an error, and what it confirms is told again") {
    relayed f;
    f.relay->told(report(std::nullopt, "HTTP 500"));
    CHECK(f.log.next_error() == "HTTP 500");
    const auto good = report(recorded::slice("5", "[" + recorded::db0 + "]"));
    f.relay->told(good);
    CHECK(texts(f.log.next_set()) == names{"10.77.1.1:5432"});
    // No set: that would be an answer.
    f.relay->told(with_problem(good, "Connection refused"));
    CHECK(f.log.next_error() == "Connection refused");
    f.relay->told(good);
    CHECK(texts(f.log.next_set()) == names{"10.77.1.1:5432"});
}

TEST_CASE("DNS serves while the API server has never answered, and says why") {
    relayed f(impatient_plan(), true);
    f.relay->told(report(std::nullopt));
    REQUIRE(eventually([&] { return f.fallback->starts == 1; }));
    f.relay->refresh();
    CHECK(eventually([&] { return f.fallback->refreshes == 1; }));
    f.fallback->listener(set_of_dns("10.0.0.1"));
    const endpoint_set served = f.log.next_set();
    CHECK(texts(served) == names{"10.0.0.1:5432"});
    CHECK(served.source == "dns");
    const std::string why = "pool_kubernetes_fallback: DNS serves until the API server answers; ";
    CHECK(f.log.next_error() == why + "the slices of Service prod/db from https://api:443: no answer so far");
    f.relay->told(report(std::nullopt, "HTTP 403"));
    CHECK(f.log.next_error() == why + "HTTP 403");
    f.fallback->listener(discovery_error("NXDOMAIN"));
    CHECK(f.log.next_error() == why + "HTTP 403; NXDOMAIN");

    // The API server answers: from now on nobody asks DNS.
    f.relay->told(report(recorded::slice("5", "[" + recorded::db0 + "]")));
    const endpoint_set answer = f.log.next_set();
    CHECK(texts(answer) == names{"10.77.1.1:5432"});
    CHECK(answer.source == "kubernetes");
    CHECK(answer.removal == removal_kind::superseding);
    CHECK(f.fallback->stops == 1);
    f.fallback->listener(set_of_dns("10.0.0.2"));
    f.relay->refresh();
    f.relay->told(report(recorded::empty_slice("6"), "Connection refused"));
    const endpoint_set later = f.log.next_set();
    CHECK(later.source == "kubernetes");
    CHECK(later.removal == removal_kind::authoritative);
    CHECK_THAT(f.log.next_error(), contains("Connection refused; Service prod/db has no endpoints"));
    CHECK(f.fallback->starts == 1);
    CHECK(f.fallback->refreshes == 1);
}

TEST_CASE("DNS isn't asked where the API server answers in time, or where it isn't wanted") {
    SECTION("it answers in time") {
        relayed f(plan(), true);
        f.relay->told(report(std::nullopt));
        f.relay->told(report(recorded::slice("5", "[" + recorded::db0 + "]")));
        f.log.next_set();
        f.relay->told(report(recorded::slice("6", "[" + recorded::db0 + "]"), "HTTP 500"));
        f.log.next_set();
        f.log.next_error();
        CHECK(f.fallback->starts == 0);
        CHECK(f.fallback->stops == 1);
    }
    SECTION("it isn't wanted") {
        relayed f(impatient_plan(), false);
        f.relay->told(report(std::nullopt));
        CHECK_THAT(f.log.next_error(), contains("no answer so far"));
        f.relay->told(report(std::nullopt, "HTTP 500"));
        CHECK(f.log.next_error() == "HTTP 500");
    }
    SECTION("it was stopped before") {
        relayed f(plan(), true);
        f.relay->told(report(std::nullopt));
        f.relay->stop();
        CHECK(eventually([&] { return f.fallback->stops == 1; }));
        CHECK(f.fallback->starts == 0);
    }
}

TEST_CASE("without a zone of its own in the environment a program is where the endpoints of its node are") {
    relayed f(plan("auto", "", "node-b"));
    f.relay->told(report(recorded::slice("5", "[" + pod("10.0.0.1", "a", "a") + "]")));
    CHECK(f.log.next_set().own_zone == std::string());
    f.relay->told(report(
        recorded::slice("6", "[" + pod("10.0.0.1", "a", "a") + "," + pod("10.0.0.2", "b", "b") + "]")));
    CHECK(f.log.next_set().own_zone == std::string("b"));
    // It stays there when they go.
    f.relay->told(report(recorded::slice("7", "[" + pod("10.0.0.1", "a", "a") + "]")));
    CHECK(f.log.next_set().own_zone == std::string("b"));
}

TEST_CASE("pool_zone=service goes by the hints for the node, then for the zone, then by nothing") {
    relayed f(plan("service", "b", "node-b"));
    const std::string for_zone_a = R"({"forZones":[{"name":"a"}]})";
    const std::string for_zone_b = R"({"forZones":[{"name":"c"},{"name":"b"}]})";
    f.relay->told(report(recorded::slice("5", "[" + pod("10.0.0.1", "1", "a", for_zone_a) + "," +
                                                  pod("10.0.0.2", "2", "c", for_zone_b) + "]")));
    const endpoint_set by_zone = f.log.next_set();
    CHECK(by_zone.own_zone == std::string("b"));
    CHECK(endpoint_at(by_zone, "10.0.0.1").meant_for == "a");
    CHECK(endpoint_at(by_zone, "10.0.0.2").meant_for == "b");
    CHECK(endpoint_at(by_zone, "10.0.0.2").zone == "c");

    const std::string for_node_a = R"({"forNodes":[{"name":"node-a"}],"forZones":[{"name":"b"}]})";
    const std::string for_node_b = R"({"forNodes":[{"name":"node-b"}],"forZones":[{"name":"a"}]})";
    f.relay->told(report(recorded::slice("6", "[" + pod("10.0.0.1", "1", "a", for_node_a) + "," +
                                                  pod("10.0.0.2", "2", "c", for_node_b) + "]")));
    const endpoint_set by_node = f.log.next_set();
    CHECK(by_node.own_zone == std::string("node-b"));
    CHECK(endpoint_at(by_node, "10.0.0.1").meant_for == "node-a");
    CHECK(endpoint_at(by_node, "10.0.0.2").meant_for == "node-b");

    f.relay->told(report(recorded::slice(
        "7", "[" + pod("10.0.0.1", "1", "a") + "," + pod("10.0.0.2", "2", "c", for_node_b) + "]")));
    const endpoint_set by_nothing = f.log.next_set();
    CHECK(by_nothing.own_zone == std::string());
    CHECK(endpoint_at(by_nothing, "10.0.0.1").meant_for.empty());
}

// ThreadSanitizer follows no fork() of a process that has threads.
#ifndef __SANITIZE_THREAD__
TEST_CASE("a source is left to the parent in a child of fork()") {
    fake_api_server server;
    server.then([](exchange& with) { with.watch(list_of_one()); });
    update_log log;
    background_context background;
    auto source = std::make_unique<kubernetes_source>(background.context().get_executor(),
                                                      discovery_target{"db.prod", "", 5432}, asking(server));
    source->start(log.listener());
    log.next_set();
    constexpr int good = 42;
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(60);
        source->refresh();
        source->stop();
        source.reset();
        ::_exit(good);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == good);
    CHECK(server.open_connections() == 1);
    CHECK(log.size() == 0);
}
#endif
