// SPDX-License-Identifier: BSL-1.0
#include "cycles.hpp"
#include "groups.hpp"

#include <atomic>

namespace podpool::bench {

namespace {

constexpr std::size_t connections = 10;
/// Short, so that a round fits between two interruptions on a busy machine.
constexpr std::chrono::milliseconds round_length{2};
constexpr std::size_t usual_rounds = 201;
const char* const group_name = "cycle";
const char* const workload = "acquire + release, 1 thread, 10 connections";

/// The least that any pool must do: mark a connection as taken, mark it as free again.
class compare_and_swap_pair {
public:
    template <bool ReadsClock>
    void run(std::size_t count) {
        for (; count != 0; --count) {
            bool expected = false;
            benchmark::DoNotOptimize(
                taken_.compare_exchange_strong(expected, true, std::memory_order_acquire));
            if constexpr (ReadsClock) benchmark::DoNotOptimize(clock::now());
            expected = true;
            benchmark::DoNotOptimize(
                taken_.compare_exchange_strong(expected, false, std::memory_order_release));
        }
    }

private:
    std::atomic<bool> taken_{false};
};

struct subject {
    std::string name;
    std::function<void(std::size_t)> batch;
};

contender measured(const subject& one) {
    return {one.name, [batch = one.batch] {
                const auto work = run_together(
                    1, placement::pinned, round_length,
                    [&](std::size_t, clock::time_point deadline) { return repeat_until(deadline, batch); });
                return measurement{{work.nanoseconds_per_cycle()}, work.disturbance()};
            }};
}

/// The same contenders under Google Benchmark.
void print_google_lines(const std::vector<subject>& subjects) {
    for (const subject& one : subjects) {
        benchmark::RegisterBenchmark(("cycle/" + one.name).c_str(),
                                     [batch = one.batch](benchmark::State& state) {
                                         while (state.KeepRunningBatch(batch_size)) batch(batch_size);
                                     });
    }
    benchmark::RunSpecifiedBenchmarks();
    benchmark::ClearRegisteredBenchmarks();
}

}  // namespace

void run_cycle_group(const bench_settings& settings, report& into) {
    stub_connections numbers(connections);
    compare_and_swap_pair floor;
    hand_pool<int> hand(numbers.pointers());
    hand_pool<int, true> hand_with_clock(numbers.pointers());
    pool<stub_driver> ours(full_pool_options(connections));
    wait_until_full(ours, connections);

    const std::vector<subject> subjects = {
        {"podpool", [&](std::size_t count) { cycle(ours, count); }},
        {"hand-written", [&](std::size_t count) { cycle(hand, count); }},
        {"hand-written + clock", [&](std::size_t count) { cycle(hand_with_clock, count); }},
        {"CAS pair + clock", [&](std::size_t count) { floor.run<true>(count); }},
        {"CAS pair", [&](std::size_t count) { floor.run<false>(count); }},
    };
    print_google_lines(subjects);

    std::vector<contender> contenders;
    for (const subject& one : subjects) contenders.push_back(measured(one));
    const outcome result = run_rounds(contenders, settings.rounds_or(usual_rounds));
    into.note_disturbed(workload, result);
    constexpr double times_hand = 1.5;
    const figure unit{"ns", 1};
    for (std::size_t other = 1; other < subjects.size(); ++other) {
        row line(group_name, workload, unit, result.of(0));
        line.against(subjects[other].name, result.of(other));
        if (other == 1) line.goal = aim{aim::bound::at_most, times_hand, false};
        into.rows.push_back(std::move(line));
    }
}

}  // namespace podpool::bench
