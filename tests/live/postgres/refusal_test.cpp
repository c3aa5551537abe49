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

void write_passfile(const std::string& path, const std::string& password) {
    std::ofstream(path) << "*:*:*:*:" << password << '\n';
    std::filesystem::permissions(path,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace

TEST_CASE("#24 a new line in a passfile counts at the next login, without a new pool") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    const std::string path =
        std::filesystem::temp_directory_path() / ("podpool-passfile-" + std::to_string(getpid()));
    write_passfile(path, "canary-old");
    login from_file;
    from_file.password.clear();
    pool<database> pool(servers.url("pool_max_conns=3&pool_name=passfile&passfile=" + path, from_file));
    CHECK_THROWS_AS(pool.acquire(1s), error);
    write_passfile(path, dialect::cluster::password());
    CHECK(eventually([&] {
        try {
            return static_cast<bool>(pool.acquire(1s));
        } catch (const error&) {
            return false;
        }
    }));
    std::filesystem::remove(path);
}
