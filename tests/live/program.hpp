// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/child_process.hpp"

#include <string>
#include <vector>

namespace podpool::test {

/// A program that runs with a TMPDIR of its own; when this goes, the program is killed if it still runs,
/// and the directory is removed.
class program {
public:
    explicit program(std::vector<std::string> command);
    program(const program&) = delete;
    program& operator=(const program&) = delete;
    ~program();

    /// Its directory, also for files that it is told to write.
    [[nodiscard]] const std::string& directory() const { return directory_; }
    /// What it sees as TMPDIR.
    [[nodiscard]] const std::string& scratch() const { return scratch_; }
    [[nodiscard]] pid_t process() const { return process_; }
    /// What it has printed so far.
    [[nodiscard]] std::string output() const { return read_text(output_file_); }
    /// Sends it a signal.
    void send(int signal) const;
    /// Waits for its end; returns its exit code, or -1 if a signal ended it.
    int exit_code();

    /// Processes that were started with a file of its TMPDIR among their arguments and still run.
    [[nodiscard]] std::vector<pid_t> leftovers() const;
    /// What is left in its TMPDIR.
    [[nodiscard]] std::vector<std::string> leftover_files() const;

private:
    std::string directory_;
    std::string scratch_;
    std::string output_file_;
    pid_t process_ = 0;
};

}  // namespace podpool::test
