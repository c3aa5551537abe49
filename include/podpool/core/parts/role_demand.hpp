// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/time.hpp>

namespace podpool::core {

/// What callers have wanted of the servers of one role.
struct role_demand {
    bool asked = false;      ///< at least one caller has asked for it
    unsigned searches = 0;   ///< in a row, since callers wait for it and nobody is known to have it
    time_point next_search;  ///< everybody is asked again from here on
};

}  // namespace podpool::core
