// SPDX-License-Identifier: BSL-1.0
// A watch against a server that says what a real one was seen to say, and what one shows rarely.
#include "discovery/kubernetes/service_watch.hpp"

#include "api_server_support.hpp"
#include "gate.hpp"
#include "support/inherited_descriptors.hpp"
#include "support/thread_signals.hpp"
#include "support/wait_for.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace podpool::test;
using namespace std::chrono_literals;
using podpool::detail::service_key;
using podpool::detail::service_report;
using podpool::detail::service_watch;
using podpool::detail::watch_patience;
using exchange = fake_api_server::exchange;

namespace {

auto says(const std::string& part) { return Catch::Matchers::ContainsSubstring(part); }

/// A server, and a watch of prod/db that is begun by watch().
struct watched {
    explicit watched(watch_patience patience_ = short_pauses()) : patience(patience_) {}

    void watch() {
        service = std::make_unique<service_watch>(service_key{plain_access(server), "prod", "db"}, patience);
        number = *service->subscribe(log.subscriber());
    }
    /// A streaming list with one pod, and then whatever `after` does.
    void then_list(fake_api_server::script after) {
        server.then([after = std::move(after)](exchange& with) {
            with.begin_watch();
            for (const std::string& each : list_of_one()) with.event(each);
            after(with);
        });
    }

    watch_patience patience;
    fake_api_server server;
    report_log log;
    std::unique_ptr<service_watch> service;
    std::uint64_t number = 0;
};

void hold(exchange& with) { with.hold(); }

/// Whether a descriptor is a socket that is connected to this port.
bool is_client_of(int descriptor, std::uint16_t port) {
    sockaddr_in peer{};
    socklen_t size = sizeof(peer);
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0) return false;
    return peer.sin_family == AF_INET && ntohs(peer.sin_port) == port;
}

/// Whether no report takes slices away again, or shows fewer than these.
bool keeps_what_is_good(const report_log& log, int least) {
    bool good = false;
    for (const auto& each : log.all()) {
        const int count = endpoint_count(each);
        if (good && count < least) return false;
        good = good || count >= least;
    }
    return good;
}

}  // namespace

TEST_CASE("a watch tells what there is, and each change as it comes") {
    report_log late;  // outlives the watch
    watched f;
    gate go_on;
    f.then_list([&](exchange& with) {
        (void)go_on.pass();
        with.event(recorded::modified());
        with.event(recorded::bookmark);
        with.hold();
    });
    f.watch();
    CHECK(endpoint_count(f.log.all().front()) == -1);
    CHECK(f.log.find_slices()->problem.empty());
    CHECK(endpoint_count(f.log.find_slices()) == 1);
    // One who comes later is told at once.
    REQUIRE(f.service->subscribe(late.subscriber()));
    CHECK(endpoint_count(late.all().at(0)) == 1);
    go_on.open();
    f.log.find_count(2);
    late.find_count(2);
    CHECK(f.server.request_count() == 1);
}

TEST_CASE("events count wherever their bytes are cut") {
    watched f;
    std::string events;
    for (const std::string& each : list_of_one()) events += each + "\n";
    events += recorded::modified() + "\n";
    f.server.then([&](exchange& with) {
        with.begin_watch();
        for (const char byte : events) with.chunk({&byte, 1});
        with.hold();
    });
    f.watch();
    CHECK(f.log.find_count(2)->problem.empty());
}

TEST_CASE("a connection that is cut within an event is followed by another one from the last version") {
    watched f;
    const std::string event = recorded::modified() + "\n";
    constexpr std::size_t step = 97;
    f.then_list([](exchange& with) { with.cut(); });
    for (std::size_t cut = 1; cut < event.size(); cut += step) {
        f.server.then([&event, cut](exchange& with) {
            with.begin_watch();
            with.chunk(std::string_view(event).substr(0, cut));
            with.cut();
        });
    }
    f.server.then([](exchange& with) { with.watch({recorded::modified()}); });
    f.watch();
    f.log.find_count(2);
    CHECK(keeps_what_is_good(f.log, 1));
    const auto requests = f.server.requests();
    REQUIRE(requests.size() == event.size() / step + 3);
    for (std::size_t index = 1; index < requests.size(); ++index) {
        CHECK(requests[index].has("&resourceVersion=267"));
    }
}

