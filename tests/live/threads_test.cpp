// SPDX-License-Identifier: BSL-1.0
// The threads that a pool adds to a process take none of its signals. The process is this program once more,
// with one of the hidden test cases.
#include "child_case.hpp"
#include "pods.hpp"
#include "support/catch.hpp"
#include "support/thread_signals.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <exception>
#include <future>
#include <initializer_list>
#include <thread>
#include <utility>

using namespace podpool;
using namespace podpool::test;
using namespace std::chrono_literals;

namespace {

constexpr std::initializer_list<int> signals{SIGTERM, SIGINT,  SIGHUP,  SIGQUIT,
                                             SIGCHLD, SIGUSR1, SIGALRM, SIGPIPE};

sigset_t set_of(std::initializer_list<int> members) {
    sigset_t set{};
    sigemptyset(&set);
    for (const int one : members) sigaddset(&set, one);
    return set;
}

/// Two connections, one of which runs a statement on a thread of the driver's, where it has some.
void use(pool<database>& pool) {
    auto first = pool.acquire();
    auto second = pool.acquire();
    first->query("select 1");
    // Not boost::asio::use_future: an answer that is there at once would go to Asio's own threads, and start
    // them.
    std::promise<std::exception_ptr> answered;
    second->async_query("select 2", [&](std::exception_ptr failed, const database::result&) {
        answered.set_value(std::move(failed));
    });
    CHECK(answered.get_future().get() == nullptr);
}

/// In the child: what its handler has seen.
std::atomic<int> handled{0};
std::atomic<int> handled_elsewhere{0};
std::atomic<pid_t> wanted_thread{0};

void note_signal(int /*signal*/) {
    if (gettid() != wanted_thread) ++handled_elsewhere;
    ++handled;
}

void check_that_child_ends_in_order(const char* test_case, int signal) {
    program child(child_with(test_case, shared_pods().url("pool_max_conns=4&pool_min_conns=4")));
    const bool serves = eventually([&] { return !told(child, "serving").empty(); });
    child.send(signal);
    const int code = child.exit_code();
    INFO(child.output());
    CHECK(serves);
    CHECK(code == 0);
    CHECK(told(child, "ended") == "in good order");
}

}  // namespace

TEST_CASE("the threads of a pool block all signals but those of a fault, and its maker's stay as they were") {
    if (!live_tests_can_run()) return;
    const auto before = blocked_signals_of(getpid());
    pool<database> pool(shared_pods().url("pool_max_conns=4&pool_min_conns=4"));
    use(pool);
    CHECK(further_threads_that_take_signals(getpid(), before, 1) == "");
    const auto after = blocked_signals_of(getpid());
    for (const auto& [thread, blocked] : before) CHECK(after.at(thread) == blocked);
}

TEST_CASE("(in the child) SIGTERM by a signalfd", "[.]") {
    // Made first, as a global object is: its thread doesn't inherit what main() blocks later.
    pool<database> pool(given_url());
    const sigset_t term = set_of({SIGTERM});
    REQUIRE(pthread_sigmask(SIG_BLOCK, &term, nullptr) == 0);
    pollfd news{signalfd(-1, &term, SFD_CLOEXEC), POLLIN, 0};
    use(pool);
    tell("serving", "now");
    REQUIRE(poll(&news, 1, 60000) == 1);
    pool.close(5s);
    tell("ended", "in good order");
    close(news.fd);
}

TEST_CASE("SIGTERM reaches a program that blocks it and reads it from a signalfd") {
    if (!live_tests_can_run()) return;
    check_that_child_ends_in_order("(in the child) SIGTERM by a signalfd", SIGTERM);
}

TEST_CASE("(in the child) signals by sigwait", "[.]") {
    pool<database> pool(given_url());
    const sigset_t all = set_of(signals);
    REQUIRE(pthread_sigmask(SIG_BLOCK, &all, nullptr) == 0);
    use(pool);
    tell("serving", "now");
    int which = 0;
    REQUIRE(sigwait(&all, &which) == 0);
    pool.close(5s);
    tell("ended", "in good order");
}

TEST_CASE("SIGINT, SIGHUP and SIGQUIT reach a program that waits for them with sigwait") {
    if (!live_tests_can_run()) return;
    for (const int signal : {SIGINT, SIGHUP, SIGQUIT}) {
        check_that_child_ends_in_order("(in the child) signals by sigwait", signal);
    }
}

TEST_CASE("(in the child) signals at one thread with a handler", "[.]") {
    pool<database> pool(given_url());
    use(pool);
    struct sigaction action{};
    action.sa_handler = &note_signal;
    for (const int signal : signals) REQUIRE(sigaction(signal, &action, nullptr) == 0);
    std::promise<void> ready;
    std::atomic<bool> done{false};
    std::thread handler([&] {
        wanted_thread = gettid();
        ready.set_value();
        while (!done) std::this_thread::sleep_for(1ms);
    });
    ready.get_future().get();
    const sigset_t all = set_of(signals);
    REQUIRE(pthread_sigmask(SIG_BLOCK, &all, nullptr) == 0);
    int sent = 0;
    for (int round = 0; round < 20; ++round) {
        for (const int signal : signals) {
            REQUIRE(kill(getpid(), signal) == 0);
            ++sent;
            REQUIRE(eventually([&] { return handled == sent; }));
        }
        use(pool);
    }
    done = true;
    handler.join();
    CHECK(handled_elsewhere == 0);
    tell("serving", "now");
    tell("ended", "in good order");
}

TEST_CASE("a signal is handled on the one thread of the program that doesn't block it") {
    if (!live_tests_can_run()) return;
    // The signal that the parent sends would come too late or end the child; 0 only asks whether it is there.
    check_that_child_ends_in_order("(in the child) signals at one thread with a handler", 0);
}
