// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/service_key.hpp"
#include "discovery/kubernetes/service_watch.hpp"
#include "discovery/kubernetes/watch_registry.hpp"

#include <podpool/detail/fork_guard.hpp>

#include <mutex>

namespace podpool::detail {

/// One source's share in the watch of its Service.
///
/// Thread safety: all functions may be called from any thread, but end() and the destructor not by the
/// subscriber.
class service_watch_lease {
public:
    explicit service_watch_lease(service_key key) : key_(std::move(key)) {}
    service_watch_lease(const service_watch_lease&) = delete;
    service_watch_lease& operator=(const service_watch_lease&) = delete;
    /// Ends the subscription, and waits for the thread of a watch that nobody else uses. In a child that
    /// fork() has made it leaves everything to the parent.
    ~service_watch_lease();

    /// Subscribes; does nothing after end(). Throws podpool::error where no thread can be had.
    void begin(const service_watch::subscriber& told);
    /// After it has returned the subscriber isn't called. Waits for nothing else.
    void end() noexcept;

    /// Whether this is a copy by fork().
    [[nodiscard]] bool in_child() const noexcept { return fork_guard_.in_child(); }

private:
    const service_key key_;
    fork_guard fork_guard_;
    std::mutex mutex_;
    watch_registry::subscription subscription_;  // guarded by mutex_
    bool ended_ = false;                         // guarded by mutex_
};

}  // namespace podpool::detail
