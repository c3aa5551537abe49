// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/discovery_error.hpp>
#include <podpool/endpoint_set.hpp>

#include <functional>
#include <variant>

namespace podpool {

/// What a discovery source publishes: a whole good answer, or why there is none.
using discovery_update = std::variant<endpoint_set, discovery_error>;

/// Finds the endpoints behind a name and keeps looking; implement it to add a source.
///
/// A source is made with the executor it runs on. All functions may be called from any thread.
class discovery_source {
public:
    discovery_source() = default;
    discovery_source(const discovery_source&) = delete;
    discovery_source& operator=(const discovery_source&) = delete;
    virtual ~discovery_source() = default;

    /// Begins publishing to `listener`: the first answer as soon as it is known, then one per refresh,
    /// good or bad, also when nothing changed; a refresh that failed in part publishes the endpoints first
    /// and the error after them. The listener is called on the source's executor, one call at a time,
    /// never from inside start(), and must not throw. Called once.
    virtual void start(std::function<void(discovery_update)> listener) = 0;

    /// Asks again now; a question already under way serves, and questions keep a floor of 1 s between
    /// them. Does nothing before start() and after stop().
    virtual void refresh() = 0;

    /// Ends publishing: no listener call begins after it returns, unless one is running on another
    /// thread at that moment. Idempotent.
    virtual void stop() noexcept = 0;
};

}  // namespace podpool
