// SPDX-License-Identifier: BSL-1.0
#include "cycles.hpp"
#include "groups.hpp"
#include "hand_pool.hpp"
#include "queries.hpp"

#include <support/mysql_server.hpp>

#include <podpool/mysql.hpp>
#include <podpool/pool.hpp>

#if __has_include(<mysql/jdbc.h>)
#include <mysql/jdbc.h>
#else
#include <cppconn/connection.h>
#include <cppconn/driver.h>
#include <cppconn/resultset.h>
#include <cppconn/statement.h>
#endif

#include <memory>
#include <stdexcept>
#include <thread>

namespace podpool::bench {

namespace {

const char* const group_name = "mysql";
const figure rate{"queries/s", 0};
const figure wait{"µs", 0};
const figure cycle_time{"ns", 1};
/// Of acquire + release: short, so that a round fits between two interruptions.
constexpr std::chrono::milliseconds cycle_round{2};

/// A session of the connector's own, without podpool.
struct plain_session {
    std::unique_ptr<sql::Connection> connection;
    std::unique_ptr<sql::Statement> text;

    void query() const {
        const std::unique_ptr<sql::ResultSet> rows(text->executeQuery(statement));
        while (rows->next()) benchmark::DoNotOptimize(rows->getInt(1));
    }
};

test::mysql_cluster_settings cluster_settings() {
    std::string why;
    if (!test::mysql_cluster::available(why)) throw std::runtime_error(why);
    test::mysql_cluster_settings settings;
    settings.max_connections = 200;
    return settings;
}

/// A real server for the benchmarks.
class mysql_database {
public:
    mysql_database() : cluster_(cluster_settings()), server_(&cluster_.add_primary()) {}

    [[nodiscard]] plain_session open() const {
        sql::ConnectOptionsMap options;
        options["hostName"] = "tcp://" + server_->address() + ":" + std::to_string(server_->port());
        options["userName"] = test::mysql_cluster::user();
        options["password"] = test::mysql_cluster::password();
        options["schema"] = test::mysql_cluster::database();
        plain_session opened;
        opened.connection.reset(get_driver_instance()->connect(options));
        opened.text.reset(opened.connection->createStatement());
        return opened;
    }

    [[nodiscard]] std::string uri(std::size_t connections) const {
        const std::string size = std::to_string(connections);
        return "mysql://" + test::mysql_cluster::user() + ":" + test::mysql_cluster::password() + "@" +
               server_->address() + ":" + std::to_string(server_->port()) + "/" +
               test::mysql_cluster::database() + "?sslmode=disable&pool_max_conns=" + size;
    }

private:
    test::mysql_cluster cluster_;
    test::mysql_server* server_;
};

/// Sessions that are opened and closed, one after the other.
void compare_opening(const mysql_database& server, const bench_settings& settings, report& into) {
    constexpr std::size_t rounds = 9;
    pool<mysql> ours(server.uri(1) + "&pool_max_conn_idle_time=1h");
    const auto result =
        run_rounds({querying("podpool", 1, placement::anywhere, settings.long_round,
                             [&](std::size_t) { ours.acquire().discard(); }),
                    querying("connector", 1, placement::anywhere, settings.long_round,
                             [&](std::size_t) { benchmark::DoNotOptimize(server.open().connection.get()); })},
                   settings.rounds_or(rounds));
    row time(group_name, "MySQL: open, log in, close", wait, result.of(0, latency_p50));
    time.against("the connector alone", result.of(1, latency_p50));
    into.rows.push_back(time);
}

/// acquire + release of idle connections: the same path as for any driver.
void compare_cycles(const mysql_database& server, const bench_settings& settings, report& into) {
    constexpr std::size_t rounds = 101;
    constexpr std::size_t connections = 10;
    pool<mysql> ours(server.uri(connections) + "&pool_min_conns=10");
    wait_until_full(ours, connections);
    stub_connections numbers(connections);
    hand_pool<int> hand(numbers.pointers());
    const auto measured = [&](std::string name, std::function<void(std::size_t)> batch) {
        return contender{std::move(name), [batch = std::move(batch)] {
                             const auto work = run_together(1, placement::pinned, cycle_round,
                                                            [&](std::size_t, clock::time_point deadline) {
                                                                return repeat_until(deadline, batch);
                                                            });
                             return measurement{{work.nanoseconds_per_cycle()}, work.disturbance()};
                         }};
    };
    const std::string workload = "MySQL: acquire + release, 1 thread, 10 connections";
    const auto result = run_rounds({measured("podpool", [&](std::size_t count) { cycle(ours, count); }),
                                    measured("hand-written", [&](std::size_t count) { cycle(hand, count); })},
                                   settings.rounds_or(rounds));
    row time(group_name, workload, cycle_time, result.of(0));
    time.against("hand-written", result.of(1));
    into.rows.push_back(time);
    into.note_disturbed(workload, result);
}

void compare_queries(const mysql_database& server, std::size_t callers, const bench_settings& settings,
                     report& into) {
    constexpr std::size_t rounds = 9;
    std::vector<plain_session> plain;
    for (std::size_t i = 0; i < callers; ++i) plain.push_back(server.open());
    pool<mysql> ours(server.uri(callers) + "&pool_min_conns=" + std::to_string(callers));
    wait_until_full(ours, callers);
    const auto result = run_rounds({querying("podpool", callers, placement::anywhere, settings.long_round,
                                             [&](std::size_t) {
                                                 const auto leased = ours.acquire();
                                                 const auto rows = leased->query(statement);
                                                 benchmark::DoNotOptimize(rows.rows());
                                             }),
                                    querying("connector", callers, placement::anywhere, settings.long_round,
                                             [&](std::size_t index) { plain[index].query(); })},
                                   settings.rounds_or(rounds));
    const std::string workload =
        "MySQL: select 1, blocking, " + std::to_string(callers) + (callers == 1 ? " caller" : " callers");
    row throughput(group_name, workload, rate, result.of(0, queries_per_second));
    throughput.against("a connection per thread", result.of(1, queries_per_second));
    into.rows.push_back(throughput);
    row slow(group_name, workload + ": p99", wait, result.of(0, latency_p99));
    slow.against("a connection per thread", result.of(1, latency_p99));
    into.rows.push_back(slow);
}

}  // namespace

void run_mysql_group(const bench_settings& settings, report& into) {
    const mysql_database server;
    compare_opening(server, settings, into);
    compare_cycles(server, settings, into);
    for (const std::size_t callers : {std::size_t{1}, std::size_t{8}, std::size_t{32}}) {
        compare_queries(server, callers, settings, into);
    }
}

}  // namespace podpool::bench
