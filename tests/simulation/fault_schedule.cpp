// SPDX-License-Identifier: BSL-1.0
#include "fault_schedule.hpp"

#include "simulation/broken_truth.hpp"

#include <podpool/detail/choices.hpp>
#include <podpool/detail/explain.hpp>
#include <podpool/option_values.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace podpool::simulation {

using namespace std::chrono_literals;

void schedule_figures::add(const schedule_figures& other) {
    for (const auto& [kind, count] : other.faults) faults[kind] += count;
    asked += other.asked;
    served += other.served;
    cancelled += other.cancelled;
    refused += other.refused;
    lost_in_use += other.lost_in_use;
    dials += other.dials;
    events += other.events;
    longest_wait = std::max(longest_wait, other.longest_wait);
}

namespace {

class schedule {
public:
    explicit schedule(std::uint64_t seed) : world_(seed), rng_(seed ^ 0x5eedU) {
        // The truths are looked at after some of the events, so that ten thousand schedules take minutes.
        world_.check_every = 1 + below(16);
        for (std::size_t number = 2 + below(5); number > 0; --number) add_pod();
        world_.publish(pods_);
        for (std::size_t number = 1 + below(3); number > 0; --number) {
            simulated_pool& pool = world_.add_pool(drawn_options());
            world_.arrivals(pool, 1 + static_cast<double>(below(20)), length, drawn_callers());
        }
    }

    schedule_figures play() {
        while (world_.now() < began_ + length) {
            world_.run_for(rng_.up_to(8s));
            happen();
        }
        heal();
        world_.finish();
        count();
        return std::move(seen_);
    }

private:
    static constexpr duration length = 2min;

    std::size_t below(std::size_t bound) { return rng_.below(static_cast<std::uint32_t>(bound)); }
    bool chance(unsigned percent) { return below(100) < percent; }
    template <class Range>
    auto& one_of(Range& range) {
        return range[below(range.size())];
    }

    void add_pod() {
        pod& added = world_.add_pod();
        added.zone = std::string(1, static_cast<char>('a' + below(3)));
        if (chance(20)) added.weight = static_cast<std::uint32_t>(1 + below(5));
        added.connect_time = spread(1ms, 1ms + rng_.up_to(100ms));
        added.tells_total = chance(70);
        if (chance(20)) added.max_connections = 1 + below(8);
        pods_.push_back(&added);
    }

    options drawn_options() {
        options drawn;
        drawn.max_conns = 1 + below(16);
        drawn.min_conns = chance(50) ? below(drawn.max_conns + 1) : 0;
        drawn.min_idle_conns = chance(30) ? below(drawn.max_conns + 1) : 0;
        if (chance(20)) drawn.max_conns_per_endpoint = 1 + below(drawn.max_conns);
        drawn.max_conn_lifetime = 1s + rng_.up_to(chance(50) ? duration(20s) : duration(10min));
        if (chance(30)) drawn.max_conn_lifetime_jitter = rng_.up_to(drawn.max_conn_lifetime / 2);
        drawn.renew_overshoot = below(3);
        drawn.rebalance = chance(80);
        drawn.rebalance_pace = 1 + below(100);
        drawn.server_totals = chance(70);
        drawn.max_opens_per_second = chance(50) ? 50 : 1 + below(10);
        drawn.eject_after.reset();
        if (chance(80)) drawn.eject_after = 1 + below(5);
        if (chance(25)) drawn.subset = 1 + below(4);
        if (chance(25)) drawn.zone = "a";
        drawn.max_conn_idle_time = 1s + rng_.up_to(1min);
        drawn.health_check_period = 100ms + rng_.up_to(20s);
        drawn.acquire_timeout = 1ms + rng_.up_to(chance(50) ? duration(200ms) : duration(10s));
        // With none at all nothing is ever opened but the minimum.
        drawn.max_waiters = chance(80) ? 1024 : 1 + below(10);
        drawn.overload = chance(50) ? overload_policy::codel : overload_policy::fifo;
        drawn.connect_timeout = 100ms + rng_.up_to(5s);
        drawn.balance = detail::balance_choices[below(detail::balance_choices.size())].value;
        drawn.reset = chance(80) ? reset_mode::full : reset_mode::automatic;
        world_.sends_resets = chance(50);
        drawn.validate();
        return drawn;
    }

    caller_plan drawn_callers() {
        caller_plan plan(spread(0ms, rng_.up_to(chance(50) ? duration(10ms) : duration(2s))));
        plan.statement_timeout = 100ms + rng_.up_to(5s);
        if (chance(30)) plan.patience = spread(0ms, 500ms);
        return plan;
    }

