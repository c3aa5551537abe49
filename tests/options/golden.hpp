// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace podpool::test {

/// The content of a file of the source tree; with PODPOOL_UPDATE_GOLDEN=1 it is written first.
inline std::string golden_file(const std::string& path, const std::string& actual) {
    const std::string full = std::string(PODPOOL_SOURCE_DIR "/") + path;
    if (const char* update = std::getenv("PODPOOL_UPDATE_GOLDEN"); update != nullptr && *update == '1') {
        std::ofstream(full, std::ios::binary) << actual;
    }
    std::ifstream file(full, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace podpool::test
