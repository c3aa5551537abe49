// SPDX-License-Identifier: BSL-1.0
// Pods that come, go and shut down, behind a Service of a real API server.
#include "stage.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <utility>

using namespace podpool;
using namespace podpool::test;
using counts = std::vector<std::size_t>;

namespace {

/// No acquire and no statement of the load has failed.
void check_nothing_failed(load& callers) {
    callers.stop();
    CHECK(callers.failed_acquires() == std::vector<std::string>{});
    CHECK(callers.failed_queries().empty());
}

bool is_in_state(stage& on, const pool<database>& pool, std::size_t index, endpoint_state state) {
    const auto one = on.known(pool, index);
    return one && one->state == state;
}

}  // namespace

TEST_CASE("behind a cluster IP every pod gets its share, from three to five to two, and no caller notices") {
    if (!stage::can_run()) return;
    stage& on = stage::shared();
    application_namespace where(on.plane());
    where.add_service("db", on.pod_port());
    on.add_pods(where, {0, 1, 2});
    pool<database> pool(on.url(
        where, "db", "pool_max_conns=30&pool_min_conns=30&pool_rebalance_pace=50%25&pool_name=scaled"));
    REQUIRE(eventually([&] { return on.sessions("scaled") == counts{10, 10, 10, 0, 0}; }));
    load callers(pool, 12);
    REQUIRE(callers.goes_on());

    on.add_pods(where, {3, 4});
    REQUIRE(eventually([&] { return on.sessions("scaled") == counts{6, 6, 6, 6, 6}; }));
    REQUIRE(callers.goes_on());

    for (const std::size_t index : {4, 3, 2}) where.terminate(pod_name(index));
    REQUIRE(eventually([&] { return on.sessions("scaled") == counts{15, 15, 0, 0, 0}; }));
    for (const std::size_t index : {4, 3, 2}) where.remove_pod(pod_name(index));
    REQUIRE(eventually([&] { return pool.stats().endpoints.size() == 2; }));
    REQUIRE(callers.goes_on());
    check_nothing_failed(callers);
    CHECK(on.sessions("scaled") == counts{15, 15, 0, 0, 0});
}

TEST_CASE("a pod that terminates gets nothing new from that moment, and finishes what runs") {
    if (!stage::can_run()) return;
    stage& on = stage::shared();
    application_namespace where(on.plane());
    where.add_service("db", on.pod_port());
    on.add_pods(where, {0, 1, 2});
    pool<database> pool(on.url(where, "db", "pool_max_conns=24&pool_min_conns=24&pool_name=terminating"));
    REQUIRE(eventually([&] { return on.sessions("terminating") == counts{8, 8, 8, 0, 0}; }));
    auto leases = lease_at_once(pool, 24);
    const auto on_leaving = std::find_if(leases.begin(), leases.end(), [&](const auto& one) {
        return one.endpoint().address == on.server(2).address();
    });
    REQUIRE(on_leaving != leases.end());
    lease<database> held = std::move(*on_leaving);
    leases.clear();
    load callers(pool, 12);
    REQUIRE(callers.goes_on());

    where.terminate(pod_name(2));

    REQUIRE(eventually([&] {
        const auto leaving = on.known(pool, 2);
        return leaving && leaving->state == endpoint_state::terminating && leaving->open == 1 &&
               leaving->opening == 0 && leaving->closing == 0;
    }));
    const std::uint64_t leased = on.known(pool, 2)->leases;
    REQUIRE(eventually([&] { return on.sessions("terminating")[2] == 1; }));
    REQUIRE(callers.goes_on());
    CHECK(on.known(pool, 2)->leases == leased);
    CHECK(held->query("select 40 + 2").get<int>(0, 0) == 42);
    held.release();
    REQUIRE(eventually([&] { return on.sessions("terminating") == counts{12, 12, 0, 0, 0}; }));

    where.remove_pod(pod_name(2));
    REQUIRE(eventually([&] { return !on.known(pool, 2); }));
    check_nothing_failed(callers);
}

