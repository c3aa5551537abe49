// SPDX-License-Identifier: BSL-1.0
// A server that is cut off without a word: what ends a statement whose caller has set no deadline. Packets
// vanish in a network namespace of this program's own, where its servers are, too.
#include "pods.hpp"
#include "support/catch.hpp"
#include "support/packet_filter.hpp"
#include "support/peer_sockets.hpp"

#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <future>
#include <iostream>
#include <iterator>
#include <set>

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using counts = std::vector<std::size_t>;
using ports = std::set<std::uint16_t>;

namespace {

/// Made before any server, so that they are reached.
const packet_filter& network() {
    static const packet_filter own;
    return own;
}

bool packets_can_vanish() {
    if (!network().available()) std::cout << "skipped: packets don't vanish: " << network().why_not() << '\n';
    return network().available();
}

ports difference(const ports& now, const ports& before) {
    ports added;
    std::set_difference(now.begin(), now.end(), before.begin(), before.end(),
                        std::inserter(added, added.end()));
    return added;
}

/// How a statement ends that nobody cancels.
template <class Statement>
std::future<std::string> outcome_of(Statement statement) {
    return std::async(std::launch::async, [statement]() -> std::string {
        try {
            statement();
            return "answered";
        } catch (const boost::system::system_error& problem) {
            if (problem.code() == errc::connection_lost) return "connection lost";
            return problem.what();
        }
    });
}

/// All packets to and from a server vanish, until the end of the scope.
class cut_off {
public:
    explicit cut_off(dialect::server& server) : server_(server) { network().drop(server.address()); }
    cut_off(const cut_off&) = delete;
    cut_off& operator=(const cut_off&) = delete;
    ~cut_off() { network().let_through(server_.address()); }

private:
    dialect::server& server_;
};

/// Two statements of ten minutes, one that blocks a thread and one that doesn't, end when packets vanish:
/// before or after the server has got them. The times on their sockets, which the driver has set, pass 30
/// times as fast; nothing is turned on.
void check_both_end(pods& servers, pool<database>& pool, bool sent_before) {
    const peer_sockets sockets(servers[0].address(), servers.port());
    const ports before = sockets.local_ports();
    auto leases = lease_at_once(pool, 2);
    const ports sessions = difference(sockets.local_ports(), before);
    REQUIRE(sessions.size() == 2);
    for (const std::uint16_t port : sessions) sockets.hurry(port, 30);

    const std::string statement = dialect::sleep(10min);
    std::vector<std::future<std::string>> outcomes;
    const auto send = [&] {
        outcomes.push_back(outcome_of([&] { leases[0]->query(statement); }));
        outcomes.push_back(outcome_of([&] { leases[1]->async_query(statement, asio::use_future).get(); }));
    };
    const auto all_arrived = [&] {
        return dialect::running(servers[0], "silenced") == 2 &&
               std::all_of(sessions.begin(), sessions.end(),
                           [&](std::uint16_t port) { return sockets.all_confirmed(port); });
    };
    bool ended = false;
    {
        if (sent_before) {
            send();
            CHECK(eventually(all_arrived));
        }
        const cut_off silence(servers[0]);
        if (!sent_before) send();
        ended = eventually([&] {
            return std::all_of(outcomes.begin(), outcomes.end(),
                               [](const auto& one) { return one.wait_for(0s) == std::future_status::ready; });
        });
    }
    CHECK(ended);
    // Else they would wait for ten minutes.
    if (!ended) servers[0].kill9();
    for (auto& one : outcomes) CHECK(one.get() == "connection lost");
}

void check_pool_outlasts_silence(bool sent_before) {
    pods& servers = shared_pods();
    servers.publish({0});
    pool<database> pool(
        servers.url("pool_max_conns=2&pool_connect_timeout=2s&pool_acquire_timeout=60s&pool_name=silenced"));
    REQUIRE(eventually([&] { return pool.stats().endpoints.size() == 1; }));
    check_both_end(servers, pool, sent_before);
    servers[0].start();
    for (auto& one : lease_at_once(pool, 2)) CHECK(one->query("select 1").get<int>(0, 0) == 1);
}

}  // namespace

TEST_CASE("a statement without a deadline that the server has got ends by keep-alives when packets vanish") {
    if (!packets_can_vanish() || !live_tests_can_run()) return;
    check_pool_outlasts_silence(true);
}

TEST_CASE("a statement without a deadline that never arrives ends when nothing confirms it") {
    if (!packets_can_vanish() || !live_tests_can_run()) return;
    check_pool_outlasts_silence(false);
}

TEST_CASE("the socket of every session has keep-alives and an end for unanswered data") {
    static_cast<void>(network());
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    std::vector<peer_sockets> sockets;
    std::vector<ports> before;
    for (std::size_t i = 0; i < servers.size(); ++i) {
        sockets.emplace_back(servers[i].address(), servers.port());
        before.push_back(sockets.back().local_ports());
    }
    pool<database> pool(servers.url("pool_max_conns=6&pool_min_conns=6&pool_name=watched"));
    REQUIRE(eventually([&] { return pool.stats().idle == 6; }));
    const keep_alive expected{true, 30s, 10s, 3, 20s};
    std::size_t sessions = 0;
    for (std::size_t i = 0; i < servers.size(); ++i) {
        for (const std::uint16_t port : difference(sockets[i].local_ports(), before[i])) {
            ++sessions;
            CHECK(sockets[i].keep_alive_of(port) == expected);
        }
    }
    CHECK(sessions == 6);
}
