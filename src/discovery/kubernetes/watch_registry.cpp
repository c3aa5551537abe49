// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/watch_registry.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace podpool::detail {
namespace {

/// Never destroyed, since a pool may be destroyed after every other object. A plain pointer, since the lock
/// of an object that is made within a function may be held by another thread when fork() is called.
constinit std::atomic<watch_registry*> of_this_process = nullptr;

}  // namespace

watch_registry& watch_registry::of_process() {
    watch_registry* known = of_this_process;
    while (known == nullptr || known->fork_guard_.in_child()) {
        // The parent's may be locked for ever, and its watches have no threads here.
        auto fresh = std::make_unique<watch_registry>();
        fresh->former_ = known;
        if (of_this_process.compare_exchange_strong(known, fresh.get())) known = fresh.release();
    }
    return *known;
}

void watch_registry::forget_ended() {
    std::erase_if(watches_, [](const auto& each) { return each.expired(); });
}

watch_registry::subscription watch_registry::subscribe(const service_key& key,
                                                       const service_watch::subscriber& told) {
    const std::lock_guard lock(mutex_);
    forget_ended();
    for (const auto& each : watches_) {
        std::shared_ptr<service_watch> known = each.lock();
        if (known == nullptr || known->key() != key) continue;
        if (const auto number = known->subscribe(told)) return {std::move(known), *number};
    }
    auto fresh = std::make_shared<service_watch>(key);
    const auto number = fresh->subscribe(told);
    watches_.push_back(fresh);
    return {std::move(fresh), *number};
}

std::size_t watch_registry::size() {
    const std::lock_guard lock(mutex_);
    forget_ended();
    return watches_.size();
}

}  // namespace podpool::detail
