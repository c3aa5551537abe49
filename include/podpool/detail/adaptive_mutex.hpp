// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

namespace podpool::detail {

/// A mutex for critical sections of some ten nanoseconds that are never left to the kernel.
///
/// Its unlock is a plain store: a mutex that may have sleepers needs an atomic exchange there, which
/// costs as much as the whole section it guards. The price is that a waiter isn't woken. It spins, which
/// is enough unless the holder has lost its processor; then it yields, and at last naps, so that a holder
/// of low priority gets to run. Meets the Lockable requirements.
class adaptive_mutex {
public:
    adaptive_mutex() = default;
    adaptive_mutex(const adaptive_mutex&) = delete;
    adaptive_mutex& operator=(const adaptive_mutex&) = delete;
    ~adaptive_mutex() = default;

    void lock() noexcept {
        if (!try_lock()) lock_contended();
    }

    bool try_lock() noexcept { return !held_.exchange(true, std::memory_order_acquire); }

    void unlock() noexcept { held_.store(false, std::memory_order_release); }

private:
    static constexpr int spins = 3;
    static constexpr int spin_pauses = 128;
    static constexpr int yields = 64;
    static constexpr std::chrono::microseconds first_nap{20};
    static constexpr std::chrono::microseconds longest_nap{500};

    static void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        asm volatile("isb" ::: "memory");
#endif
    }

    [[nodiscard]] bool take_if_free() noexcept {
        return !held_.load(std::memory_order_relaxed) && try_lock();
    }

    void lock_contended() noexcept {
        // Long pauses from the start: one that looks again at once takes the cache line from the holder,
        // and two threads then wait for the line more than for each other.
        for (int round = 0; round < spins; ++round) {
            for (int i = 0; i < spin_pauses; ++i) pause();
            if (take_if_free()) return;
        }
        for (int round = 0; round < yields; ++round) {
            std::this_thread::yield();
            if (take_if_free()) return;
        }
        for (auto nap = first_nap; !take_if_free(); nap = std::min(2 * nap, longest_nap)) {
            std::this_thread::sleep_for(nap);
        }
    }

    std::atomic<bool> held_{false};
};

}  // namespace podpool::detail
