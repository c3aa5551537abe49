// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>

namespace podpool {

/// What a PostgreSQL server is in its replication group, as it last told us.
enum class postgres_role : std::uint8_t {
    unknown,  ///< it didn't say (a server before version 14, or a proxy)
    primary,  ///< it isn't in recovery
    standby,  ///< it is in recovery: read-only
};

/// The role's name: `unknown`, `primary` or `standby`.
constexpr std::string_view to_string(postgres_role role) noexcept {
    switch (role) {
        case postgres_role::unknown:
            return "unknown";
        case postgres_role::primary:
            return "primary";
        case postgres_role::standby:
            return "standby";
    }
    return "unknown";
}

}  // namespace podpool
