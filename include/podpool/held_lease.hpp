// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/endpoint.hpp>

#include <chrono>
#include <source_location>

namespace podpool {

/// A lease that is out for long: perhaps it was forgotten.
struct held_lease {
    /// The pod that its connection goes to.
    endpoint where;
    /// How long it has been out.
    std::chrono::nanoseconds age{0};
    /// Where it was acquired.
    std::source_location acquired_at;
};

}  // namespace podpool
