// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace podpool::bench {

/// What the command line asks for.
struct bench_settings {
    /// Names of groups; empty: all but those that take long.
    std::vector<std::string> groups;
    /// Rounds per comparison; zero: as many as each group thinks right.
    std::size_t rounds = 0;
    /// Length of one round in the groups that sleep or query.
    std::chrono::nanoseconds long_round = std::chrono::seconds(1);
    /// Print the table as Markdown instead of as text.
    bool markdown = false;
    /// Where to write every measurement; empty: nowhere.
    std::string json_file;
    /// Whether everything works, not how fast: short rounds, few cases. Of the groups defaults and arrivals,
    /// as are the next ones.
    bool quick = false;
    /// A contender of an older podpool, which takes part; empty: none.
    std::string older;
    /// Count instructions, too.
    bool instructions = false;

    /// Whether a group was asked for by name.
    [[nodiscard]] bool names(const std::string& group) const;
    [[nodiscard]] std::size_t rounds_or(std::size_t usual) const { return rounds != 0 ? rounds : usual; }
};

/// Reads the command line. Returns nothing, and sets `exit_code`, when the program should end: after
/// --help or a mistake.
std::optional<bench_settings> read_settings(int argc, char** argv,
                                            const std::vector<std::string>& group_names, int& exit_code);

}  // namespace podpool::bench
