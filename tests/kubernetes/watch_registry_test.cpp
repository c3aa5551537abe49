// SPDX-License-Identifier: BSL-1.0
// Which sources share a watch, and what becomes of it in a child of fork().
#include "discovery/kubernetes/watch_registry.hpp"

#include "api_server_support.hpp"
#include "discovery/kubernetes/service_watch_lease.hpp"
#include "support/wait_for.hpp"

#include <sys/wait.h>
#include <unistd.h>

using namespace podpool::test;
using podpool::detail::service_key;
using podpool::detail::service_watch_lease;
using podpool::detail::watch_registry;
using exchange = fake_api_server::exchange;

namespace {

void one_pod(exchange& with) { with.watch(list_of_one()); }

service_key key_of(const fake_api_server& server) { return {plain_access(server), "prod", "db"}; }

}  // namespace

TEST_CASE("sources of one Service share a watch, and it ends with the last of them") {
    fake_api_server server;
    server.then(one_pod);
    report_log first_log;
    report_log second_log;
    auto first = std::make_unique<service_watch_lease>(key_of(server));
    service_watch_lease second(key_of(server));
    first->begin(first_log.subscriber());
    second.begin(second_log.subscriber());
    first_log.find_slices();
    second_log.find_slices();
    CHECK(server.request_count() == 1);
    CHECK(watch_registry::of_process().size() == 1);
    first.reset();
    CHECK(server.open_connections() == 1);
    second.end();
    REQUIRE(wait_for([&] { return server.open_connections() == 0; }));
}

TEST_CASE("another Service, namespace, token or server is another watch") {
    fake_api_server server;
    fake_api_server other;
    const service_key key = key_of(server);
    std::vector<service_key> others(5, key);
    others[0].service = "other";
    others[1].in_namespace = "other";
    others[2].access.path = "/other";
    others[3].access.token_file = "/other";
    others[4].access.port = other.port();
    report_log log;
    std::vector<std::unique_ptr<service_watch_lease>> leases;
    leases.push_back(std::make_unique<service_watch_lease>(key));
    for (const service_key& each : others) leases.push_back(std::make_unique<service_watch_lease>(each));
    for (const auto& each : leases) each->begin(log.subscriber());
    CHECK(watch_registry::of_process().size() == 6);
    leases.clear();
    CHECK(watch_registry::of_process().size() == 0);
}

TEST_CASE("who comes while a watch ends gets a new one") {
    fake_api_server server;
    server.then(one_pod);
    server.then(one_pod);
    report_log log;
    service_watch_lease first(key_of(server));
    first.begin(log.subscriber());
    log.find_slices();
    // It has ended, and its object is still there.
    first.end();
    report_log second_log;
    service_watch_lease second(key_of(server));
    second.begin(second_log.subscriber());
    second_log.find_slices();
    CHECK(server.request_count() == 2);
}

TEST_CASE("a lease that was ended doesn't begin") {
    fake_api_server server;
    report_log log;
    service_watch_lease lease(key_of(server));
    lease.end();
    lease.begin(log.subscriber());
    CHECK(log.all().empty());
    CHECK(watch_registry::of_process().size() == 0);
}

// ThreadSanitizer follows no fork() of a process that has threads.
#ifndef __SANITIZE_THREAD__
TEST_CASE("a child of fork() leaves the parent's watch alone and makes one of its own") {
    fake_api_server server;
    server.then(one_pod);
    server.then(one_pod);
    report_log log;
    auto lease = std::make_unique<service_watch_lease>(key_of(server));
    lease->begin(log.subscriber());
    log.find_slices();

    constexpr int good = 42;
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(60);
        if (!lease->in_child()) ::_exit(1);
        lease->end();
        lease.reset();
        report_log own_log;
        auto own = std::make_unique<service_watch_lease>(key_of(server));
        own->begin(own_log.subscriber());
        if (endpoint_count(own_log.find_slices()) != 1) ::_exit(2);
        if (watch_registry::of_process().size() != 1) ::_exit(3);
        own.reset();
        if (watch_registry::of_process().size() != 0) ::_exit(4);
        ::_exit(good);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == good);
    CHECK(server.request_count() == 2);
    // The parent's goes on.
    CHECK_FALSE(lease->in_child());
    REQUIRE(wait_for([&] { return server.open_connections() == 1; }));
    CHECK(watch_registry::of_process().size() == 1);
}
#endif
