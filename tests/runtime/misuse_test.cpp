// SPDX-License-Identifier: BSL-1.0
// What happens when the pool is used as it shouldn't be: leases forgotten, fork() after construction, a query
// that throws, a handler that throws.
#include "runtime/support.hpp"
#include "support/catch.hpp"

#include <boost/asio/use_future.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace podpool::test;
using namespace std::chrono_literals;
using podpool::errc;
using podpool::held_lease;

namespace {

/// Leases that were reported; the pool's thread adds them.
class reports {
public:
    void add(const held_lease& found) {
        const std::scoped_lock lock(mutex_);
        seen_.push_back(found);
    }
    [[nodiscard]] std::vector<held_lease> seen() const {
        const std::scoped_lock lock(mutex_);
        return seen_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<held_lease> seen_;
};

podpool::options watched(reports& told, std::size_t max_conns) {
    podpool::options settings = small_pool(max_conns);
    settings.leak_threshold = 20ms;
    settings.on_leak = [&told](const held_lease& found) { told.add(found); };
    return settings;
}

#ifndef __SANITIZE_THREAD__
/// How a child process ends that does this work: its wait status.
template <class Work>
int end_of_child(Work work) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(work());
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

/// What a child process answers: its exit status.
template <class Work>
int in_child(Work work) {
    const int status = end_of_child(work);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/// As if Catch weren't there, which reports a signal as a failure; without a core file or a word.
void die_quietly() {
    std::signal(SIGABRT, SIG_DFL);
    const rlimit no_file{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_file);
    ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
}
#endif

}  // namespace

TEST_CASE("a lease that is out for long is reported once, with the place where it was acquired") {
    const fake_servers servers(1);
    reports told;
    fake_pool pool(watched(told, 2), servers.driver());
    const unsigned line = __LINE__ + 1;
    fake_lease forgotten = pool.acquire();
    REQUIRE(eventually([&] { return !told.seen().empty(); }));
    const held_lease found = told.seen().front();
    CHECK(found.where == servers.at(0));
    CHECK(found.age >= 20ms);
    CHECK(std::string(found.acquired_at.file_name()).ends_with("misuse_test.cpp"));
    CHECK(found.acquired_at.line() == line);

    const podpool::stats figures = pool.stats();
    CHECK(figures.leaks == 1);
    REQUIRE(figures.overdue.size() == 1);
    CHECK(figures.overdue.front().acquired_at.line() == line);

    // Another one is reported, too; this one isn't again.
    fake_lease other = pool.acquire();
    REQUIRE(eventually([&] { return told.seen().size() == 2; }));
    CHECK(told.seen().back().acquired_at.line() == line + 14);
    forgotten.release();
    other.release();
    CHECK(pool.stats().overdue.empty());
    CHECK(pool.stats().leaks == 2);
}

TEST_CASE("the place of an acquire is told for those who waited and for asynchronous callers, too") {
    const fake_servers servers(1);
    reports told;
    fake_pool pool(watched(told, 1), servers.driver());
    fake_lease held = pool.acquire();
    const unsigned line = __LINE__ + 1;
    auto waiting = pool.async_acquire(boost::asio::use_future);
    REQUIRE(waiters_become(pool, 1));
    held.release();
    const fake_lease served = result_of(waiting);
    REQUIRE(eventually([&] {
        const auto seen = told.seen();
        return !seen.empty() && seen.back().acquired_at.line() == line;
    }));
}

TEST_CASE("nothing is reported without a threshold, nor what comes back in time") {
    const fake_servers servers(1);
    reports told;
    podpool::options settings = watched(told, 1);
    settings.leak_threshold = 1h;
    fake_pool strict(settings, servers.driver());
    settings.leak_threshold.reset();
    fake_pool loose(settings, servers.driver());
    for (fake_pool* const pool : {&strict, &loose}) {
        for (int lease = 0; lease < 3; ++lease) (void)pool->acquire()->alive();
        CHECK(pool->stats().leaks == 0);
        CHECK(pool->stats().overdue.empty());
    }
    CHECK(told.seen().empty());
}

// ThreadSanitizer follows no fork() of a process that has threads.
#ifndef __SANITIZE_THREAD__
TEST_CASE("a child of fork() is refused with the reason, and the parent doesn't notice") {
    const fake_servers servers(1);
    auto pool = std::make_unique<fake_pool>(small_pool(2), servers.driver());
    fake_lease held = pool->acquire();
    pool->acquire().release();
    const std::size_t before = servers.world().sessions();
    REQUIRE(before == 2);

    constexpr int good = 42;
    const int answer = in_child([&] {
        if (pool->try_acquire()) return 1;
        const acquire_failure refused = failing_acquire(*pool, 10ms);
        if (refused.code != errc::forked) return 2;
        if (!refused.says("process " + std::to_string(::getppid()))) return 3;
        try {
            static_cast<void>(held->alive());
            return 7;
        } catch (const podpool::error& why) {
            if (why.code() != errc::forked) return 8;
        }
        // Neither a lease nor the pool says farewell on sockets that are the parent's.
        held.release();
        pool->retire_all();
        pool->resize(1);
        pool->close();
        if (pool->close(1ms)) return 5;
        if (pool->stats().open != 0) return 6;
        pool.reset();
        if (servers.world().sessions() != 2) return 4;
        return good;
    });
    CHECK(answer == good);
    CHECK(servers.world().sessions() == before);
    held.release();
    CHECK(pool->acquire()->alive());
    CHECK(pool->stats().open == 2);
}

TEST_CASE("a child of fork() may make a pool of its own") {
    const fake_servers servers(1);
    const fake_pool pool(small_pool(1), servers.driver());
    constexpr int good = 42;
    const int answer = in_child([&] {
        fake_pool own(small_pool(1), servers.driver());
        return own.acquire()->alive() ? good : 1;
    });
    CHECK(answer == good);
}
#endif

TEST_CASE("an exception in the caller's code gives the connection back") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(1), servers.driver());
    const auto fails = [&pool] {
        const fake_lease leased = pool.acquire();
        throw std::runtime_error("of the caller");
    };
    CHECK_THROWS_AS(fails(), std::runtime_error);
    CHECK(pool.stats().active == 0);
    CHECK(pool.acquire(0ns)->alive());
}

