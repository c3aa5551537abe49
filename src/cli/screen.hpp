// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

namespace podpool::cli {

/// How much a terminal shows.
struct screen_size {
    std::size_t rows = 24;
    std::size_t columns = 80;
};

/// The lines as they fit: cut at the right, and the last ones replaced by a count of them.
std::vector<std::string> fitted(std::vector<std::string> lines, screen_size size);

/// Shows one frame after the other: on a terminal each in place of the last one, elsewhere one below the
/// other with an empty line between them.
class screen {
public:
    screen(std::ostream& out, bool is_terminal) : out_(out), is_terminal_(is_terminal) {}

    void show(const std::vector<std::string>& lines);

private:
    std::ostream& out_;
    bool is_terminal_;
    std::size_t shown_ = 0;
};

/// Whether standard output is a terminal that moves its cursor when told to.
bool stdout_is_terminal();

}  // namespace podpool::cli
