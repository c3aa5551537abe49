// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/service_key.hpp"
#include "discovery/kubernetes/service_watch.hpp"

#include <podpool/detail/fork_guard.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace podpool::detail {

/// The watches of this process, so that pools of the same Service share one. It keeps none of them:
/// subscribers do. docs/adr/0017-one-watch-per-process.md says why it is there.
///
/// Thread safety: all functions may be called from any thread.
class watch_registry {
public:
    struct subscription {
        std::shared_ptr<service_watch> watch;
        std::uint64_t number = 0;
    };

    /// Made when it is first asked for; a child of fork() gets one of its own.
    static watch_registry& of_process();

    watch_registry() = default;
    watch_registry(const watch_registry&) = delete;
    watch_registry& operator=(const watch_registry&) = delete;

    /// Subscribes to the watch of this Service, which begins if there is none. Throws podpool::error where no
    /// thread can be had.
    subscription subscribe(const service_key& key, const service_watch::subscriber& told);

    /// How many watches there are.
    [[nodiscard]] std::size_t size();

private:
    void forget_ended();

    fork_guard fork_guard_;
    const watch_registry* former_ = nullptr;  // in a child of fork(): the parent's
    std::mutex mutex_;
    std::vector<std::weak_ptr<service_watch>> watches_;  // guarded by mutex_
};

}  // namespace podpool::detail
