// SPDX-License-Identifier: BSL-1.0
#pragma once

// One header for Catch2 v2 (Debian 12) and v3 (Debian 13).
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
