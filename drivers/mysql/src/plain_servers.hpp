// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/endpoint.hpp>

#include <chrono>
#include <map>
#include <mutex>

namespace podpool::detail {

/// Which servers were found to have no TLS, so that not every login under ssl_mode::prefer has to find out
/// again: a server counts the attempt that it costs as broken off.
///
/// Servers with TLS aren't remembered: one that has lost it meanwhile must be asked before it is logged in
/// to. Thread safety: everything may be called from any thread.
class plain_servers {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// A server that has got TLS meanwhile is asked again after this time.
    static constexpr std::chrono::minutes memory{10};

    void note(const endpoint& where, time_point now);
    [[nodiscard]] bool knows(const endpoint& where, time_point now) const;

private:
    mutable std::mutex mutex_;
    std::map<endpoint, time_point> seen_;
};

}  // namespace podpool::detail
