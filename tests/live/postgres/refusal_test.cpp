// SPDX-License-Identifier: BSL-1.0
#include "pods.hpp"
#include "support/catch.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;

namespace {

/// A file that goes with the object, whatever becomes of the test.
struct passfile {
    const std::string path =
        std::filesystem::temp_directory_path() / ("podpool-passfile-" + std::to_string(getpid()));

    explicit passfile(const std::string& password) { write(password); }
    passfile(const passfile&) = delete;
    passfile& operator=(const passfile&) = delete;
    ~passfile() {
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
    }

    void write(const std::string& password) const {
        std::ofstream(path) << "*:*:*:*:" << password << '\n';
        std::filesystem::permissions(
            path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    }
};

}  // namespace

TEST_CASE("#24 a new line in a passfile counts at the next login, without a new pool") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    const passfile file("canary-old");
    login from_file;
    from_file.password.clear();
    pool<database> pool(servers.url("pool_max_conns=3&pool_name=passfile&passfile=" + file.path, from_file));
    CHECK_THROWS_AS(pool.acquire(1s), error);
    file.write(dialect::cluster::password());
    CHECK(eventually([&] {
        try {
            return static_cast<bool>(pool.acquire(1s));
        } catch (const error&) {
            return false;
        }
    }));
}

TEST_CASE(
    "#23 a server of another cluster that took the login is refused by its identity, listed or learnt") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    dialect::cluster others;
    const dialect::server& stranger = others.add_primary();
    const std::string ours = servers[0].sql("select system_identifier from pg_control_system()");
    const std::string option = GENERATE("learn", "listed");
    const std::string uri = "postgresql://" + dialect::cluster::user() + ":" + dialect::cluster::password() +
                            "@" + servers[0].address() + ":" + std::to_string(servers.port()) + "," +
                            stranger.address() + ":" + std::to_string(others.port()) +
                            "/shop?pool_max_conns=6&pool_name=identity&pool_verify_cluster=" +
                            (option == "listed" ? "1,2," + ours : option);
    INFO(option);
    pool<database> pool(uri);

    const auto leases = lease_at_once(pool, 6);

    const std::string chosen = leases.front().endpoint().address;
    for (const auto& one : leases) CHECK(one.endpoint().address == chosen);
    if (option == "listed") CHECK(chosen == servers[0].address());
    const auto refused = [&] {
        for (const endpoint_stats& one : pool.stats().endpoints) {
            if (one.where.address != chosen) return one.last_failure;
        }
        return failure();
    };
    REQUIRE(eventually([&] { return static_cast<bool>(refused()); }));
    CHECK(refused().kind == failure_kind::rejected);
    INFO(refused().message);
    CHECK(refused().message.find("another cluster's server: its system_identifier is \"") !=
          std::string::npos);
    CHECK(refused().message.find(option == "listed" ? "pool_verify_cluster has 1 and 2 more"
                                                    : "that of " + chosen) != std::string::npos);
}
