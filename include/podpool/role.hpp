// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace podpool {

/// What a server is in its replication group: what a caller asks for, and what a server said it is.
enum class role : std::uint8_t {
    unknown,        ///< of a server: it hasn't said, or may have changed since it did
    primary,        ///< it takes writes
    standby,        ///< it follows a primary and is read-only
    any = unknown,  ///< of a caller: whichever the pool chooses
};

/// How many roles there are, role::unknown included.
inline constexpr std::size_t role_count = 3;

/// The role's name: `unknown`, `primary` or `standby`.
constexpr std::string_view to_string(role named) noexcept {
    switch (named) {
        case role::unknown:
            return "unknown";
        case role::primary:
            return "primary";
        case role::standby:
            return "standby";
    }
    return "unknown";
}

}  // namespace podpool