TEST_CASE("a watch that ends in its time goes on from its last version, and nothing is told") {
    watched f;
    f.then_list([](exchange& with) {
        with.event(recorded::bookmark);
        with.end_watch();
    });
    f.server.then([](exchange& with) { with.watch({recorded::modified()}); });
    f.watch();
    f.log.find_count(2);
    REQUIRE(f.server.request_count() == 2);
    CHECK(f.server.requests()[1].has("&resourceVersion=262"));
    for (const auto& each : f.log.all()) CHECK(each->problem.empty());
}

TEST_CASE("a version that is forgotten leads to a new list, and what is known is kept until it is there") {
    watched f;
    const bool as_event = GENERATE(true, false);
    CAPTURE(as_event);
    gate go_on;
    f.then_list([&](exchange& with) {
        if (as_event) {
            with.event(recorded::expired);
            with.hold();
        } else {
            with.end_watch();
        }
    });
    if (!as_event) {
        f.server.then([](exchange& with) {
            with.answer(410, R"({"kind":"Status","apiVersion":"v1","reason":"Expired","code":410})");
        });
    }
    f.server.then([&](exchange& with) {
        with.begin_watch();
        with.event(recorded::event(
            "ADDED", recorded::slice("300", "[" + recorded::db0 + "," + recorded::db1_terminating + "]")));
        (void)go_on.pass();
        with.event(recorded::initial_events_end);
        with.hold();
    });
    f.watch();
    f.log.find_slices();
    const std::size_t asked = as_event ? 2 : 3;
    REQUIRE(wait_for([&] { return f.server.request_count() == asked; }));
    CHECK(f.server.requests().back().has("sendInitialEvents=true"));
    CHECK(endpoint_count(f.log.all().back()) == 1);
    go_on.open();
    f.log.find_count(2);
    CHECK(keeps_what_is_good(f.log, 1));
}

TEST_CASE("a 403 that passes isn't told") {
    watched f;
    f.server.then([](exchange& with) { with.answer(403, recorded::forbidden); });
    f.then_list(hold);
    f.watch();
    f.log.find_slices();
    for (const auto& each : f.log.all()) CHECK(each->problem.empty());
}

TEST_CASE("a 403 that stays is told with what gives the permission, until it goes") {
    watch_patience patience = short_pauses();
    patience.forbidden = 0s;
    watched f(patience);
    f.server.then([](exchange& with) { with.answer(403, recorded::forbidden); });
    f.server.then([](exchange& with) { with.answer(403, recorded::forbidden); });
    f.then_list(hold);
    f.watch();
    const std::string problem = f.log.find_problem("403")->problem;
    CHECK_THAT(problem, says("the slices of Service prod/db from http://127.0.0.1:"));
    CHECK_THAT(problem, says("is forbidden: User \"system:serviceaccount:prod:app\""));
    CHECK_THAT(problem, says("create role podpool --verb=list,watch"));
    CHECK(f.log.find_slices()->problem.empty());
}

TEST_CASE("a permission that is taken away later takes no endpoint") {
    watch_patience patience = short_pauses();
    patience.forbidden = 0s;
    watched f(patience);
    f.then_list([](exchange& with) { with.end_watch(); });
    f.server.then([](exchange& with) { with.answer(403, recorded::forbidden); });
    f.server.then([](exchange& with) { with.watch({}); });
    f.watch();
    CHECK(endpoint_count(f.log.find_problem("403")) == 1);
    REQUIRE(wait_for([&] { return f.log.all().back()->problem.empty(); }));
    CHECK(f.server.requests().back().has("&resourceVersion=267"));
    CHECK(keeps_what_is_good(f.log, 1));
}

