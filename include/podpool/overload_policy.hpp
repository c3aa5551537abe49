// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace podpool {

/// What becomes of callers who wait while more come than the pool can serve.
enum class overload_policy : std::uint8_t {
    fifo,   ///< each waits for its turn until its deadline
    codel,  ///< once the queue stands, those who have waited for too long are refused
};

}  // namespace podpool
