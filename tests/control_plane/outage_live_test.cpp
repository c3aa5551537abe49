// SPDX-License-Identifier: BSL-1.0
// An API server that is killed, ends in peace, or says no, under load.
#include "stage.hpp"
#include "support/catch.hpp"

using namespace podpool;
using namespace podpool::test;
using counts = std::vector<std::size_t>;

namespace {

/// Two pods behind a Service, under load.
class two_pods {
public:
    two_pods(stage& on, const std::string& pool_name)
        : stage_(on), name_(pool_name), where(on.plane()), pool_(started(pool_name)), callers(pool_, 4) {}

    /// Whether both pods have their share, and callers are served.
    [[nodiscard]] bool are_used() {
        return eventually([&] { return stage_.sessions(name_) == counts{6, 6, 0, 0, 0}; }) &&
               callers.goes_on();
    }
    /// Whether a third one gets its share as soon as it is there.
    [[nodiscard]] bool take_a_third() {
        stage_.add_pods(where, {2});
        return eventually([&] { return stage_.sessions(name_) == counts{4, 4, 4, 0, 0}; }) &&
               callers.goes_on();
    }
    /// Whether the pool says so, sooner or later.
    [[nodiscard]] bool are_told(const std::string& what) const {
        return eventually([&] { return pool_.stats().discovery_error.find(what) != std::string::npos; });
    }
    [[nodiscard]] std::string complaint() const { return pool_.stats().discovery_error; }

private:
    [[nodiscard]] std::string started(const std::string& pool_name) {
        where.add_service("db", stage_.pod_port());
        stage_.add_pods(where, {0, 1});
        return stage_.url(
            where, "db",
            "pool_max_conns=12&pool_min_conns=12&pool_rebalance_pace=100%25&pool_name=" + pool_name);
    }

    stage& stage_;
    std::string name_;

public:
    application_namespace where;

private:
    pool<database> pool_;

public:
    load callers;
};

void check_nothing_failed(load& callers) {
    callers.stop();
    CHECK(callers.failed_acquires() == std::vector<std::string>{});
    CHECK(callers.failed_queries().empty());
}

}  // namespace

TEST_CASE("while the API server is dead the pods that are known serve, and it is followed again afterwards") {
    if (!stage::can_run()) return;
    stage& on = stage::shared();
    two_pods pods(on, "killed");
    REQUIRE(pods.are_used());
    REQUIRE(pods.complaint().empty());

    on.plane().kill_api_server();
    REQUIRE(pods.are_told("Connection refused"));
    // Through several attempts to reach it.
    REQUIRE(pods.callers.goes_on(2000));
    REQUIRE(pods.are_used());
    on.plane().start_api_server();

    REQUIRE(pods.take_a_third());
    CHECK(eventually([&] { return pods.complaint().empty(); }));
    check_nothing_failed(pods.callers);
}

TEST_CASE("an API server that ends in peace, as for an upgrade, is followed again afterwards") {
    if (!stage::can_run()) return;
    stage& on = stage::shared();
    two_pods pods(on, "upgraded");
    REQUIRE(pods.are_used());

    on.plane().begin_stop_api_server();
    REQUIRE(pods.callers.goes_on());
    on.plane().wait_for_api_server_end();
    REQUIRE(pods.are_told("Connection refused"));
    REQUIRE(pods.are_used());
    on.plane().start_api_server();

    REQUIRE(pods.take_a_third());
    check_nothing_failed(pods.callers);
}

TEST_CASE(
    "without its role a pool keeps the pods, says which role to apply, and goes on when it has it again") {
    if (!stage::can_run()) return;
    stage& on = stage::shared();
    two_pods pods(on, "forbidden");
    REQUIRE(pods.are_used());

    pods.where.revoke();
    // A watch that is under way outlives it.
    on.plane().kill_api_server();
    on.plane().start_api_server();
    REQUIRE(
        pods.are_told("create role podpool --verb=list,watch --resource=endpointslices.discovery.k8s.io"));
    CHECK(pods.complaint().find("--serviceaccount=" + pods.where.name() + ":app") != std::string::npos);
    REQUIRE(pods.are_used());
    pods.where.grant();

    REQUIRE(pods.take_a_third());
    CHECK(eventually([&] { return pods.complaint().empty(); }));
    check_nothing_failed(pods.callers);
}

TEST_CASE("a token whose pod is gone is refused, and the one that takes its place in the file is used") {
    if (!stage::can_run()) return;
    stage& on = stage::shared();
    two_pods pods(on, "expired");
    REQUIRE(pods.are_used());
    pods.where.add_pod("holder", "10.77.1.200", "node-a", "client");
    pods.where.renew_token("holder");
    pods.where.remove_pod("holder");

    on.plane().kill_api_server();
    on.plane().start_api_server();
    REQUIRE(pods.are_told("401"));
    REQUIRE(pods.are_used());
    pods.where.renew_token();

    REQUIRE(pods.take_a_third());
    CHECK(eventually([&] { return pods.complaint().empty(); }));
    check_nothing_failed(pods.callers);
}
