// SPDX-License-Identifier: BSL-1.0
// A process ends by exit() while a pool with static storage is at work on TLS sessions. The process is this
// program once more, with one of the hidden test cases.
#include "child_case.hpp"
#include "pods.hpp"
#include "support/catch.hpp"
#include "support/tls_files.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstdlib>
#include <deque>
#include <iostream>
#include <random>
#include <string_view>

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;

namespace {

/// How often each way to end is tried: what goes on at that moment differs from run to run.
constexpr int runs = 8;
constexpr const char* pool_keys = "&pool_max_conns=24&pool_min_conns=24";

/// Clients of one server with TLS, for all tests of this file.
std::string tls_url() {
    static const tls_files files("shop.test");
    static dialect::cluster servers = [] {
        dialect::cluster_settings settings = dialect::settings(120);
        settings.tls = &files;
        return dialect::cluster(settings);
    }();
    if (servers.servers().empty()) {
        files.sign("IP:" + servers.address(11));
        servers.add_primary();
    }
    return dialect::scheme + ("://" + dialect::cluster::user()) + ":" + dialect::cluster::password() + "@" +
           servers.servers().front()->address() + ":" + std::to_string(servers.port()) + "/" +
           dialect::cluster::database() + "?sslmode=verify-full&sslrootcert=" + files.ca() + pool_keys;
}

bool can_run() {
    std::string why;
    if (!tls_files::available(why)) std::cout << "skipped: " << why << '\n';
    return why.empty() && live_tests_can_run();
}

void check_that_children_exit(const char* test_case) {
    for (int run = 0; run < runs; ++run) {
        program child(child_with(test_case, tls_url()));
        const int code = child.exit_code();
        INFO("run " << run << ": " << child.output());
        REQUIRE(told(child, "exits") == "now");
        REQUIRE(code == 0);
    }
}

[[noreturn]] void exit_soon() {
    std::random_device random;
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 40));
    tell("exits", "now");
    std::exit(0);
}

pool<database>& own_thread_pool() {
    static pool<database> made(given_url());
    return made;
}

/// Leases that are given back all at once, which resets their sessions.
void use_many(pool<database>& pool) {
    std::deque<lease<database>> leases;
    for (int i = 0; i < 12; ++i) {
        leases.push_back(pool.acquire());
        leases.back()->query("select 1");
    }
}

void wait_until_open(pool<database>& pool) {
    REQUIRE(eventually([&] { return pool.stats().idle == pool.stats().max_conns; }));
}

}  // namespace

TEST_CASE("(in the child) exit while a static pool opens connections", "[.]") {
    own_thread_pool().acquire()->query("select 1");
    exit_soon();
}

TEST_CASE("(in the child) exit while the connections of a static pool are idle", "[.]") {
    wait_until_open(own_thread_pool());
    exit_soon();
}

TEST_CASE("(in the child) exit while a static pool resets connections", "[.]") {
    wait_until_open(own_thread_pool());
    use_many(own_thread_pool());
    exit_soon();
}

TEST_CASE("(in the child) exit while a static pool renews connections", "[.]") {
    wait_until_open(own_thread_pool());
    own_thread_pool().renew_all();
    exit_soon();
}

TEST_CASE("(in the child) exit while a static pool closes connections", "[.]") {
    wait_until_open(own_thread_pool());
    own_thread_pool().close();
    exit_soon();
}

TEST_CASE("(in the child) exit with a static pool on static threads that are older", "[.]") {
    static boost::asio::thread_pool threads(2);
    static pool<database> pool(threads.get_executor(), given_url());
    use_many(pool);
    exit_soon();
}

TEST_CASE("(in the child) exit with a static pool on a static context that nobody runs any more", "[.]") {
    static boost::asio::io_context context;
    static pool<database> pool(context.get_executor(), given_url());
    std::thread runner([] { context.run(); });
    use_many(pool);
    context.stop();
    runner.join();
    exit_soon();
}

TEST_CASE("exit() is safe while a static pool with TLS has idle connections") {
    if (!can_run()) return;
    check_that_children_exit("(in the child) exit while the connections of a static pool are idle");
}

TEST_CASE("exit() is safe while a static pool with TLS opens connections") {
    if (!can_run()) return;
    check_that_children_exit("(in the child) exit while a static pool opens connections");
}

TEST_CASE("exit() is safe while a static pool with TLS resets connections") {
    if (!can_run()) return;
    check_that_children_exit("(in the child) exit while a static pool resets connections");
}

TEST_CASE("exit() is safe while a static pool with TLS renews or closes connections") {
    if (!can_run()) return;
    check_that_children_exit("(in the child) exit while a static pool renews connections");
    check_that_children_exit("(in the child) exit while a static pool closes connections");
}

TEST_CASE("exit() is safe with a static pool with TLS on an executor that is destroyed after it") {
    if (!can_run()) return;
    check_that_children_exit("(in the child) exit with a static pool on static threads that are older");
    // A login of MySQL's goes on, on a thread of the driver's: nobody runs what would end it and wait for it.
    if (std::string_view(dialect::scheme) == "mysql") return;
    check_that_children_exit(
        "(in the child) exit with a static pool on a static context that nobody runs any more");
}
