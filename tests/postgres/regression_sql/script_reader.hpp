// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace podpool::test {

/// Takes a script for psql apart into what psql would send, one statement at a time.
///
/// Variables that \set and \getenv of the script give a value are put in. Other commands of psql are skipped
/// and counted; those that send a statement, such as \gset, end it. Thread safety: one thread at a time.
class script_reader {
public:
    /// `environment`: what \getenv finds.
    script_reader(std::string text, std::map<std::string, std::string> environment)
        : text_(std::move(text)), environment_(std::move(environment)) {}

    /// The next statement without its semicolon, or none at the end. `standard_strings`: the setting of the
    /// session that it will be sent on.
    std::optional<std::string> next(bool standard_strings);
    /// The lines up to `\.`, with their ends: what follows a COPY FROM STDIN.
    std::string copy_data();
    /// Whether a \connect came since the last call.
    bool take_reconnect() { return std::exchange(reconnect_, false); }
    [[nodiscard]] std::size_t skipped_commands() const { return skipped_; }

private:
    std::string take_variable(bool standard_strings);
    std::string_view take_line();
    /// Returns whether it ends a statement.
    bool run_command(std::string_view line);
    void set_variable(const std::vector<std::string>& words);
    [[nodiscard]] std::vector<std::string> words_of(std::string_view line) const;
    [[nodiscard]] const std::string* variable(std::string_view name) const;

    std::string text_;
    std::size_t at_ = 0;
    std::map<std::string, std::string, std::less<>> variables_;
    std::map<std::string, std::string> environment_;
    std::size_t skipped_ = 0;
    bool reconnect_ = false;
};

}  // namespace podpool::test
