// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace podpool::bench {

using clock = std::chrono::steady_clock;

/// Where threads run.
enum class placement {
    pinned,    ///< one core after the other: two threads are on two cores
    one_core,  ///< all on the first core
    anywhere,  ///< as the kernel likes
};

/// What one thread did.
struct worker_span {
    clock::time_point begin;
    clock::time_point end;
    std::uint64_t cycles = 0;
    /// For how long it was ready to run and something else had its core.
    std::chrono::nanoseconds delayed{0};
};

/// What threads that started together did.
class teamwork {
public:
    teamwork(std::vector<worker_span> spans, bool crowded) : spans_(std::move(spans)), crowded_(crowded) {}

    [[nodiscard]] const std::vector<worker_span>& spans() const noexcept { return spans_; }
    /// From the first begin to the last end, in seconds.
    [[nodiscard]] double seconds() const;
    [[nodiscard]] std::uint64_t cycles() const;
    [[nodiscard]] double nanoseconds_per_cycle() const;
    [[nodiscard]] double cycles_per_second() const;
    /// How much of the time something else than the workload decided the result, 0 to 1: cores taken by
    /// others and threads that didn't run at the same time. Zero with more threads than cores, where the
    /// threads take the cores from each other.
    [[nodiscard]] double disturbance() const;

private:
    std::vector<worker_span> spans_;
    bool crowded_;
};

/// What one thread does until `deadline`; returns its number of cycles.
using worker_body = std::function<std::uint64_t(std::size_t index, clock::time_point deadline)>;

/// Runs `body` on `count` threads that begin at a common moment and end `length` later; times are taken
/// inside the threads. Throws what a body has thrown.
teamwork run_together(std::size_t count, placement where, clock::duration length, const worker_body& body);

/// The cores this process may use.
std::size_t core_count();

/// Keeps a process, or a thread of it, on the first core.
void keep_on_first_core(pid_t process);

/// Ends that: it may use the cores that this process may use.
void allow_all_cores(pid_t process);

/// Makes the calling thread's sleeps end when they should; the default slack is 50 µs.
void sleep_precisely();

/// Sleeps for `length`; not shortened by signals.
void sleep_for(std::chrono::nanoseconds length);

}  // namespace podpool::bench
