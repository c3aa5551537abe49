// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace podpool {

/// Why a connection was closed.
enum class close_reason : std::uint8_t {
    lifetime,          ///< its max lifetime came and it was replaced
    rebalanced,        ///< it was surplus on its endpoint, and replaced by one on another
    idle_timeout,      ///< unused for longer than pool_max_conn_idle_time
    broken,            ///< it was lost, failed a check or a reset, or came back unusable
    endpoint_failed,   ///< its endpoint went down or changed its role
    endpoint_removed,  ///< its endpoint left the discovered set
    retired,           ///< retire_all
    surplus,           ///< the pool was made smaller, or held one more than it may
    displaced,         ///< idle or returned, and its room was wanted for a connection of another role
    discarded,         ///< the caller said so, or left what the driver can't reset
    oversized,         ///< it carried a row or a statement larger than pool_max_conn_buffer
    pool_closed,       ///< the pool was closed
};

/// How many reasons there are.
inline constexpr std::size_t close_reason_count = 12;

/// The reason's name in metrics: snake_case, stable.
constexpr std::string_view to_string(close_reason reason) {
    switch (reason) {
        case close_reason::lifetime:
            return "lifetime";
        case close_reason::rebalanced:
            return "rebalanced";
        case close_reason::idle_timeout:
            return "idle_timeout";
        case close_reason::broken:
            return "broken";
        case close_reason::endpoint_failed:
            return "endpoint_failed";
        case close_reason::endpoint_removed:
            return "endpoint_removed";
        case close_reason::retired:
            return "retired";
        case close_reason::surplus:
            return "surplus";
        case close_reason::displaced:
            return "displaced";
        case close_reason::discarded:
            return "discarded";
        case close_reason::oversized:
            return "oversized";
        case close_reason::pool_closed:
            return "pool_closed";
    }
    return "unknown";
}

}  // namespace podpool
