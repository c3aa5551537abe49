// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/event_queue.hpp"
#include "simulation/name_server.hpp"
#include "simulation/pod.hpp"
#include "simulation/simulated_pool.hpp"
#include "simulation/slice_watch.hpp"
#include "simulation/spread.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <unordered_map>
#include <vector>

namespace podpool::simulation {

/// Pods, a name, and the pools of a deployment in virtual time. The same seed gives the same history.
class world {
public:
    explicit world(std::uint64_t seed) : seed_(seed), rng_(seed) {}
    world(const world&) = delete;
    world& operator=(const world&) = delete;

    // --- What is there ---

    /// Adds a server; it isn't behind the name until publish() says so.
    pod& add_pod();
    /// Adds `count` servers and publishes them.
    std::vector<pod*> add_pods(std::size_t count);
    simulated_pool& add_pool(const options& settings);
    [[nodiscard]] name_server& names() noexcept { return names_; }
    [[nodiscard]] slice_watch& watch() noexcept { return watch_; }
    [[nodiscard]] std::deque<std::unique_ptr<simulated_pool>>& pools() noexcept { return pools_; }
    [[nodiscard]] std::deque<pod>& pods() noexcept { return pods_; }
    [[nodiscard]] pod* pod_at(const endpoint& where) const;

    /// From now on the name answers with these pods, and the API server has them and those that terminate.
    void publish(const std::vector<pod*>& published);
    /// The API server tells what its pods are by now: ready, terminating, others.
    void announce();
    /// A pod is deleted: it leaves the name, and serves until it shuts down after `grace`.
    void terminate(pod& leaving, duration grace);
    /// The pods of the last publish().
    [[nodiscard]] const std::vector<pod*>& published() const noexcept { return published_; }
    /// The addresses of some pods, as an answer.
    static name_server::reply reply_with(const std::vector<pod*>& pods);

    // --- Faults ---

    /// Every session of a pod ends and it refuses; a client that uses one reads `why`.
    void kill(pod& victim, failure_kind why = failure_kind::connection_lost);
    /// Every session of a pod ends and it refuses, as a PostgreSQL server that shuts down does: it says the
    /// same as one that ends a single session.
    void shut_down(pod& victim) { kill(victim, failure_kind::session_terminated); }
    /// Ends one session of a pod, the oldest, as an administrator does; false if there is none.
    bool end_one_session(pod& victim);
    /// Ends the sessions of one pod but keeps it up (a restart of the server, a proxy that resets).
    void drop_sessions(pod& victim, failure_kind why = failure_kind::connection_lost);

    // --- Callers ---

    /// `count` callers ask at this moment.
    static void burst(simulated_pool& pool, std::size_t count, const caller_plan& plan);
    /// Callers come at random, `per_second` on average, for `length`.
    void arrivals(simulated_pool& pool, double per_second, duration length, const caller_plan& plan);
    /// `count` clients acquire, use, return and think, over and over, for `length`.
    void clients(simulated_pool& pool, std::size_t count, spread think, duration length,
                 const caller_plan& plan);

    // --- Time ---

    [[nodiscard]] time_point now() const noexcept { return events_.now(); }
    [[nodiscard]] event_queue& events() noexcept { return events_; }
    [[nodiscard]] core::random& rng() noexcept { return rng_; }
    [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
    void run_for(duration length);
    /// Runs until the condition holds after some event; false if it doesn't within `limit`.
    bool run_until(const std::function<bool()>& condition, duration limit);
    /// Closes every pool, lets everything end, and checks that nothing is left.
    void finish(duration limit = std::chrono::minutes(10));

    // --- Figures ---

    /// Sessions per published pod, over all pools, counted on the servers.
    [[nodiscard]] std::vector<std::size_t> sessions(const std::vector<pod*>& of) const;
    /// The most attempts on all pods in any period of this length.
    [[nodiscard]] std::size_t most_dials_within(duration period) const;
    [[nodiscard]] std::size_t dials() const;

    /// Sessions, kept for ever so that each can be checked at the end.
    session& add_session(session_owner& owner, std::size_t pool, core::slot_id slot);

    /// With pool_reset=full: whether a reset is sent when a lease ends and its answer left to the next
    /// caller, as with PostgreSQL; else the pool waits for it in the background.
    bool sends_resets = false;

    /// How many events pass between two whole checks of a pool; 1: after each; 0: nothing is checked, which
    /// is for figures of many clients: the same history, sooner.
    std::size_t check_every = 1;

private:
    void next_arrival(simulated_pool& pool, duration mean, time_point end, const caller_plan& plan);
    void next_cycle(simulated_pool& pool, spread think, time_point end, const caller_plan& plan);
    void check_servers() const;

    std::uint64_t seed_;
    core::random rng_;
    event_queue events_;
    name_server names_;
    slice_watch watch_{events_, rng_};
    std::deque<pod> pods_;
    std::unordered_map<endpoint, pod*> by_address_;
    std::vector<pod*> published_;
    std::vector<pod*> leaving_;  // what terminates
    std::deque<session> sessions_;
    std::deque<std::unique_ptr<simulated_pool>> pools_;
};

/// The most of these times, which are in order, in any period of this length.
std::size_t most_within(duration period, const std::vector<time_point>& times);

/// How even some counts are.
inline balance_figures evenness(const std::vector<std::size_t>& counts) {
    return balance_figures::of(counts, counts.empty() ? 0 : counts.size() - 1);
}

}  // namespace podpool::simulation
