// SPDX-License-Identifier: BSL-1.0
#pragma once

/// Version of podpool; CMake reads it from here.
#define PODPOOL_VERSION_MAJOR 0
#define PODPOOL_VERSION_MINOR 1
#define PODPOOL_VERSION_PATCH 0
#define PODPOOL_VERSION "0.1.0"
