// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string_view>

namespace podpool {

/// How an endpoint stands.
enum class endpoint_state : std::uint8_t {
    ready,        ///< discovered; connections may be opened
    failing,      ///< discovered; the last attempt failed, it lets a check wait, or it is ejected
    spare,        ///< discovered, but outside of pool_subset or pool_zone: no new connections for now
    absent,       ///< missing from the last answers, or not ready: nothing new, idle connections kept for now
    terminating,  ///< shutting down: nothing new, unless no other endpoint can serve
    removed,      ///< gone: it disappears here when its last lease ends
};

/// The state's name in tables and metrics.
constexpr std::string_view to_string(endpoint_state state) {
    switch (state) {
        case endpoint_state::ready:
            return "ready";
        case endpoint_state::failing:
            return "failing";
        case endpoint_state::spare:
            return "spare";
        case endpoint_state::absent:
            return "absent";
        case endpoint_state::terminating:
            return "terminating";
        case endpoint_state::removed:
            return "removed";
    }
    return "unknown";
}

}  // namespace podpool
