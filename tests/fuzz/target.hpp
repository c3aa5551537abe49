// SPDX-License-Identifier: BSL-1.0
// What a fuzz target is: one function, called by libFuzzer with inputs that it makes up and by replay.cpp
// with those that are kept. An input that breaks a promise ends the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace podpool::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// Ends the process, with the promise that was broken, unless it holds.
inline void promise(bool holds, std::string_view what) {
    if (holds) return;
    std::fprintf(stderr, "broken promise: %.*s\n", static_cast<int>(what.size()), what.data());
    std::abort();
}

/// One line that a terminal shows as it is.
inline bool is_plain_line(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') return false;
    }
    return true;
}

}  // namespace podpool::fuzz