// ThreadSanitizer follows no fork() of a process that has threads.
#ifndef __SANITIZE_THREAD__
TEST_CASE("an exception that leaves a handler on the pool's own thread ends the program by std::terminate") {
    const fake_servers servers(1);
    const auto end_of_a_pool_with = [&](auto begin) {
        return end_of_child([&] {
            die_quietly();
            reports told;
            podpool::options settings = watched(told, 1);
            settings.on_leak = [](const held_lease&) { throw std::runtime_error("of the handler"); };
            fake_pool pool(settings, servers.driver());
            const fake_lease held = begin(pool);
            // It goes on if nobody ends it.
            std::this_thread::sleep_for(patience);
            return 0;
        });
    };
    int status = 0;
    SECTION("async_acquire()") {
        status = end_of_a_pool_with([](fake_pool& pool) {
            pool.async_acquire([](boost::system::error_code, const fake_lease&) {
                throw std::runtime_error("of the handler");
            });
            return fake_lease();
        });
    }
    SECTION("async_close()") {
        status = end_of_a_pool_with([](fake_pool& pool) {
            pool.async_close([](boost::system::error_code) { throw std::runtime_error("of the handler"); });
            return fake_lease();
        });
    }
    SECTION("options::on_leak") {
        status = end_of_a_pool_with([](fake_pool& pool) { return pool.acquire(); });
    }
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGABRT);
}
#endif

TEST_CASE(
    "an exception that leaves a handler on the user's executor leaves its run(), and the pool goes on") {
    const fake_servers servers(1);
    boost::asio::io_context context;
    fake_pool pool(context.get_executor(), small_pool(1), servers.driver());
    pool.async_acquire([](boost::system::error_code error, const fake_lease& leased) {
        if (!error && leased) throw std::runtime_error("of the handler");
    });
    CHECK_THROWS_WITH(context.run_for(patience), "of the handler");
    bool served = false;
    pool.async_acquire([&](boost::system::error_code error, const fake_lease& leased) {
        served = !error && leased->alive();
        pool.close();
    });
    context.run_for(patience);
    CHECK(served);
    CHECK(pool.stats().open == 0);
}

TEST_CASE("close with a deadline waits for the last lease, but not for ever") {
    const fake_servers servers(1);
    fake_pool pool(small_pool(2), servers.driver());
    fake_lease held = pool.acquire();
    CHECK_FALSE(pool.close(10ms));
    CHECK(failing_acquire(pool, 1ms).code == errc::pool_closed);
    CHECK(held->alive());
    auto closing = std::async(std::launch::async, [&pool] { return pool.close(patience); });
    held.release();
    CHECK(result_of(closing));
    CHECK(servers.world().sessions() == 0);
    CHECK(pool.close(0ns));
}

TEST_CASE("renew_all replaces what is open, idle or leased, and never has fewer connections") {
    const fake_servers servers(2);
    podpool::options settings = small_pool(4);
    settings.min_conns = 4;
    settings.rebalance_pace = 100;  // 4 connections in ten seconds are one in 2.5 s; all at once is the most
    fake_pool pool(settings, servers.driver());
    REQUIRE(eventually([&] { return pool.stats().idle == 4; }));
    fake_lease held = pool.acquire();
    const auto* const before = &*held;
    pool.renew_all();
    REQUIRE(eventually([&] {
        const podpool::stats now = pool.stats();
        CHECK(now.open >= 4);
        return closes(now, podpool::close_reason::lifetime) >= 1;
    }));
    CHECK(&*held == before);
    CHECK(held->alive());
    CHECK(pool.stats().renewals >= 1);
}
