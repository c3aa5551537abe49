// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace demo {

/// What one server says of itself at one moment.
struct pod_figures {
    bool up = false;
    std::size_t sessions = 0;   ///< of the application
    std::size_t in_flight = 0;  ///< of them: running a query
    std::uint64_t served = 0;   ///< queries since the server started
};

/// A count as printf's %llu takes it.
constexpr unsigned long long printable(std::uint64_t number) { return number; }

}  // namespace demo
