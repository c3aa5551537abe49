// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "interruption.hpp"
#include "replicated_set.hpp"
#include "support/packet_filter.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::soak {

/// Faults drawn by a seed, one every 4 to 12 s, each with its own end, and no more at once than the set
/// bears: two faulty servers at most, and a fail-over only when no other server is faulty.
///
/// Every fault is printed when it begins and when it ends. The seed settles what is drawn; what is possible
/// at a moment also depends on how quickly servers start. Thread safety: one thread.
class chaos {
public:
    using clock = std::chrono::steady_clock;

    /// A fault that has begun, for finding the one behind an outage.
    struct event {
        clock::time_point at;
        std::string what;
    };

    /// `pool_name` names the sessions that are terminated.
    chaos(replicated_set& servers, const test::packet_filter& packets, std::uint64_t seed,
          std::string pool_name);

    /// Injects faults for a time, or until somebody asks to stop; then ends those that are left. `meanwhile`
    /// is called many times a second, with the time since the beginning. Throws std::runtime_error when the
    /// servers, not podpool, don't do what is asked.
    void run(clock::duration time, const interruption& stop,
             const std::function<void(clock::duration)>& meanwhile);

    /// Prints a line with the time since the beginning.
    void say(const std::string& what) const;
    [[nodiscard]] const std::vector<event>& events() const { return events_; }
    /// How often each kind has begun.
    [[nodiscard]] const std::map<std::string, std::size_t>& counts() const { return counts_; }
    [[nodiscard]] clock::time_point began() const { return began_; }

private:
    using server = test::postgres_server;

    struct active_fault {
        const server* where;  ///< null: DNS
        clock::time_point ends;
        std::function<void()> end;
    };
    /// Begins a fault; false if it isn't possible now.
    using attempt = bool (chaos::*)();
    struct kind {
        int weight;
        attempt begin;
    };
    static const std::vector<kind>& kinds();

    bool kill_standby();
    bool stop_standby();
    bool hang();
    bool cut_off();
    bool slow_down();
    bool refuse_writes();
    bool break_dns();
    bool fail_over();
    bool scale_up();
    bool scale_down();
    bool terminate_sessions();

    void begin_one();
    void end_due(clock::time_point now);
    void end_all();
    void perform_fail_over();
    void note(const std::string& kind, const std::string& what);
    void last(const server* where, std::chrono::milliseconds time, std::function<void()> end);
    [[nodiscard]] std::size_t faulty_servers() const;
    [[nodiscard]] bool is_faulty(const server* one) const;
    /// A server that may become faulty now; null: none may.
    [[nodiscard]] server* healthy_server(bool primary_too);
    [[nodiscard]] std::string title(const server& one);
    std::chrono::milliseconds draw(std::chrono::milliseconds low, std::chrono::milliseconds high);
    std::size_t draw(std::size_t low, std::size_t high);

    replicated_set& servers_;
    const test::packet_filter& packets_;
    std::string pool_name_;
    std::mt19937_64 random_;
    clock::time_point began_ = clock::now();
    std::vector<active_fault> active_;
    bool fail_over_wanted_ = false;
    std::vector<event> events_;
    std::map<std::string, std::size_t> counts_;
};

/// A time since the beginning, as 01:23.
std::string clock_text(std::chrono::steady_clock::duration since);

}  // namespace podpool::soak
