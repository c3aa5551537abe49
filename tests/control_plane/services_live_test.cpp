// SPDX-License-Identifier: BSL-1.0
// The kinds of Services and slices that there are, and whose endpoints a pool prefers.
#include "stage.hpp"
#include "support/catch.hpp"

#include <boost/asio/use_future.hpp>

#include <cstdlib>
#include <future>

using namespace podpool;
using namespace podpool::test;
using counts = std::vector<std::size_t>;

namespace {

/// Where the pools that are made in its scope run, as the downward API says.
class on_node {
public:
    explicit on_node(const char* node) { setenv("NODE_NAME", node, 1); }
    on_node(const on_node&) = delete;
    on_node& operator=(const on_node&) = delete;
    ~on_node() { unsetenv("NODE_NAME"); }
};

bool says(const pool<database>& pool, const std::string& what) {
    return eventually([&] { return pool.stats().discovery_error.find(what) != std::string::npos; });
}

}  // namespace

TEST_CASE("a Service whose endpoints are in several slices is one set") {
    if (!stage::can_run()) return;
    stage& on = stage::shared();
    application_namespace where(on.plane());
    where.add_service("db", on.pod_port(), {{"clusterIP", "None"}});
    on.add_pods(where, {0, 1, 2, 3, 4});
    REQUIRE(eventually([&] { return where.slices("db").size() == 2; }));

    pool<database> pool(on.url(where, "db", "pool_max_conns=10&pool_min_conns=10&pool_name=sliced"));
    CHECK(eventually([&] { return on.sessions("sliced") == counts{2, 2, 2, 2, 2}; }));
    for (const std::size_t index : {0, 1}) where.remove_pod(pod_name(index));
    CHECK(eventually([&] { return on.known(pool, 0) == std::nullopt && on.known(pool, 1) == std::nullopt; }));
    CHECK(eventually([&] {
        const counts now = on.sessions("sliced");
        return now[0] + now[1] == 0 && sum(now) == 10;
    }));
}

TEST_CASE("slices that were made by hand are joined, and one that is deleted takes its addresses along") {
    if (!stage::can_run()) return;
    stage& on = stage::shared();
    application_namespace where(on.plane());
    where.add_service_without_selector("db", on.pod_port());
    where.add_slice("first", "db", on.addresses({0, 1}), on.pod_port());
    where.add_slice("second", "db", on.addresses({2}), on.pod_port());
    pool<database> pool(on.url(where, "db", "pool_max_conns=9&pool_min_conns=9&pool_name=handmade"));
    CHECK(eventually([&] { return on.sessions("handmade") == counts{3, 3, 3, 0, 0}; }));

    where.remove_slice("second");

    CHECK(eventually([&] { return sum(on.sessions("handmade")) == 9 && !on.known(pool, 2); }));
    CHECK(on.sessions("handmade")[2] == 0);
}

TEST_CASE("the slices that are mirrored from Endpoints are used") {
    if (!stage::can_run()) return;
    stage& on = stage::shared();
    application_namespace where(on.plane());
    where.add_service_without_selector("db", on.pod_port());
    where.add_endpoints("db", on.addresses({1, 3}), on.pod_port());
    pool<database> pool(on.url(where, "db", "pool_max_conns=6&pool_min_conns=6&pool_name=mirrored"));
    CHECK(eventually([&] { return on.sessions("mirrored") == counts{0, 3, 0, 3, 0}; }));
    const boost::json::array slices = where.slices("db");
    REQUIRE(slices.size() == 1);
    CHECK(slices[0].at("metadata").at("labels").at("endpointslice.kubernetes.io/managed-by") ==
          "endpointslicemirroring-controller.k8s.io");
}

TEST_CASE("a Service without pods is told of, and whoever waits is served by the first pod") {
    if (!stage::can_run()) return;
    stage& on = stage::shared();
    application_namespace where(on.plane());
    where.add_service("db", on.pod_port());
    pool<database> pool(on.url(where, "db", "pool_max_conns=4&pool_acquire_timeout=60s&pool_name=empty"));
    CHECK(says(pool, "Service " + where.name() + "/db has no endpoints"));
    std::future<lease<database>> coming = pool.async_acquire(boost::asio::use_future);

    on.add_pods(where, {3});

    CHECK(coming.get().endpoint().address == on.server(3).address());
    CHECK(eventually([&] { return pool.stats().discovery_error.empty(); }));
}

TEST_CASE(
    "after its Service was deleted a pool serves by what it has, and follows the Service that is made "
    "again") {
    if (!stage::can_run()) return;
    stage& on = stage::shared();
    application_namespace where(on.plane());
    where.add_service("db", on.pod_port());
    on.add_pods(where, {0, 1});
    pool<database> pool(on.url(
        where, "db", "pool_max_conns=6&pool_min_conns=6&pool_rebalance_pace=100%25&pool_name=deleted"));
    REQUIRE(eventually([&] { return on.sessions("deleted") == counts{3, 3, 0, 0, 0}; }));
    const std::string before = dialect::session_ids(on.server(0), "deleted");
    load callers(pool, 4);
    REQUIRE(callers.goes_on());

    where.remove_service("db");
    where.collect_slices("db");
    REQUIRE(says(pool, "Service " + where.name() + "/db has no endpoints"));
    REQUIRE(callers.goes_on());
    CHECK(dialect::session_ids(on.server(0), "deleted") == before);

    where.add_service("db", on.pod_port());
    on.add_pods(where, {2});
    REQUIRE(eventually([&] { return on.sessions("deleted") == counts{2, 2, 2, 0, 0}; }));
    REQUIRE(callers.goes_on());
    callers.stop();
    CHECK(callers.failed_acquires() == std::vector<std::string>{});
    CHECK(callers.failed_queries().empty());
}

