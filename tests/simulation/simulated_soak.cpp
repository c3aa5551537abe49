// SPDX-License-Identifier: BSL-1.0
// simulated_soak SEEDS [FIRST]: plays that many random schedules of faults, on all cores, and prints what
// happened.
#include "fault_schedule.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using podpool::simulation::schedule_figures;

bool read_number(std::string_view text, std::uint64_t& number) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    return problem == std::errc() && end == text.data() + text.size();
}

/// Schedules played by several threads; each takes the next seed.
class soak {
public:
    soak(std::uint64_t first, std::uint64_t count) : next_(first), end_(first + count) {}

    void run() {
        std::vector<std::thread> threads;
        for (unsigned number = std::max(1U, std::thread::hardware_concurrency()); number > 0; --number) {
            threads.emplace_back([this] { work(); });
        }
        for (std::thread& thread : threads) thread.join();
    }

    [[nodiscard]] const schedule_figures& seen() const { return seen_; }
    [[nodiscard]] const std::vector<std::string>& broken() const { return broken_; }

private:
    void work() {
        for (std::uint64_t seed = next_++; seed < end_; seed = next_++) {
            try {
                const schedule_figures one = podpool::simulation::play_fault_schedule(seed);
                const std::scoped_lock lock(mutex_);
                seen_.add(one);
            } catch (const std::exception& problem) {
                const std::scoped_lock lock(mutex_);
                broken_.push_back("seed " + std::to_string(seed) + ": " + problem.what());
            }
        }
    }

    std::atomic<std::uint64_t> next_;
    std::uint64_t end_;
    std::mutex mutex_;
    schedule_figures seen_;
    std::vector<std::string> broken_;
};

void print(const schedule_figures& seen, std::uint64_t seeds, std::size_t broken, double seconds) {
    std::printf("%-26s%12s\n", "FAULT OR ORDER", "TIMES");
    for (const auto& [kind, count] : seen.faults) {
        std::printf("%-26s%12llu\n", kind.c_str(), static_cast<unsigned long long>(count));
    }
    const auto row = [](const char* what, auto value) {
        std::printf("%-26s%12llu\n", what, static_cast<unsigned long long>(value));
    };
    std::printf("\n");
    row("schedules", seeds);
    row("callers", seen.asked);
    row("served", seen.served);
    row("gave up themselves", seen.cancelled);
    row("refused with an error", seen.refused);
    row("cut by a fault in use", seen.lost_in_use);
    row("dials", seen.dials);
    row("events", seen.events);
    row("schedules that broke", broken);
    std::printf("\nlongest wait of a caller who was served: %.1f s; took %.0f s\n",
                std::chrono::duration<double>(seen.longest_wait).count(), seconds);
}

}  // namespace

int main(int count, char** arguments) {
    std::uint64_t seeds = 0;
    std::uint64_t first = 1;
    const bool good = (count == 2 || count == 3) && read_number(arguments[1], seeds) && seeds > 0 &&
                      (count == 2 || read_number(arguments[2], first));
    if (!good) {
        std::cerr << "usage: simulated_soak SEEDS [FIRST]: two whole numbers, the first at least 1\n";
        return 2;
    }
    const auto began = std::chrono::steady_clock::now();
    soak all(first, seeds);
    all.run();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    print(all.seen(), seeds, all.broken().size(), took.count());
    constexpr std::size_t most_shown = 3;
    for (std::size_t index = 0; index < std::min(most_shown, all.broken().size()); ++index) {
        std::cerr << '\n' << all.broken()[index] << '\n';
    }
    return all.broken().empty() ? 0 : 1;
}
