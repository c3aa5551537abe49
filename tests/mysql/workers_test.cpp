// SPDX-License-Identifier: BSL-1.0
#include "workers.hpp"
#include "support/catch.hpp"

#include <pthread.h>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <future>
#include <latch>
#include <set>
#include <thread>
#include <vector>

namespace podpool::detail {
namespace {

TEST_CASE("every job in flight has a thread of its own, up to the bound") {
    constexpr int most = 8;
    mysql_workers workers(most);
    // Nobody gets past it unless all run at once.
    std::latch together(most);
    std::atomic<int> done{0};
    for (int i = 0; i < most; ++i) {
        workers.submit([&] {
            together.arrive_and_wait();
            ++done;
        });
    }
    together.wait();
    std::promise<void> last;
    workers.submit([&] { last.set_value(); });
    last.get_future().get();
    CHECK(workers.threads() <= most);
}

TEST_CASE("jobs beyond the bound wait for their turn") {
    mysql_workers workers(2);
    std::promise<void> open;
    const std::shared_future<void> gate = open.get_future().share();
    std::atomic<int> ran{0};
    // Two threads take the jobs, so that the last to be submitted need not be the last to end.
    std::latch all(10);
    for (int i = 0; i < 2; ++i) workers.submit([gate] { gate.wait(); });
    for (int i = 0; i < 10; ++i) {
        workers.submit([&] {
            ++ran;
            all.count_down();
        });
    }
    CHECK(workers.threads() == 2);
    CHECK(ran == 0);
    open.set_value();
    all.wait();
    CHECK(ran == 10);
}

TEST_CASE("an idle thread is used again") {
    // Room for a new thread each time.
    mysql_workers workers(64);
    constexpr std::size_t jobs = 20;
    std::set<std::thread::id> seen;
    for (std::size_t i = 0; i < jobs; ++i) {
        std::promise<std::thread::id> ran;
        workers.submit([&] { ran.set_value(std::this_thread::get_id()); });
        seen.insert(ran.get_future().get());
    }
    CHECK(seen.size() < jobs);
    CHECK(workers.threads() < jobs);
}

TEST_CASE("the end runs what was submitted and joins every thread") {
    std::atomic<int> ran{0};
    {
        mysql_workers workers(3);
        for (int i = 0; i < 50; ++i) workers.submit([&] { ++ran; });
    }
    CHECK(ran == 50);
    const mysql_workers unused(3);
    CHECK(unused.threads() == 0);
}

TEST_CASE("a program's signals are never delivered to a worker") {
    mysql_workers workers(1);
    std::promise<bool> blocked;
    workers.submit([&] {
        sigset_t set{};
        pthread_sigmask(SIG_BLOCK, nullptr, &set);
        blocked.set_value(sigismember(&set, SIGTERM) == 1);
    });
    CHECK(blocked.get_future().get());
}

}  // namespace
}  // namespace podpool::detail
