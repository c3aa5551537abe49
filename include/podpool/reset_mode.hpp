// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace podpool {

/// What is done with the session's state when a lease ends, off the caller's path.
enum class reset_mode : std::uint8_t {
    automatic,  ///< `auto`: as full, but for a lease that the driver knows to have left nothing behind
    full,       ///< nothing leaks from lease to lease (DISCARD ALL, COM_RESET_CONNECTION)
    rollback,   ///< an open transaction is rolled back; without one there is no round trip
    none,       ///< nothing; a connection in a transaction is closed
};

/// Whether a mode clears what a lease has left behind in its session.
constexpr bool clears(reset_mode mode) noexcept {
    return mode == reset_mode::automatic || mode == reset_mode::full;
}

}  // namespace podpool