TEST_CASE("an old token is told of, and the next one is taken from its file") {
    const secret_files secrets;
    secrets.put("token", "the-old-one");
    tls_files files("localhost");
    files.sign("IP:127.0.0.1");
    fake_api_server server(files);
    gate told;
    const auto answer = [](exchange& with) {
        if (with.asked().field("authorization") == "Bearer the-new-one") {
            with.watch(list_of_one());
        } else {
            with.answer(401, recorded::unauthorized);
        }
    };
    for (int count = 0; count < 1000; ++count) server.then(answer);
    service_key key{plain_access(server), "prod", "db"};
    key.access.tls = true;
    key.access.ca_file = files.ca();
    key.access.token_file = secrets.path("token");
    report_log log;
    service_watch watch(key, short_pauses());
    REQUIRE(watch.subscribe(log.subscriber()));
    const std::string problem = log.find_problem("401")->problem;
    CHECK_THAT(problem,
               says("HTTP 401: Unauthorized; the token in " + secrets.path("token") + " isn't taken"));
    secrets.put("token", "the-new-one");
    CHECK(log.find_slices()->problem.empty());
    // Nothing that is told has a byte of either.
    for (const auto& each : log.all()) {
        CHECK_THAT(each->problem, !says("the-old") && !says("the-new"));
    }
}

TEST_CASE("a server in trouble is told of and asked again, and nothing is taken away") {
    watched f;
    const int code = GENERATE(500, 502, 503, 504, 429, 307, 404);
    CAPTURE(code);
    f.then_list([](exchange& with) { with.end_watch(); });
    f.server.then([code](exchange& with) { with.answer(code, "", "Retry-After: 1\r\n"); });
    f.then_list(hold);
    // After 429 the watch goes on from its version.
    f.watch();
    CHECK(endpoint_count(f.log.find_problem("HTTP " + std::to_string(code))) == 1);
    REQUIRE(wait_for([&] { return f.server.request_count() == 3 && f.log.all().back()->problem.empty(); }));
    CHECK(f.server.requests()[2].has(code == 429 ? "&resourceVersion=267" : "sendInitialEvents=true"));
    CHECK(keeps_what_is_good(f.log, 1));
}

TEST_CASE("a server that knows no streaming lists is asked for a list and a watch") {
    watch_patience patience = short_pauses();
    const bool silent = GENERATE(false, true);
    CAPTURE(silent);
    if (silent) patience.initial = 20ms;
    watched f(patience);
    f.server.then([silent](exchange& with) {
        if (!silent) return with.answer(422, R"({"kind":"Status","reason":"Invalid","code":422})");
        // An old one takes it for an ordinary watch, whose initial events have no end.
        with.watch({recorded::event("ADDED", recorded::slice("236", "[" + recorded::db0 + "]"))});
    });
    f.server.then([](exchange& with) { with.answer(200, recorded::list()); });
    f.server.then([](exchange& with) { with.watch({recorded::modified()}); });
    f.watch();
    f.log.find_count(2);
    CHECK(endpoint_count(f.log.find_slices()) == 1);
    const auto requests = f.server.requests();
    REQUIRE(requests.size() == 3);
    CHECK(requests[1].has("&limit=500"));
    CHECK_FALSE(requests[1].has("watch"));
    CHECK(requests[2].has("&resourceVersion=237"));
    for (const auto& each : f.log.all()) CHECK(each->problem.empty());
}

TEST_CASE("a server that is silent from the start is told of") {
    watch_patience patience = short_pauses();
    patience.answer = 20ms;
    watched f(patience);
    f.watch();
    CHECK_THAT(f.log.find_problem("took too long")->problem, says("waiting for the answer"));
    CHECK(f.log.all().back()->slices == nullptr);
}

TEST_CASE("a watch that falls silent after bookmarks is begun anew, with what it knows") {
    watch_patience patience = short_pauses();
    patience.silence = 20ms;
    watched f(patience);
    f.then_list([](exchange& with) {
        with.event(recorded::bookmark);
        with.hold();
    });
    f.then_list(hold);
    f.watch();
    CHECK(endpoint_count(f.log.find_problem("took too long")) == 1);
    REQUIRE(wait_for([&] { return f.server.request_count() >= 2; }));
    CHECK(f.server.requests()[1].has("sendInitialEvents=true"));
    REQUIRE(wait_for([&] { return f.log.all().back()->problem.empty(); }));
    CHECK(keeps_what_is_good(f.log, 1));
}

