// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/service_watch_lease.hpp"

#include <memory>
#include <utility>

namespace podpool::detail {

service_watch_lease::~service_watch_lease() {
    if (in_child()) {
        // There is no thread to wait for.
        auto kept = std::make_unique<std::shared_ptr<service_watch>>(std::move(subscription_.watch));
        [[maybe_unused]] const auto* const watch = kept.release();
        return;
    }
    end();
}

void service_watch_lease::begin(const service_watch::subscriber& told) {
    const std::lock_guard lock(mutex_);
    if (ended_ || subscription_.watch != nullptr) return;
    subscription_ = watch_registry::of_process().subscribe(key_, told);
}

void service_watch_lease::end() noexcept {
    if (in_child()) return;
    const std::lock_guard lock(mutex_);
    if (std::exchange(ended_, true) || subscription_.watch == nullptr) return;
    subscription_.watch->unsubscribe(subscription_.number);
}

}  // namespace podpool::detail
