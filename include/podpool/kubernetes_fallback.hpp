// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace podpool {

/// What serves with `pool_discovery=kubernetes` as long as the API server has never answered.
enum class kubernetes_fallback : std::uint8_t {
    dns,   ///< names are resolved by DNS, from ten seconds after the start on
    none,  ///< nothing: the pool waits for the API server
};

}  // namespace podpool
