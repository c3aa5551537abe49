// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

namespace podpool::soak {

/// What this process has open at a moment.
struct process_figures {
    std::size_t descriptors = 0;
    std::size_t threads = 0;
    std::size_t resident_bytes = 0;

    static process_figures now();
};

}  // namespace podpool::soak
