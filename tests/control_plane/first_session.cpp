// SPDX-License-Identifier: BSL-1.0
// Measures how soon a pool under load has a session on a pod that becomes ready: from the moment at which a
// watcher beside podpool hears of it to the first session in that server's own log.
//   podpool_first_session [EVENTS] [dns]     default: 100; dns: the pool asks a DNS server that knows the pod
//   as soon
//                                            as it is made
#include "api_watcher.hpp"
#include "stage.hpp"
#include "support/real_dns_server.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

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

/// Pods, and a DNS server that has the address of each as soon as it is there.
class pods {
public:
    explicit pods(bool by_dns) : where(on.plane()) {
        where.add_service("db", on.pod_port());
        if (by_dns) dns_.emplace();
        for (const std::size_t index : {0U, 1U, 2U}) add(index);
    }
    void add(std::size_t index) {
        on.add_pods(where, {index});
        known_.insert(index);
        tell();
    }
    void remove(std::size_t index) {
        where.terminate(pod_name(index));
        where.remove_pod(pod_name(index));
        known_.erase(index);
        tell();
    }
    [[nodiscard]] std::string url(const std::string& pool_keys) const {
        if (!dns_) return on.url(where, "db", pool_keys);
        return std::string(dialect::scheme) + "://" + postgres_cluster::user() + ":" +
               postgres_cluster::password() + "@" + name + ":" + std::to_string(on.pod_port()) + "/" +
               postgres_cluster::database() + "?pool_dns_servers=" + dns_->address() + "&" + pool_keys;
    }

    stage& on = stage::shared();
    application_namespace where;

private:
    void tell() {
        std::vector<std::string> addresses;
        for (const std::size_t index : known_) addresses.push_back(on.server(index).address());
        if (dns_) dns_->set_records(name, addresses);
    }

    static constexpr const char* name = "db.shop.svc.cluster.local";
    std::optional<real_dns_server> dns_;
    std::set<std::size_t> known_;
};

template <class Condition>
void demand(const char* what, Condition condition) {
    if (!eventually(condition)) throw std::runtime_error(std::string("it never came to this: ") + what);
}

/// Makes one server a pod and returns how long after the watcher's news its first session began.
class arrival {
public:
    arrival(pods& all, const api_watcher& watcher, std::size_t index)
        : all_(all), watcher_(watcher), index_(index), before_(session_starts(server()).size()) {
        all.add(index);
    }
    arrival(const arrival&) = delete;
    arrival& operator=(const arrival&) = delete;
    ~arrival() = default;

    double milliseconds_to_first_session() {
        std::vector<milliseconds> starts;
        demand("a session on the new pod", [&] {
            starts = session_starts(server());
            return starts.size() > before_;
        });
        demand("the watcher's news", [&] { return watcher_.ready_since(address()).has_value(); });
        const auto news = watcher_.ready_since(address())->time_since_epoch();
        return std::chrono::duration<double, std::milli>(starts[before_] - news).count();
    }
    void leave() {
        all_.remove(index_);
        demand("no session on a pod that is gone", [&] { return all_.on.sessions(pool_name)[index_] == 0; });
        demand("the watcher's news of its end", [&] { return !watcher_.ready_since(address()); });
    }

private:
    [[nodiscard]] const postgres_server& server() const { return all_.on.server(index_); }
    [[nodiscard]] const std::string& address() const { return server().address(); }

    pods& all_;
    const api_watcher& watcher_;
    std::size_t index_;
    std::size_t before_;
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

void measure(std::size_t events, bool by_dns) {
    pods all(by_dns);
    const api_watcher watcher(all.on.plane(), all.where.name(), "db");
    pool<database> pool(all.url(std::string("pool_max_conns=30&pool_min_conns=30&pool_name=") + pool_name));
    load callers(pool, 12);
    demand("30 sessions on three pods",
           [&] { return all.on.sessions(pool_name) == std::vector<std::size_t>{10, 10, 10, 0, 0}; });
    // After one that has just come, or long after, so that the pool is met in every state of its moves.
    std::mt19937 random(1);
    std::uniform_int_distribution<int> pause(0, 8000);
    std::vector<double> waits;
    while (waits.size() < events) {
        arrival first(all, watcher, 3);
        std::this_thread::sleep_for(milliseconds(pause(random) / 4));
        arrival second(all, watcher, 4);
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
    measure(count > 1 ? std::stoul(arguments[1]) : usual,
            count > 2 && std::string_view(arguments[2]) == "dns");
    return EXIT_SUCCESS;
} catch (const std::exception& problem) {
    std::fprintf(stderr, "podpool_first_session: %s\n", problem.what());
    return EXIT_FAILURE;
}