    /// One thing goes wrong, gets well, or is ordered.
    void happen() {
        struct event {
            const char* name;
            void (schedule::*play)();
        };
        static constexpr std::array events{
            event{"pod killed", &schedule::kill},
            event{"pod restarted", &schedule::restart},
            event{"pod hung", &schedule::hang},
            event{"sessions cut", &schedule::cut},
            event{"one session ended", &schedule::end_one_session},
            event{"statements fail", &schedule::fail_statements},
            event{"login refused", &schedule::reject},
            event{"role changed", &schedule::demote},
            event{"pod well again", &schedule::recover},
            event{"scaled up", &schedule::scale_up},
            event{"scaled down", &schedule::scale_down},
            event{"weight changed", &schedule::reweigh},
            event{"DNS failed", &schedule::fail_dns},
            event{"DNS contradicted itself", &schedule::confuse_dns},
            event{"DNS well again", &schedule::mend_dns},
            event{"burst of callers", &schedule::burst},
            event{"resize", &schedule::resize},
            event{"retire_all", &schedule::retire},
            event{"renew_all", &schedule::renew},
        };
        const event& next = events[below(events.size())];
        ++seen_.faults[next.name];
        (this->*next.play)();
    }

    void kill() { world_.kill(*one_of(pods_)); }
    void restart() {
        pod& restarted = *one_of(pods_);
        chance(50) ? world_.shut_down(restarted) : world_.kill(restarted, failure_kind::endpoint_down);
        world_.events().after(rng_.up_to(5s), [&restarted] { restarted.mood = pod_mood::accepts; });
    }
    void hang() { one_of(pods_)->mood = pod_mood::hangs; }
    void cut() { world_.drop_sessions(*one_of(pods_)); }
    void end_one_session() { world_.end_one_session(*one_of(pods_)); }
    void fail_statements() { one_of(pods_)->fails_statements = true; }
    void reject() { one_of(pods_)->mood = pod_mood::rejects; }
    void demote() {
        pod& demoted = *one_of(pods_);
        demoted.mood = pod_mood::standby;
        world_.drop_sessions(demoted, failure_kind::wrong_role);
    }
    void recover() {
        pod& recovered = *one_of(pods_);
        recovered.mood = pod_mood::accepts;
        recovered.fails_statements = false;
    }
    void scale_up() {
        if (pods_.size() < 10) add_pod();
        world_.publish(pods_);
    }
    void scale_down() {
        if (pods_.size() < 2) return;
        const std::size_t index = below(pods_.size());
        pod& leaving = *pods_[index];
        pods_.erase(pods_.begin() + static_cast<std::ptrdiff_t>(index));
        world_.publish(pods_);
        world_.events().after(rng_.up_to(30s), [this, &leaving] { world_.kill(leaving); });
    }
    void reweigh() {
        one_of(pods_)->weight = static_cast<std::uint32_t>(1 + below(5));
        world_.publish(pods_);
    }
    void fail_dns() { world_.names().fail("SERVFAIL"); }
    void confuse_dns() {
        std::vector<pod*> fewer(pods_);
        fewer.resize(1 + below(fewer.size()));
        world_.names().take_turns({world::reply_with(pods_), world::reply_with(fewer)});
    }
    void mend_dns() { world_.publish(pods_); }
    void burst() { world_.burst(*one_of(world_.pools()), 1 + below(200), drawn_callers()); }
    void resize() { one_of(world_.pools())->resize(1 + below(16)); }
    void retire() { one_of(world_.pools())->retire_all(); }
    void renew() { one_of(world_.pools())->renew_all(); }

    /// Everything is well again: within the longest pause after a refused login, and the time that a hung
    /// dial takes, every pool must serve whoever comes.
    void heal() {
        for (pod* each : pods_) {
            each->mood = pod_mood::accepts;
            each->fails_statements = false;
            each->max_connections = 100'000;
        }
        world_.publish(pods_);
        world_.run_for(2min);
        for (const auto& pool : world_.pools()) {
            caller_plan plan(spread(1ms));
            plan.timeout = 20s;
            const std::uint64_t before = pool->callers().served;
            pool->call(plan);
            world_.run_for(25s);
            if (pool->callers().served == before) {
                std::string text = "a pool serves nobody though all is well again: " +
                                   detail::explain(errc::acquire_timeout, pool->snapshot());
                for (const option_value& each : option_values(pool->settings())) {
                    if (!each.is_default) text += "\n    " + each.key + "=" + each.value;
                }
                throw broken_truth(text);
            }
        }
    }

    void count() {
        for (const auto& pool : world_.pools()) {
            const outcomes& callers = pool->callers();
            seen_.asked += callers.asked;
            seen_.served += callers.served;
            seen_.cancelled += callers.cancelled;
            seen_.refused += callers.failed();
            seen_.lost_in_use += callers.lost_in_use;
            seen_.longest_wait = std::max(seen_.longest_wait, callers.longest_wait);
        }
        seen_.dials = world_.dials();
        seen_.events = world_.events().happened();
    }

    world world_;
    core::random rng_;
    time_point began_ = world_.now();
    std::vector<pod*> pods_;
    schedule_figures seen_;
};

}  // namespace

schedule_figures play_fault_schedule(std::uint64_t seed) { return schedule(seed).play(); }

}  // namespace podpool::simulation
