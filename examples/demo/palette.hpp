// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>

namespace demo {

/// A pod's colour, and that of a text on it.
struct colour {
    int red;
    int green;
    int blue;
    const char* text;
};

// Okabe and Ito's, which colour-blind readers can tell apart.
inline constexpr std::array<colour, 5> palette{{
    {0, 114, 178, "#ffffff"},
    {230, 159, 0, "#222222"},
    {0, 158, 115, "#ffffff"},
    {204, 121, 167, "#222222"},
    {86, 180, 233, "#222222"},
}};

/// The colour of a pod by its number, from 0.
constexpr const colour& colour_of(std::size_t pod) { return palette[pod % palette.size()]; }

}  // namespace demo
