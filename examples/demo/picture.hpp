// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace demo {

/// Sessions of every pod at one moment, in the order of `history::pods`.
struct sample {
    double seconds = 0;
    std::vector<std::size_t> sessions;
};

/// A moment that the picture marks.
struct mark {
    double seconds = 0;
    std::string text;
};

/// What the picture shows.
struct history {
    std::string title;
    std::vector<std::string> pods;
    std::vector<sample> samples;
    std::vector<mark> marks;
};

/// Draws sessions per pod over time as an SVG document.
std::string draw(const history& shown);

}  // namespace demo