TEST_CASE("a server that goes and comes back is taken up again") {
    report_log log;
    std::unique_ptr<service_watch> watch;
    std::uint16_t port = 0;
    {
        fake_api_server server;
        port = server.port();
        server.then([](exchange& with) { with.watch(list_of_one()); });
        watch =
            std::make_unique<service_watch>(service_key{plain_access(server), "prod", "db"}, short_pauses());
        REQUIRE(watch->subscribe(log.subscriber()));
        log.find_slices();
    }
    CHECK(endpoint_count(log.find_problem("Connection refused")) == 1);
    fake_api_server again(port);
    again.then([](exchange& with) { with.watch({recorded::modified()}); });
    log.find_count(2);
    CHECK(again.requests().at(0).has("&resourceVersion=267"));
    CHECK(keeps_what_is_good(log, 1));
}

TEST_CASE("something malformed is told with its place, and followed by a new list") {
    watched f;
    f.then_list([](exchange& with) {
        with.event("<html>a proxy's page</html>");
        with.hold();
    });
    f.then_list(hold);
    f.watch();
    CHECK_THAT(f.log.find_problem("event 3")->problem, says("expected an object in JSON"));
    REQUIRE(wait_for([&] { return f.log.all().back()->problem.empty(); }));
    CHECK(f.server.requests()[1].has("sendInitialEvents=true"));
    CHECK(keeps_what_is_good(f.log, 1));
}

TEST_CASE("a watch ends with its last subscriber, and takes no other") {
    watched f;
    f.then_list(hold);
    f.watch();
    f.log.find_slices();
    report_log other;
    const auto second = f.service->subscribe(other.subscriber());
    REQUIRE(second);
    f.service->unsubscribe(f.number);
    CHECK(f.server.open_connections() == 1);
    f.service->unsubscribe(*second);
    REQUIRE(wait_for([&] { return f.server.open_connections() == 0; }));
    CHECK_FALSE(f.service->subscribe(other.subscriber()));
}

TEST_CASE("who has unsubscribed isn't told any more") {
    report_log other;  // outlives the watch
    watched f;
    gate go_on;
    f.then_list([&](exchange& with) {
        (void)go_on.pass();
        with.event(recorded::modified());
        with.hold();
    });
    f.watch();
    f.log.find_slices();
    REQUIRE(f.service->subscribe(other.subscriber()));
    f.service->unsubscribe(f.number);
    const std::size_t before = f.log.all().size();
    go_on.open();
    other.find_count(2);
    CHECK(f.log.all().size() == before);
}

TEST_CASE("a watch is destroyed at once, whatever it waits for") {
    watched f;
    SECTION("an answer") {
        f.watch();
        REQUIRE(wait_for([&] { return f.server.request_count() == 1; }));
    }
    SECTION("the end of a long pause") {
        f.patience.first_pause = 1h;
        f.patience.longest_pause = 1h;
        f.server.then([](exchange& with) { with.answer(500, ""); });
        f.watch();
        f.log.find_problem("HTTP 500");
    }
    f.service.reset();
    CHECK(wait_for([&] { return f.server.open_connections() == 0; }));
}

TEST_CASE(
    "a watch's thread takes no signals, and its sockets aren't inherited by programs that are started") {
    watched f;
    f.then_list(hold);
    const auto threads = blocked_signals_of(::getpid());
    f.watch();
    f.log.find_slices();
    // The server has a thread for the connection, which is the test's and takes what comes.
    std::size_t without_signals = 0;
    for (const auto& [thread, blocked] : blocked_signals_of(::getpid())) {
        if (!threads.contains(thread) && blocked == all_but_faults()) ++without_signals;
    }
    CHECK(without_signals == 1);
    for (const auto& [descriptor, what] : inheritable_descriptors(::getpid())) {
        CAPTURE(descriptor, what);
        // The server's own sockets are Asio's.
        CHECK(!is_client_of(descriptor, f.server.port()));
    }
}
