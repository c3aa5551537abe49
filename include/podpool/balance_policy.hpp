// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace podpool {

/// How the endpoint of a new connection or of a lease is chosen.
enum class balance_policy : std::uint8_t {
    least_active,  ///< the fewest leased connections; ties at random
    p2c,           ///< the better of two endpoints drawn at random
    round_robin,   ///< each in turn
    random,        ///< any, with equal chance
};

}  // namespace podpool
