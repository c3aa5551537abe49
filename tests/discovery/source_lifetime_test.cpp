// SPDX-License-Identifier: BSL-1.0
#include "probe.hpp"
#include "support/dns_responder.hpp"
#include "support/inherited_descriptors.hpp"

#include <podpool/discovery/dns_source.hpp>

#include <boost/asio/thread_pool.hpp>

#include <unistd.h>

#include <array>
#include <atomic>

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;

namespace {

constexpr auto a = dns_reply::type_a;
constexpr auto aaaa = dns_reply::type_aaaa;
const std::string name = "db.prod.svc.cluster.local";

std::unique_ptr<dns_source> make(boost::asio::any_io_executor executor, const dns_responder& server) {
    options settings = ask(server.address());
    // Whatever waits for the next refresh waits for longer than a test may take.
    settings.dns_refresh = 1h;
    return std::make_unique<dns_source>(std::move(executor), std::vector<discovery_target>{{name, "", 5432}},
                                        settings);
}

}  // namespace

TEST_CASE("start never calls the listener itself") {
    dns_responder server;
    update_log log;
    boost::asio::io_context context;
    const auto source = make(context.get_executor(), server);
    source->start(log.listener());
    source->refresh();
    CHECK(log.size() == 0);
    CHECK(server.asked().empty());
}

TEST_CASE("refresh and stop before start do nothing, and start after stop publishes nothing") {
    dns_responder server;
    update_log log;
    boost::asio::io_context context;
    const auto source = make(context.get_executor(), server);
    source->refresh();
    context.run();
    context.restart();
    source->stop();
    source->stop();
    source->start(log.listener());
    source->refresh();
    context.run();
    CHECK(log.size() == 0);
    CHECK(server.asked().empty());
}

TEST_CASE("a program that is started during a question inherits no descriptor of it") {
    dns_responder server;
    server.set(name, a, dns_reply::silence());
    server.set(name, aaaa, dns_reply::silence());
    update_log log;
    background_context running;
    const auto before = inheritable_descriptors(getpid());
    const auto source = make(running.context().get_executor(), server);
    source->start(log.listener());
    REQUIRE(eventually([&] { return server.asked().size() >= 2; }));
    for (const auto& [number, what] : further_inheritable_descriptors(getpid(), before)) {
        FAIL_CHECK("descriptor " << number << " is inherited: " << what);
    }
    source->stop();
}

TEST_CASE("a stopped source lets its io_context run out of work") {
    dns_responder server;
    boost::asio::io_context context;
    int updates = 0;
    std::unique_ptr<dns_source> source;
    SECTION("stopped from inside the listener") {
        server.set(name, a, dns_reply().a("10.0.0.1", 3600));
        source = make(context.get_executor(), server);
        source->start([&](const discovery_update&) {
            ++updates;
            source->stop();
        });
        context.run();
        CHECK(updates == 1);
    }
    SECTION("destroyed from inside the listener") {
        server.set(name, a, dns_reply().a("10.0.0.1", 3600));
        source = make(context.get_executor(), server);
        source->start([&](const discovery_update&) {
            ++updates;
            source.reset();
        });
        context.run();
        CHECK(updates == 1);
    }
    SECTION("stopped between the endpoints and the error of one refresh") {
        server.set(name, a, dns_reply().a("10.0.0.1", 3600));
        server.set(name, aaaa, dns_reply::code(2));
        source = make(context.get_executor(), server);
        source->start([&](const discovery_update&) {
            ++updates;
            source->stop();
        });
        context.run();
        CHECK(updates == 1);
    }
    SECTION("destroyed with questions in flight") {
        server.set(name, a, dns_reply::silence());
        server.set(name, aaaa, dns_reply::silence());
        source = make(context.get_executor(), server);
        source->start([&](const discovery_update&) { ++updates; });
        REQUIRE(eventually([&] {
            context.poll();
            return server.count(name, a) > 0 && server.count(name, aaaa) > 0;
        }));
        source.reset();
        context.run();
        CHECK(updates == 0);
    }
}

TEST_CASE("no call begins after stop has returned, also when answers are on their way") {
    dns_responder server;
    server.set(name, a, dns_reply().a("10.0.0.1", 3600));
    boost::asio::io_context context;
    int updates = 0;
    const auto source = make(context.get_executor(), server);
    source->start([&](const discovery_update&) { ++updates; });
    server.hold();
    REQUIRE(eventually([&] {
        context.poll();
        return server.count(name, a) > 0;
    }));
    server.release();
    source->stop();
    context.run();
    CHECK(updates == 0);
}

TEST_CASE("an io_context that goes with questions in flight, and is never run again, leaks nothing") {
    dns_responder server;
    server.set(name, a, dns_reply::silence());
    server.set(name, aaaa, dns_reply::silence());
    // Destroyed before the source's handlers have run; the leak check of the sanitizers is the judge.
    const auto kept = std::make_shared<int>(1);
    {
        boost::asio::io_context context;
        const auto source = make(context.get_executor(), server);
        source->start([kept](const discovery_update&) {});
        REQUIRE(eventually([&] {
            context.poll();
            return server.count(name, a) > 0;
        }));
    }
    CHECK(kept.use_count() == 1);
}

TEST_CASE("sources on a thread pool survive start, refresh, stop and destruction from everywhere") {
    constexpr std::size_t count = 8;
    dns_responder server;
    server.set(name, a, dns_reply().a("10.0.0.1", 3600).a("10.0.0.2", 3600));
    for (int round = 0; round < 20; ++round) {
        // One source must never be called twice at once.
        std::array<std::atomic<int>, count> inside{};
        std::atomic<int> overlaps = 0;
        std::atomic<int> updates = 0;
        boost::asio::thread_pool pool(3);
        std::vector<std::unique_ptr<dns_source>> sources;
        for (std::size_t i = 0; i < count; ++i) {
            sources.push_back(make(pool.get_executor(), server));
            sources[i]->start([&, i](const discovery_update&) {
                if (++inside[i] > 1) ++overlaps;
                ++updates;
                --inside[i];
            });
        }
        std::thread other([&] {
            for (auto& source : sources) source->refresh();
            for (std::size_t i = 0; i < count; i += 2) sources[i]->stop();
        });
        if (round % 2 == 0) CHECK(eventually([&] { return updates > 0; }));
        other.join();
        sources.clear();
        // Returns only if nothing keeps the pool busy any more.
        pool.join();
        CHECK(overlaps == 0);
    }
}
