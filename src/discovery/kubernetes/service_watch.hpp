// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/api_client.hpp"
#include "discovery/kubernetes/service_key.hpp"
#include "discovery/kubernetes/service_report.hpp"
#include "discovery/kubernetes/slice_follower.hpp"
#include "discovery/kubernetes/stoppable_context.hpp"

#include <podpool/detail/fork_guard.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace podpool::detail {

/// Watches one Service on a thread of its own and tells its subscribers what it knows, now and after each
/// change. It ends with the last of them.
///
/// Thread safety: all functions may be called from any thread. In a child that fork() has made only
/// in_child() may be called; such a copy is never destroyed.
class service_watch {
public:
    using report = std::shared_ptr<const service_report>;
    /// Called one at a time, on the watch's thread or within subscribe(). It must not call the watch, wait,
    /// or hold the last reference to it.
    using subscriber = std::function<void(const report&)>;

    /// Begins to ask. Throws podpool::error where no thread can be had.
    explicit service_watch(service_key key, const watch_patience& patience = {});
    service_watch(const service_watch&) = delete;
    service_watch& operator=(const service_watch&) = delete;
    /// Waits for the thread, which ends at once unless it looks up a name.
    ~service_watch();

    /// Tells `told` what is known, now and from now on, and returns its number; none: the watch has ended.
    std::optional<std::uint64_t> subscribe(subscriber told);
    /// After it has returned the subscriber isn't called.
    void unsubscribe(std::uint64_t number) noexcept;

    [[nodiscard]] const service_key& key() const noexcept { return key_; }
    /// Whether this is a copy by fork(), without a thread.
    [[nodiscard]] bool in_child() const noexcept { return fork_guard_.in_child(); }

private:
    void run();
    void ask_once(api_client& client);
    void pause_after(const watch_pace::verdict& verdict, const std::string& why);
    void publish(std::string problem);

    const service_key key_;
    fork_guard fork_guard_;
    stoppable_context waiting_;
    slice_follower follower_;  // of the thread

    std::mutex mutex_;
    report report_;                                    // guarded by mutex_
    std::map<std::uint64_t, subscriber> subscribers_;  // guarded by mutex_
    std::uint64_t last_number_ = 0;                    // guarded by mutex_
    bool ended_ = false;                               // guarded by mutex_

    std::thread thread_;
};

}  // namespace podpool::detail
