// SPDX-License-Identifier: BSL-1.0
#include "workers.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cerrno>
#include <ctime>
#include <exception>
#include <fstream>
#include <mutex>
#include <system_error>
#include <thread>

namespace podpool::bench {

namespace {

constexpr double nanoseconds_per_second = 1e9;
/// Between the moment when all threads are there and their common start.
constexpr std::chrono::microseconds run_up{200};

std::vector<int> usable_cores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    std::vector<int> cores;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return {0};
    for (int core = 0; core < CPU_SETSIZE; ++core) {
        if (CPU_ISSET(static_cast<std::size_t>(core), &set)) cores.push_back(core);
    }
    return cores;
}

void keep_on(pid_t thread, const std::vector<int>& cores) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const int core : cores) CPU_SET(static_cast<std::size_t>(core), &set);
    if (sched_setaffinity(thread, sizeof set, &set) != 0) {
        throw std::system_error(errno, std::generic_category(), "pinning to cores");
    }
}

/// The time that the calling thread was ready to run and had to wait for a core; zero if the kernel doesn't
/// say.
std::chrono::nanoseconds run_queue_wait() {
    std::ifstream file("/proc/thread-self/schedstat");
    std::int64_t ran = 0;
    std::int64_t waited = 0;
    file >> ran >> waited;
    return std::chrono::nanoseconds(waited);
}

/// Threads that begin at one moment, and the first exception among them.
class team {
public:
    team(std::size_t count, placement where, clock::duration length, const worker_body& body)
        : cores_(usable_cores()),
          where_(where),
          length_(length),
          body_(body),
          all_here_(static_cast<std::ptrdiff_t>(count), start_setter{this}),
          spans_(count) {}

    std::vector<worker_span> run() {
        {
            std::vector<std::jthread> threads;
            threads.reserve(spans_.size());
            for (std::size_t index = 0; index < spans_.size(); ++index) {
                threads.emplace_back([this, index] { work(index); });
            }
        }
        if (problem_) std::rethrow_exception(problem_);
        return std::move(spans_);
    }

    [[nodiscard]] bool crowded() const { return spans_.size() > cores_.size(); }

private:
    struct start_setter {
        team* whose;
        void operator()() noexcept { whose->start_ = clock::now() + run_up; }
    };

    void work(std::size_t index) {
        worker_span& span = spans_[index];
        try {
            if (where_ != placement::anywhere) {
                keep_on(0, {where_ == placement::pinned ? cores_[index % cores_.size()] : cores_.front()});
            }
            all_here_.arrive_and_wait();
            const auto delayed_before = run_queue_wait();
            while (clock::now() < start_) {
                if (crowded()) std::this_thread::yield();
            }
            span.begin = clock::now();
            span.cycles = body_(index, start_ + length_);
            span.end = clock::now();
            span.delayed = run_queue_wait() - delayed_before;
        } catch (...) {
            const std::lock_guard held(problem_mutex_);
            problem_ = std::current_exception();
        }
    }

    std::vector<int> cores_;
    placement where_;
    clock::duration length_;
    const worker_body& body_;
    clock::time_point start_;
    std::barrier<start_setter> all_here_;
    std::vector<worker_span> spans_;
    std::mutex problem_mutex_;
    std::exception_ptr problem_;
};

}  // namespace

double teamwork::seconds() const {
    auto first = clock::time_point::max();
    auto last = clock::time_point::min();
    for (const worker_span& span : spans_) {
        first = std::min(first, span.begin);
        last = std::max(last, span.end);
    }
    return std::chrono::duration<double>(last - first).count();
}

std::uint64_t teamwork::cycles() const {
    std::uint64_t total = 0;
    for (const worker_span& span : spans_) total += span.cycles;
    return total;
}

double teamwork::nanoseconds_per_cycle() const { return nanoseconds_per_second / cycles_per_second(); }

double teamwork::cycles_per_second() const { return static_cast<double>(cycles()) / seconds(); }

double teamwork::disturbance() const {
    if (crowded_) return 0.0;
    auto last_begin = clock::time_point::min();
    auto first_end = clock::time_point::max();
    std::chrono::nanoseconds delayed{0};
    for (const worker_span& span : spans_) {
        last_begin = std::max(last_begin, span.begin);
        first_end = std::min(first_end, span.end);
        delayed = std::max(delayed, span.delayed);
    }
    const double together = std::chrono::duration<double>(first_end - last_begin).count() / seconds();
    const double lost = std::chrono::duration<double>(delayed).count() / seconds();
    return std::clamp(std::max(1.0 - together, lost), 0.0, 1.0);
}

teamwork run_together(std::size_t count, placement where, clock::duration length, const worker_body& body) {
    team workers(count, where, length, body);
    const bool crowded = workers.crowded();
    return {workers.run(), crowded};
}

std::size_t core_count() { return usable_cores().size(); }

void keep_on_first_core(pid_t process) { keep_on(process, {usable_cores().front()}); }

void allow_all_cores(pid_t process) { keep_on(process, usable_cores()); }

void sleep_precisely() { prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); }

void sleep_for(std::chrono::nanoseconds length) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(length);
    std::timespec left{};
    left.tv_sec = static_cast<std::time_t>(seconds.count());
    left.tv_nsec = static_cast<long>((length - seconds).count());
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
    }
}

}  // namespace podpool::bench
