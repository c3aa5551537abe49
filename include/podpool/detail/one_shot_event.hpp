// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/time.hpp>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>

namespace podpool::detail {

/// Something that happens once, which one thread waits for with a deadline on the monotonic clock.
///
/// A futex of our own: GCC 12's condition variable waits on that clock by a call that ThreadSanitizer
/// doesn't know, and its timed atomic wait sleeps by polling.
class one_shot_event {
public:
    /// Lets the waiting thread go on; nothing of this object is touched after the thread may see it, so
    /// that it can be destroyed at once.
    void set() noexcept {
        if (state_.exchange(done, std::memory_order_release) == awaited) {
            // The address alone is used: waking a futex that is gone is harmless.
            ::syscall(SYS_futex, address(), FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
        }
    }

    /// Waits until it happens or `deadline` is past; returns whether it has happened.
    bool wait_until(core::time_point deadline) noexcept {
        const auto since_epoch = deadline.time_since_epoch();
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_epoch);
        std::timespec until{};
        until.tv_sec = static_cast<std::time_t>(seconds.count());
        until.tv_nsec = static_cast<long>((since_epoch - seconds).count());
        while (!announce()) {
            const long result =
                ::syscall(SYS_futex, address(), FUTEX_WAIT_BITSET_PRIVATE, awaited,
                          deadline == core::never ? nullptr : &until, nullptr, FUTEX_BITSET_MATCH_ANY);
            if (result != 0 && errno == ETIMEDOUT) return announce();
        }
        return true;
    }

    /// Waits until it happens.
    void wait() noexcept { wait_until(core::never); }

private:
    static constexpr std::uint32_t pending = 0;
    static constexpr std::uint32_t awaited = 1;
    static constexpr std::uint32_t done = 2;

    /// Says that somebody is about to sleep; true when there is nothing to wait for any more.
    bool announce() noexcept {
        std::uint32_t seen = pending;
        state_.compare_exchange_strong(seen, awaited, std::memory_order_acquire);
        return state_.load(std::memory_order_acquire) == done;
    }

    std::uint32_t* address() noexcept { return reinterpret_cast<std::uint32_t*>(&state_); }

    std::atomic<std::uint32_t> state_{pending};
    static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));
};

}  // namespace podpool::detail
