// SPDX-License-Identifier: BSL-1.0
#include "live.hpp"

#include <podpool/pool.hpp>

#include <libpq-fe.h>

#include <boost/asio/use_future.hpp>

#include <malloc.h>

#include <cstddef>
#include <fstream>
#include <string>
#include <vector>

namespace podpool::test {
namespace {

constexpr const char* bound = "pool_max_conn_buffer=1MiB";

bool oversized(live_session& session) {
    const return_state state = session.inspect(reset_mode::full);
    CHECK_FALSE(state.why);
    return state.oversized;
}

TEST_CASE("a connection that carried a large row or statement says so when its lease ends") {
    if (!have_postgres()) return;
    live_session session(shared_server(), bound);
    SECTION("a row") { session.connection->query("select repeat('x', 1100000)"); }
    SECTION("a row of many columns") {
        session.connection->query("select repeat('x', 600000), repeat('y', 600000)");
    }
    SECTION("one row among small ones") {
        session.connection->query(
            "select repeat('x', case i when 500 then 2000000 else 10 end) "
            "from generate_series(1, 1000) i");
    }
    SECTION("a row of a statement whose result isn't returned") {
        session.connection->query("select repeat('x', 1100000); select 1");
    }
    SECTION("a row, asynchronously") {
        auto answer = session.connection->async_query("select repeat('x', 1100000)", boost::asio::use_future);
        session.context.restart();
        session.context.run();
        CHECK(answer.get().rows() == 1);
    }
    SECTION("a statement") { session.connection->query("select 1 -- " + std::string(1100000, 'x')); }
    SECTION("a parameter") { session.connection->query("select length($1)", std::string(1100000, 'x')); }
    SECTION("many parameters together") {
        session.connection->query("select length($1) + length($2)", std::string(600000, 'x'),
                                  std::string(600000, 'y'));
    }
    SECTION("an error") {
        CHECK_THROWS_AS(session.connection->query("do $$ begin raise '%', repeat('x', 1100000); end $$"),
                        postgres_error);
    }
    SECTION("a notice") {
        session.connection->query("do $$ begin raise notice '%', repeat('x', 1100000); end $$");
    }
    CHECK(oversized(session));
}

TEST_CASE("a large result of small rows leaves its connection as it is") {
    if (!have_postgres()) return;
    live_session session(shared_server(), bound);
    const postgres_result answer =
        session.connection->query("select repeat('x', 1000) from generate_series(1, 5000)");
    CHECK(answer.rows() == 5000);
    session.connection->query("select repeat('x', 900000)");
    session.connection->query("select length($1)", std::string(900000, 'x'));
    CHECK_FALSE(oversized(session));
}

TEST_CASE("without a bound no connection is too large") {
    if (!have_postgres()) return;
    live_session session(shared_server(), "pool_max_conn_buffer=none");
    session.connection->query("select repeat('x', 20000000)");
    CHECK_FALSE(oversized(session));
}

std::size_t resident_megabytes() {
    malloc_trim(0);
    std::size_t all = 0;
    std::size_t resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    return resident * 4 / 1024;
}

TEST_CASE("the memory of large rows is given back when their leases end") {
    if (!have_postgres()) return;
    constexpr std::size_t many = 5;
    pool<postgres> used(options::parse(conninfo(shared_server(), "pool_max_conns=5")));
    const auto lease_all = [&](const std::string& sql) {
        std::vector<lease<postgres>> leases;
        for (std::size_t i = 0; i < many; ++i) {
            leases.push_back(used.acquire());
            leases.back()->query(sql);
        }
    };
    lease_all("select 1");
    CHECK(used.stats().open == many);
    const std::size_t before = resident_megabytes();
    lease_all("select repeat('x', 30000000)");
    eventually("the large connections are closed", [&] { return used.stats().closing == 0; });
    CHECK(used.stats().closes[static_cast<std::size_t>(close_reason::oversized)] == many);
    // Unbounded it would be 5 times 30 MB or more.
    CHECK(resident_megabytes() < before + 60);
    lease_all("select 1");
    CHECK(used.stats().closes[static_cast<std::size_t>(close_reason::oversized)] == many);
}

/// Whether libpq holds a notification.
bool holds_news(PGconn* native) {
    PGnotify* const news = PQnotifies(native);
    const bool holds = news != nullptr;
    PQfreemem(news);
    return holds;
}

TEST_CASE("notifications don't pile up in a connection, whatever pool_reset is") {
    if (!have_postgres()) return;
    const reset_mode mode = GENERATE(reset_mode::full, reset_mode::rollback, reset_mode::none);
    live_session session(shared_server());
    live_session other(shared_server());
    PGconn* native = session.connection->native_handle();
    session.connection->query("listen news");
    other.connection->query("notify news");
    // They are the caller's for as long as he has the connection.
    eventually("the notification comes", [&] {
        session.connection->query("select 1");
        return holds_news(native);
    });

    SECTION("what came during a lease") {
        session.connection->query("notify news");
        CHECK_FALSE(session.inspect(mode).why);
        CHECK_FALSE(holds_news(native));
    }
    SECTION("what comes while the connection is idle") {
        CHECK_FALSE(session.inspect(mode).why);
        for (int i = 0; i < 100; ++i) other.connection->query("notify news, '" + std::to_string(i) + "'");
        if (GENERATE(true, false)) {
            CHECK(session.driver.is_alive(*session.connection));
        } else {
            CHECK_FALSE(session.ping());
        }
        CHECK_FALSE(holds_news(native));
    }
}

}  // namespace
}  // namespace podpool::test
