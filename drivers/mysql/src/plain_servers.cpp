// SPDX-License-Identifier: BSL-1.0
#include "plain_servers.hpp"

namespace podpool::detail {

void plain_servers::note(const endpoint& where, time_point now) {
    const std::lock_guard held(mutex_);
    // Pods come and go: what is out of date would pile up.
    std::erase_if(seen_, [now](const auto& one) { return now - one.second >= memory; });
    seen_[where] = now;
}

bool plain_servers::knows(const endpoint& where, time_point now) const {
    const std::lock_guard held(mutex_);
    const auto found = seen_.find(where);
    return found != seen_.end() && now - found->second < memory;
}

}  // namespace podpool::detail
