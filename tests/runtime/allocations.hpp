// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

namespace podpool::test {

/// How often this thread has called operator new, in the whole program and its libraries.
[[nodiscard]] std::size_t allocations() noexcept;

}  // namespace podpool::test
