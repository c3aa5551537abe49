// SPDX-License-Identifier: BSL-1.0
// What a program inherits that is started while a pool is open.
#include "pods.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/inherited_descriptors.hpp"

#include <boost/asio/use_future.hpp>

#include <unistd.h>

#include <set>
#include <sstream>

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;

namespace {

/// What a program started now has open: sockets, and what epoll and timers are made of.
std::set<std::string> open_in_a_child() {
    std::set<std::string> found;
    std::istringstream lines(
        run_child({"sh", "-c", "for one in /proc/self/fd/*; do readlink $one; done; true"}));
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("socket:") || line.starts_with("anon_inode:")) found.insert(line);
    }
    return found;
}

}  // namespace

TEST_CASE("a program that is started while a pool is open inherits none of its descriptors") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    const auto before = inheritable_descriptors(getpid());
    const auto before_in_a_child = open_in_a_child();
    pool<database> pool(servers.url("pool_max_conns=6&pool_min_conns=6"));
    REQUIRE(eventually([&] { return pool.stats().idle == 6; }));
    auto held = pool.acquire();
    held->async_query("select 1", boost::asio::use_future).get();

    const auto check = [&] {
        for (const auto& [number, what] : further_inheritable_descriptors(getpid(), before)) {
            FAIL_CHECK("descriptor " << number << " is inherited: " << what);
        }
        // libpq and c-ares mark a socket right after they have made it, so a child that is started between
        // the two has it.
        CHECK(eventually([&] { return open_in_a_child() == before_in_a_child; }));
    };
    check();
    // Questions to a name server that is gone, and sessions that are opened and closed.
    servers.dns().stop();
    pool.renew_all();
    for (int i = 0; i < 10; ++i) check();
    servers.dns().start();
    REQUIRE(eventually([&] { return pool.stats().renewals >= 5; }));
    check();
}
