// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>

namespace podpool::detail {

/// A mutex for critical sections of some ten nanoseconds: it spins a little before it sleeps, since
/// putting a thread to sleep and waking it costs hundreds of times the section it waits for.
/// Meets the Lockable requirements.
class adaptive_mutex {
public:
    adaptive_mutex() = default;
    adaptive_mutex(const adaptive_mutex&) = delete;
    adaptive_mutex& operator=(const adaptive_mutex&) = delete;
    ~adaptive_mutex() = default;

    void lock() noexcept {
        if (!try_lock()) lock_contended();
    }

    bool try_lock() noexcept {
        int expected = free;
        return state_.compare_exchange_strong(expected, held, std::memory_order_acquire,
                                              std::memory_order_relaxed);
    }

    void unlock() noexcept {
        if (state_.exchange(free, std::memory_order_release) == awaited) state_.notify_one();
    }

private:
    static constexpr int free = 0;
    static constexpr int held = 1;
    static constexpr int awaited = 2;  // held, and somebody sleeps or is about to
    static constexpr int rounds = 12;
    static constexpr int longest_pause = 64;

    static void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        asm volatile("isb" ::: "memory");
#endif
    }

    void lock_contended() noexcept {
        int pauses = 1;
        for (int round = 0; round < rounds; ++round) {
            for (int i = 0; i < pauses; ++i) pause();
            if (pauses < longest_pause) pauses *= 2;
            if (state_.load(std::memory_order_relaxed) == free && try_lock()) return;
        }
        while (state_.exchange(awaited, std::memory_order_acquire) != free) {
            state_.wait(awaited, std::memory_order_relaxed);
        }
    }

    std::atomic<int> state_{free};
};

}  // namespace podpool::detail
