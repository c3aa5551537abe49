// SPDX-License-Identifier: BSL-1.0
// Measures how soon a pool under load has a session on a pod that becomes ready: from the moment at which a
// watcher beside podpool hears of it to the first session in that server's own log.
//   podpool_first_session [EVENTS]     default: 100
#include "api_watcher.hpp"
#include "stage.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <sstream>
#include <thread>

namespace {

using namespace podpool;
using namespace podpool::test;
using std::chrono::milliseconds;

constexpr const char* pool_name = "first-session";

/// When each session of the pool on this server began, by the server's log.
std::vector<milliseconds> session_starts(const postgres_server& server) {
    std::vector<milliseconds> starts;
    std::istringstream log(server.log());
    for (std::string line; std::getline(log, line);) {
        const bool ours = line.find("connection authorized") != std::string::npos &&
                          line.find(std::string("application_name=") + pool_name) != std::string::npos;
        if (ours) starts.emplace_back(static_cast<long>(std::stod(line) * 1000));
    }
    return starts;
}

template <class Condition>
void demand(const char* what, Condition condition) {
    if (!eventually(condition)) throw std::runtime_error(std::string("it never came to this: ") + what);
}

/// Makes one server a pod and returns how long after the watcher's news its first session began.
class arrival {
public:
    arrival(stage& on, application_namespace& where, const api_watcher& watcher, std::size_t index)
        : on_(on), where_(where), watcher_(watcher), index_(index) {
        before_ = session_starts(on.server(index)).size();
        on.add_pods(where, {index});
    }
    arrival(const arrival&) = delete;
    arrival& operator=(const arrival&) = delete;
    ~arrival() = default;

    double milliseconds_to_first_session() {
        std::vector<milliseconds> starts;
        demand("a session on the new pod", [&] {
            starts = session_starts(on_.server(index_));
            return starts.size() > before_;
        });
        demand("the watcher's news", [&] { return watcher_.ready_since(address()).has_value(); });
        const auto news = watcher_.ready_since(address())->time_since_epoch();
        return std::chrono::duration<double, std::milli>(starts[before_] - news).count();
    }
    void leave() {
        where_.terminate(pod_name(index_));
        where_.remove_pod(pod_name(index_));
        demand("no session on a pod that is gone", [&] { return on_.sessions(pool_name)[index_] == 0; });
        demand("the watcher's news of its end", [&] { return !watcher_.ready_since(address()); });
    }

private:
    [[nodiscard]] const std::string& address() const { return on_.server(index_).address(); }

    stage& on_;
    application_namespace& where_;
    const api_watcher& watcher_;
    std::size_t index_;
    std::size_t before_ = 0;
};

double quantile(const std::vector<double>& sorted, double part) {
    return sorted[std::min(sorted.size() - 1,
                           static_cast<std::size_t>(part * static_cast<double>(sorted.size())))];
}

void report(std::vector<double> waits, const load& callers) {
    std::sort(waits.begin(), waits.end());
    std::printf(
        "ready at the watcher -> first session in the server's log, one pool of 30 under load, %zu events\n",
        waits.size());
    std::printf("ms: min %.0f, median %.0f, p90 %.0f, p99 %.0f, max %.0f\n", waits.front(),
                quantile(waits, 0.5), quantile(waits, 0.9), quantile(waits, 0.99), waits.back());
    std::printf("%llu statements, %zu failed; %zu acquires failed\n",
                static_cast<unsigned long long>(callers.queries()), callers.failed_queries().size(),
                callers.failed_acquires().size());
}

void measure(std::size_t events) {
    stage& on = stage::shared();
    application_namespace where(on.plane());
    where.add_service("db", on.pod_port());
    on.add_pods(where, {0, 1, 2});
    const api_watcher watcher(on.plane(), where.name(), "db");
    pool<database> pool(
        on.url(where, "db", std::string("pool_max_conns=30&pool_min_conns=30&pool_name=") + pool_name));
    load callers(pool, 12);
    demand("30 sessions on three pods",
           [&] { return on.sessions(pool_name) == std::vector<std::size_t>{10, 10, 10, 0, 0}; });
    // After one that has just come, or long after, so that the pool is met in every state of its moves.
    std::mt19937 random(1);
    std::uniform_int_distribution<int> pause(0, 8000);
    std::vector<double> waits;
    while (waits.size() < events) {
        arrival first(on, where, watcher, 3);
        std::this_thread::sleep_for(milliseconds(pause(random) / 4));
        arrival second(on, where, watcher, 4);
        waits.push_back(first.milliseconds_to_first_session());
        waits.push_back(second.milliseconds_to_first_session());
        std::this_thread::sleep_for(milliseconds(pause(random)));
        first.leave();
        second.leave();
    }
    callers.stop();
    report(std::move(waits), callers);
}

}  // namespace

int main(int count, char** arguments) try {
    if (!stage::can_run()) return EXIT_FAILURE;
    constexpr std::size_t usual = 100;
    measure(count > 1 ? std::stoul(arguments[1]) : usual);
    return EXIT_SUCCESS;
} catch (const std::exception& problem) {
    std::fprintf(stderr, "podpool_first_session: %s\n", problem.what());
    return EXIT_FAILURE;
}
