// SPDX-License-Identifier: BSL-1.0
#include "live/pods.hpp"
#include "support/catch.hpp"
#include "support/peer_sockets.hpp"

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;

TEST_CASE("keep-alives that the connection string asks for are on the socket") {
    if (!live_tests_can_run()) return;
    pods servers(1);
    const peer_sockets sockets(servers[0].address(), servers.port());
    pool<database> pool(
        servers.url("pool_max_conns=1&keepalives_idle=7&keepalives_interval=5&keepalives_count=2"
                    "&tcp_user_timeout=9000&pool_name=asked"));
    const auto connection = pool.acquire();
    const auto sessions = sockets.local_ports();
    REQUIRE(sessions.size() == 1);
    CHECK(sockets.keep_alive_of(*sessions.begin()) == keep_alive{true, 7s, 5s, 2, 9s});
}
