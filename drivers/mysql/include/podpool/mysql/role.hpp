// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>

namespace podpool {

/// What a MySQL or MariaDB server is in its replication group, as far as its settings tell.
enum class mysql_role : std::uint8_t {
    unknown,  ///< it wasn't asked yet
    primary,  ///< it takes writes: read_only, super_read_only and innodb_read_only are off
    standby,  ///< it is read-only: a replica, or a primary that was made read-only
};

/// The role's name: `unknown`, `primary` or `standby`.
constexpr std::string_view to_string(mysql_role role) noexcept {
    switch (role) {
        case mysql_role::unknown:
            return "unknown";
        case mysql_role::primary:
            return "primary";
        case mysql_role::standby:
            return "standby";
    }
    return "unknown";
}

}  // namespace podpool
