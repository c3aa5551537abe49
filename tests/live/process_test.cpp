// SPDX-License-Identifier: BSL-1.0
// What happens to the process itself: it forks, it runs out of file descriptors.
#include "pods.hpp"
#include "support/catch.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;
using counts = std::vector<std::size_t>;

namespace {

/// Leaves the process `left` file descriptors to open and no more, for as long as it exists.
class few_descriptors {
public:
    explicit few_descriptors(std::size_t left) {
        REQUIRE(getrlimit(RLIMIT_NOFILE, &before_) == 0);
        // Each is the lowest that is free, so nothing is free below the last one.
        for (std::size_t taken = 0; taken <= left; ++taken) {
            taken_.push_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
            REQUIRE(taken_.back() >= 0);
        }
        rlimit tight = before_;
        tight.rlim_cur = static_cast<rlim_t>(taken_.back()) + 1;
        REQUIRE(setrlimit(RLIMIT_NOFILE, &tight) == 0);
        for (; left > 0; --left) {
            close(taken_.back());
            taken_.pop_back();
        }
    }
    few_descriptors(const few_descriptors&) = delete;
    few_descriptors& operator=(const few_descriptors&) = delete;
    ~few_descriptors() {
        setrlimit(RLIMIT_NOFILE, &before_);
        for (const int descriptor : taken_) close(descriptor);
    }

private:
    rlimit before_{};
    std::vector<int> taken_;
};

/// Whether a test can run that takes all descriptors; says so if only these can't.
bool descriptors_can_be_taken() {
    if (!live_tests_can_run()) return false;
#ifdef PODPOOL_TEST_UBSAN
    // It looks at an object's type through a pipe, and takes the lack of one for a lack of the object.
    std::cout << "skipped: UndefinedBehaviorSanitizer needs file descriptors itself\n";
    return false;
#else
    return true;
#endif
}

std::size_t open_descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

std::vector<std::string> ids_of(pods& servers, const std::string& name) {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < servers.size(); ++i) ids.push_back(dialect::session_ids(servers[i], name));
    return ids;
}

}  // namespace

TEST_CASE("#25 a child of fork() is refused and ends in good order, and the parent keeps its sessions") {
    if (!live_tests_can_run()) return;
    pods& servers = shared_pods();
    auto parent =
        std::make_unique<pool<database>>(servers.url("pool_max_conns=3&pool_min_conns=3&pool_name=forked"));
    REQUIRE(eventually([&] { return servers.sessions("forked") == counts{1, 1, 1}; }));
    lease<database> held = parent->acquire();
    const std::vector<std::string> before = ids_of(servers, "forked");

    const pid_t child = fork();
    if (child == 0) {
        int answer = 1;
        try {
            static_cast<void>(parent->acquire(100ms));
        } catch (const error& refused) {
            answer = refused.code() == errc::forked ? 0 : 2;
        }
        held.release();
        parent.reset();
        _exit(answer);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    CHECK(held->query("select 1").get<int>(0, 0) == 1);
    held.release();
    for (auto& one : lease_at_once(*parent, 3)) CHECK(one->query("select 1").get<int>(0, 0) == 1);
    CHECK(ids_of(servers, "forked") == before);
    CHECK(eventually([&] { return servers.agree_with(*parent, "forked"); }));
}

TEST_CASE(
    "#34 without file descriptors what is open serves on, and connections open when there are some again") {
    if (!descriptors_can_be_taken()) return;
    pods& servers = shared_pods();
    pool<database> pool(servers.url("pool_max_conns=6&pool_rebalance_pace=100%25&pool_name=nofiles"));
    lease<database> open = pool.acquire();
    CHECK(open->query("select 1").get<int>(0, 0) == 1);
    {
        const few_descriptors none(0);
        // The pool goes on asking servers and DNS, and gets nowhere.
        std::string said;
        try {
            const auto unexpected = pool.acquire(2s);
        } catch (const error& problem) {
            said = problem.what();
        }
        INFO(said);
        // MySQL's client library has the number for it.
        const bool told = said.find("Too many open files") != std::string::npos ||
                          said.find("(" + std::to_string(EMFILE) + ")") != std::string::npos;
        CHECK(told);
        CHECK(open->query("select 1").get<int>(0, 0) == 1);
    }
    open.release();
    CHECK(lease_at_once(pool, 6).size() == 6);
    CHECK(pool.stats().endpoints.size() == 3);
    // Those that were tried last get theirs a little later.
    CHECK(eventually([&] { return servers.sessions("nofiles") == counts{2, 2, 2}; }));
    CHECK(eventually([&] { return servers.agree_with(pool, "nofiles"); }));
}

TEST_CASE("#34 whichever descriptor can't be had, a pool serves once there are some, and leaks none") {
    if (!descriptors_can_be_taken()) return;
    pods& servers = shared_pods();
    const std::string url = servers.url("pool_max_conns=2&pool_name=few");
    {
        // What the libraries and this test keep open from the first pool on.
        pool<database> first(url);
        CHECK(first.acquire());
        CHECK(eventually([&] { return servers.agree_with(first, "few"); }));
    }
    const std::size_t before = open_descriptors();
    bool all_went_well = false;
    std::size_t left = 0;
    for (; left < 40 && !all_went_well; ++left) {
        CAPTURE(left);
        {
            std::optional<pool<database>> made;
            {
                const few_descriptors few(left);
                std::string said;
                try {
                    made.emplace(url);
                    all_went_well = static_cast<bool>(made->acquire(500ms));
                } catch (const podpool::error& problem) {
                    said = problem.what();
                }
                CHECK(all_went_well == said.empty());
            }
            if (made) {
                for (auto& one : lease_at_once(*made, 2)) CHECK(one->query("select 1").get<int>(0, 0) == 1);
                CHECK(eventually([&] { return servers.agree_with(*made, "few"); }));
            }
        }
        CHECK(eventually([&] { return open_descriptors() == before; }));
    }
    CHECK(all_went_well);
    CHECK(left > 4);
}