TEST_CASE("an address in the slices of a deleted Service and of the one made after it is one endpoint") {
    if (!stage::can_run()) return;
    stage& on = stage::shared();
    application_namespace where(on.plane());
    where.add_service("db", on.pod_port());
    on.add_pods(where, {0, 1});
    pool<database> pool(
        on.url(where, "db", "pool_max_conns=6&pool_min_conns=6&pool_rebalance=off&pool_name=remade"));
    REQUIRE(eventually([&] { return on.sessions("remade") == counts{3, 3, 0, 0, 0}; }));
    const auto ids = [&] {
        return dialect::session_ids(on.server(0), "remade") + dialect::session_ids(on.server(1), "remade");
    };
    const std::string before = ids();
    const boost::json::value old_slice = where.slices("db").at(0).at("metadata").at("name");
    load callers(pool, 4);
    REQUIRE(callers.goes_on());

    // The garbage collector is absent: the controller writes the new slice first, then deletes the old one.
    where.remove_service("db");
    where.add_service("db", on.pod_port());
    REQUIRE(eventually([&] {
        const boost::json::array now = where.slices("db");
        return now.size() == 1 && now[0].at("metadata").at("name") != old_slice;
    }));
    // The watch tells it in this order, so whoever knows the third pod has seen all of that.
    on.add_pods(where, {2});
    REQUIRE(eventually([&] { return on.known(pool, 2) != std::nullopt; }));
    REQUIRE(callers.goes_on());

    CHECK(ids() == before);
    CHECK(pool.stats().endpoints.size() == 3);
    callers.stop();
    CHECK(callers.failed_acquires() == std::vector<std::string>{});
    CHECK(callers.failed_queries().empty());
}

TEST_CASE("with publishNotReadyAddresses a pod that isn't ready is used") {
    if (!stage::can_run()) return;
    stage& on = stage::shared();
    application_namespace where(on.plane());
    where.add_service("db", on.pod_port(), {{"clusterIP", "None"}, {"publishNotReadyAddresses", true}});
    on.add_pods(where, {0, 1});
    where.set_ready(pod_name(1), false);
    pool<database> pool(on.url(where, "db", "pool_max_conns=6&pool_min_conns=6&pool_name=published"));
    CHECK(eventually([&] { return on.sessions("published") == counts{3, 3, 0, 0, 0}; }));
}

TEST_CASE("pool_zone=auto is the zone of the endpoints on the own node") {
    if (!stage::can_run()) return;
    stage& on = stage::shared();
    application_namespace where(on.plane());
    where.add_service("db", on.pod_port());
    on.add_pods(where, {0}, "node-a");
    on.add_pods(where, {1}, "node-a2");
    on.add_pods(where, {2, 3}, "node-b");
    const on_node here("node-a");
    pool<database> pool(
        on.url(where, "db", "pool_max_conns=8&pool_min_conns=8&pool_zone=auto&pool_name=zone"));
    CHECK(eventually([&] { return on.sessions("zone") == counts{4, 4, 0, 0, 0}; }));
}

TEST_CASE("pool_zone=service follows the hints for zones") {
    if (!stage::can_run()) return;
    stage& on = stage::shared();
    application_namespace where(on.plane());
    where.add_service("db", on.pod_port(), {{"trafficDistribution", "PreferSameZone"}});
    on.add_pods(where, {0}, "node-a");
    on.add_pods(where, {1}, "node-a2");
    on.add_pods(where, {2, 3}, "node-b");
    const on_node here("node-a");
    pool<database> pool(
        on.url(where, "db", "pool_max_conns=8&pool_min_conns=8&pool_zone=service&pool_name=hinted"));
    CHECK(eventually([&] { return on.sessions("hinted") == counts{4, 4, 0, 0, 0}; }));
}

TEST_CASE("pool_zone=service follows the hints for nodes") {
    if (!stage::can_run()) return;
    stage& on = stage::shared();
    application_namespace where(on.plane());
    where.add_service("db", on.pod_port(), {{"trafficDistribution", "PreferSameNode"}});
    on.add_pods(where, {0}, "node-a");
    on.add_pods(where, {1}, "node-a2");
    const on_node here("node-a");
    pool<database> pool(
        on.url(where, "db", "pool_max_conns=8&pool_min_conns=8&pool_zone=service&pool_name=same-node"));
    CHECK(eventually([&] { return on.sessions("same-node") == counts{8, 0, 0, 0, 0}; }));
}
