// SPDX-License-Identifier: BSL-1.0
#include "load.hpp"
#include "pods.hpp"
#include "support/catch.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <sstream>

using namespace podpool;
using namespace podpool::test;
namespace asio = boost::asio;
using counts = std::vector<std::size_t>;

namespace {

asio::awaitable<void> query_many(pool<database>& pool, int times, std::atomic<int>& right,
                                 std::atomic<int>& wrong) {
    for (int i = 0; i < times; ++i) {
        try {
            auto connection = co_await pool.async_acquire(asio::use_awaitable);
            const auto rows = co_await connection->async_query(dialect::twice, i, asio::use_awaitable);
            ++(rows.get<int>(0, 0) == 2 * i ? right : wrong);
        } catch (const std::exception&) {
            ++wrong;
        }
    }
}

}  // namespace

TEST_CASE("#23 retire_all replaces every session on every server, under load and without an error") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    pool<database> pool(servers.url("pool_max_conns=12&pool_min_conns=12&pool_name=retired"));
    REQUIRE(eventually([&] { return servers.sessions("retired") == counts{4, 4, 4}; }));
    load callers(pool, 6);
    REQUIRE(callers.goes_on());
    std::vector<std::string> before;
    for (std::size_t i = 0; i < 3; ++i) before.push_back(dialect::session_ids(servers[i], "retired"));

    pool.retire_all();

    REQUIRE(eventually([&] {
        // Server by server: each gives out its ids by itself.
        for (std::size_t i = 0; i < 3; ++i) {
            const std::string now = "," + dialect::session_ids(servers[i], "retired");
            std::istringstream old(before[i]);
            for (std::string id; std::getline(old, id, ',');) {
                if (now.find("," + id + ",") != std::string::npos) return false;
            }
        }
        return true;
    }));
    REQUIRE(eventually([&] { return servers.sessions("retired") == counts{4, 4, 4}; }));
    REQUIRE(callers.goes_on());
    callers.stop();
    CHECK(callers.failed_acquires().empty());
    CHECK(callers.failed_queries().empty());
}

TEST_CASE("#24 resize is seen by the servers: fewer sessions soon, more as soon as callers need them") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    pool<database> pool(servers.url("pool_max_conns=12&pool_name=resized"));
    auto leases = lease_at_once(pool, 12);
    CHECK(servers.sessions("resized") == counts{4, 4, 4});

    pool.resize(6);
    CHECK(servers.sessions("resized") == counts{4, 4, 4});
    leases.clear();
    REQUIRE(eventually([&] { return sum(servers.sessions("resized")) == 6; }));
    leases = lease_at_once(pool, 6);
    CHECK(sum(servers.sessions("resized")) == 6);

    pool.resize(15);
    for (auto& more : lease_at_once(pool, 9)) leases.push_back(std::move(more));
    CHECK(servers.sessions("resized") == counts{5, 5, 5});
}

TEST_CASE("#26 close ends every idle session on the servers, and a leased one when it comes back") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    pool<database> pool(servers.url("pool_max_conns=6&pool_name=closed"));
    auto leases = lease_at_once(pool, 6);
    auto held = std::move(leases.front());
    leases.clear();

    pool.close();

    REQUIRE(eventually([&] { return sum(servers.sessions("closed")) == 1; }));
    CHECK(held->query("select 42").get<int>(0, 0) == 42);
    held.release();
    REQUIRE(eventually([&] { return sum(servers.sessions("closed")) == 0; }));
    CHECK_THROWS_AS(pool.acquire(), error);
}

TEST_CASE("a list of addresses is spread over like the pods of a name") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    std::string list;
    for (std::size_t i = 0; i < servers.size(); ++i) {
        list += (i == 0 ? "" : ",") + servers[i].address() + ":" + std::to_string(servers.port());
    }
    const login as;
    pool<database> pool(dialect::scheme + ("://" + as.user) + ":" + as.password + "@" + list + "/" +
                        as.database + "?pool_max_conns=9&pool_name=listed");
    const auto leases = lease_at_once(pool, 9);
    CHECK(servers.sessions("listed") == counts{3, 3, 3});
}

TEST_CASE("forty coroutines on two threads of the user's own context share twelve sessions evenly") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    asio::io_context context;
    std::atomic<int> right{0};
    std::atomic<int> wrong{0};
    {
        pool<database> pool(context.get_executor(),
                            servers.url("pool_max_conns=12&pool_min_conns=12&pool_name=async"));
        for (int i = 0; i < 40; ++i)
            asio::co_spawn(context, query_many(pool, 50, right, wrong), asio::detached);
        std::thread first([&] { context.run(); });
        std::thread second([&] { context.run(); });
        CHECK(eventually([&] { return right + wrong == 40 * 50; }));
        CHECK(servers.sessions("async") == counts{4, 4, 4});
        pool.close();
        first.join();
        second.join();
    }
    CHECK(right == 40 * 50);
    CHECK(wrong == 0);
    REQUIRE(eventually([&] { return sum(servers.sessions("async")) == 0; }));
}
