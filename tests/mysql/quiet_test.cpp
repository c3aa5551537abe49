// SPDX-License-Identifier: BSL-1.0
// Standard error belongs to the program.
#include "live.hpp"
#include "support/child_process.hpp"

#include <podpool/error.hpp>
#include <podpool/pool.hpp>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace podpool::test {
namespace {

TEST_CASE("nothing appears on standard error because of a pool") {
    if (!have_mysql()) return;
    const std::string directory = make_temporary_directory("podpool-quiet-");
    const std::string file = directory + "/stderr";
    const std::string where = conninfo(shared_server(), "pool_max_conns=2");
    run_child({"sh", "-c", "PODPOOL_TEST_TARGET=\"$1\" \"$2\" 'a whole life of a pool' 2>\"$3\"", "sh", where,
               std::filesystem::read_symlink("/proc/self/exe"), file});
    CHECK(std::filesystem::exists(file));
    CHECK(read_text(file).empty());
    std::filesystem::remove_all(directory);
}

/// Run by the test above in a process of its own.
TEST_CASE("a whole life of a pool", "[.]") {
    const char* const target = std::getenv("PODPOOL_TEST_TARGET");
    REQUIRE(target != nullptr);
    {
        pool<mysql> connections{std::string(target)};
        for (int i = 0; i < 3; ++i) {
            auto one = connections.acquire();
            auto other = connections.acquire();
            CHECK(one->query("select ?", i).get<int>(0, std::size_t{0}) == i);
            CHECK_THROWS_AS(one->query("no such statement"), mysql_error);
            // The one is rolled back, the other replaced.
            one->query("begin");
            other->query("set @x = 1");
        }
        CHECK_THROWS_AS(connections.acquire()->query("kill connection_id()"), mysql_error);
        connections.acquire()->query("select 1");
    }
    pool<mysql> refused("mysql://nobody:wrong@127.0.0.1:1/shop?pool_max_conns=1&pool_acquire_timeout=1s");
    CHECK_THROWS_AS(static_cast<void>(refused.acquire()), error);
}

}  // namespace
}  // namespace podpool::test
