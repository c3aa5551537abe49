// SPDX-License-Identifier: BSL-1.0
#include "cycles.hpp"
#include "groups.hpp"

#include <stdexcept>

namespace podpool::bench {

namespace {

struct crowd {
    std::string workload;
    std::size_t threads;
    std::size_t connections;
    std::chrono::nanoseconds round_length;
    std::size_t rounds;
};

template <class Pool>
contender measured(const std::string& name, Pool& pool, const crowd& size) {
    return {name, [&pool, &size] {
                const auto work = run_together(
                    size.threads, placement::pinned, size.round_length,
                    [&pool](std::size_t, clock::time_point deadline) {
                        return repeat_until(deadline, [&pool](std::size_t count) { cycle(pool, count); });
                    });
                return measurement{{work.nanoseconds_per_cycle()}, work.disturbance()};
            }};
}

void compare(const crowd& size, const bench_settings& settings, report& into) {
    stub_connections numbers(size.connections);
    hand_pool<int> hand(numbers.pointers());
    hand_pool<int, true> hand_with_clock(numbers.pointers());
    pool<stub_driver> ours(full_pool_options(size.connections));
    wait_until_full(ours, size.connections);
    const std::vector<contender> contenders = {measured("podpool", ours, size),
                                               measured("hand-written", hand, size),
                                               measured("hand-written + clock", hand_with_clock, size)};
    const outcome result = run_rounds(contenders, settings.rounds_or(size.rounds));
    into.note_disturbed(size.workload, result);
    constexpr double times_hand = 0.7;
    const figure unit{"ns", 1};
    for (std::size_t other = 1; other < contenders.size(); ++other) {
        row line("threads", size.workload, unit, result.of(0));
        line.against(contenders[other].name, result.of(other));
        if (other == 1) line.goal = aim{aim::bound::at_most, times_hand, false};
        into.rows.push_back(std::move(line));
    }
}

}  // namespace

void run_threads_group(const bench_settings& settings, report& into) {
    using std::chrono::milliseconds;
    if (core_count() < 2) throw std::runtime_error("two threads at the same time need two cores");
    compare({"acquire + release, 2 pinned threads, 10 connections", 2, 10, milliseconds(10), 101}, settings,
            into);
    compare({"acquire + release, 32 threads, 32 connections", 32, 32, milliseconds(150), 21}, settings, into);
}

}  // namespace podpool::bench