TEST_CASE("another pod at the address of a former one gets its share at once") {
    if (!stage::can_run()) return;
    stage& on = stage::shared();
    application_namespace where(on.plane());
    where.add_service("db", on.pod_port(), {{"clusterIP", "None"}});
    on.add_pods(where, {0, 1, 2});
    pool<database> pool(
        on.url(where, "db", "pool_max_conns=9&pool_min_conns=9&pool_rebalance_pace=100%25&pool_name=again"));
    REQUIRE(eventually([&] { return on.sessions("again") == counts{3, 3, 3, 0, 0}; }));
    const std::string before = dialect::session_ids(on.server(1), "again");
    load callers(pool, 4);
    REQUIRE(callers.goes_on());

    where.terminate(pod_name(1));
    where.remove_pod(pod_name(1));
    on.add_pods(where, {1});

    // The server is the same, so only other sessions show that podpool saw another pod.
    REQUIRE(eventually([&] {
        return on.sessions("again") == counts{3, 3, 3, 0, 0} &&
               dialect::session_ids(on.server(1), "again") != before;
    }));
    REQUIRE(callers.goes_on());
    check_nothing_failed(callers);
}

TEST_CASE("a pod whose readiness probe fails keeps its sessions, which nobody gets until it is ready again") {
    if (!stage::can_run()) return;
    stage& on = stage::shared();
    application_namespace where(on.plane());
    where.add_service("db", on.pod_port());
    on.add_pods(where, {0, 1, 2});
    pool<database> pool(on.url(where, "db", "pool_max_conns=9&pool_min_conns=9&pool_name=flapping"));
    REQUIRE(eventually([&] { return on.sessions("flapping") == counts{3, 3, 3, 0, 0}; }));
    const std::string before = dialect::session_ids(on.server(1), "flapping");
    load callers(pool, 4);
    REQUIRE(callers.goes_on());

    where.set_ready(pod_name(1), false);
    REQUIRE(eventually([&] {
        const auto one = on.known(pool, 1);
        return one && one->state == endpoint_state::absent && one->active + one->draining == 0;
    }));
    const std::uint64_t leased = on.known(pool, 1)->leases;
    REQUIRE(callers.goes_on());
    CHECK(on.known(pool, 1)->leases == leased);
    where.set_ready(pod_name(1), true);
    REQUIRE(eventually([&] { return is_in_state(on, pool, 1, endpoint_state::ready); }));

    CHECK(dialect::session_ids(on.server(1), "flapping") == before);
    REQUIRE(eventually([&] { return on.known(pool, 1)->leases > leased; }));
    check_nothing_failed(callers);
}

TEST_CASE("when every pod terminates those that serve are used until one is ready") {
    if (!stage::can_run()) return;
    stage& on = stage::shared();
    application_namespace where(on.plane());
    where.add_service("db", on.pod_port());
    on.add_pods(where, {0, 1});
    pool<database> pool(on.url(where, "db", "pool_max_conns=8&pool_min_conns=8&pool_name=last"));
    REQUIRE(eventually([&] { return on.sessions("last") == counts{4, 4, 0, 0, 0}; }));
    load callers(pool, 4);
    REQUIRE(callers.goes_on());

    for (const std::size_t index : {0, 1}) where.terminate(pod_name(index));
    for (const std::size_t index : {0, 1}) {
        REQUIRE(eventually([&] { return is_in_state(on, pool, index, endpoint_state::terminating); }));
    }
    REQUIRE(callers.goes_on());
    CHECK(pool.stats().discovery_error.find("of which 0 are ready and 2 terminating") != std::string::npos);

    on.add_pods(where, {2});
    REQUIRE(eventually([&] { return on.sessions("last") == counts{0, 0, 8, 0, 0}; }));
    REQUIRE(callers.goes_on());
    check_nothing_failed(callers);
}
