// SPDX-License-Identifier: BSL-1.0
// Catch2 v2 wants one file with this macro; v3 brings its own main and doesn't use this file.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
