// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "history.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace demo {

/// What the live table shows.
struct view {
    std::string headline;
    double seconds = 0;
    std::vector<std::string> names;
    std::vector<pod_figures> pods;
    std::vector<double> queries_per_second;  ///< by pod
    std::size_t waiting = 0;
    std::uint64_t renewals = 0;
    std::uint64_t failed_acquires = 0;
    std::uint64_t failed_queries = 0;
};

/// Standard output: a table that is redrawn in place on a terminal, a line now and then elsewhere.
class screen {
public:
    screen();
    screen(const screen&) = delete;
    screen& operator=(const screen&) = delete;
    /// Gives the terminal back as it was.
    ~screen();

    /// Words that stay.
    void say(const std::string& words);
    /// Shows the table if it is time to: every half second on a terminal, every three seconds elsewhere.
    void show(const view& now);

private:
    void draw_table(const view& now);
    static void print_line(const view& now);
    [[nodiscard]] std::string bar(std::size_t pod, std::size_t length) const;

    bool terminal_;
    bool colours_;
    bool utf8_;
    std::size_t lines_ = 0;  // of the table on the terminal, to be drawn over
    std::chrono::steady_clock::time_point next_;
};

}  // namespace demo
