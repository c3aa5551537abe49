// SPDX-License-Identifier: BSL-1.0
#pragma once

// One header for Catch2 v2 (Debian 12) and v3 (Debian 13).
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>

#include <string>

namespace Catch::Matchers {

/// What v3 calls it; its Contains() is about elements.
inline auto ContainsSubstring(const std::string& text) { return Contains(text); }

}  // namespace Catch::Matchers
#endif
