// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/role.hpp>

namespace podpool {

/// What a driver's settings (`target_session_attrs`) mean for the roles of servers.
struct role_policy {
    /// Whether open() lets a primary in.
    bool primary = true;
    /// Whether open() lets a standby in.
    bool standby = true;
    /// Whether a primary serves callers of role::any only while no standby can.
    bool prefer_standby = false;

    /// Whether a caller who wants this role may ever be served.
    [[nodiscard]] constexpr bool admits(role wanted) const noexcept {
        return wanted == role::primary ? primary : wanted != role::standby || standby;
    }
};

}  // namespace podpool
