// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace podpool::test {

/// Where a child's streams go; empty: /dev/null.
struct child_streams {
    /// File that the child reads as its standard input.
    std::string input;
    /// File that standard output and standard error are appended to.
    std::string output;
};

/// Starts a program found by PATH and returns its process id. Throws std::runtime_error.
pid_t spawn_child(const std::vector<std::string>& command, const child_streams& streams = {});

/// Runs a program to its end; returns its output. Throws std::runtime_error with it unless it exits with 0.
std::string run_child(const std::vector<std::string>& command, const std::string& input = {});

/// A command as another user of this machine, if we are root; else as it is. Database servers refuse root.
std::vector<std::string> as_user(const std::string& user, const std::vector<std::string>& command);

/// The path of a program in /usr/sbin, which is in few users' PATH; just its name if it isn't there.
std::string system_program(const std::string& name);

/// Waits for a child's end; returns its wait status.
int wait_for_child(pid_t child);

/// True if a child has ended; then it is reaped.
bool reap_child(pid_t child);

/// The process ids of the direct children of a process.
std::vector<pid_t> children_of(pid_t parent);

/// Whether a process, our child or not, still runs; a zombie doesn't.
bool is_running(pid_t process);

/// Whether no thread of a process runs: it was stopped by a signal, or is gone.
bool is_stopped(pid_t process);

/// A new directory under TMPDIR (or /tmp), named `prefix` + random letters.
std::string make_temporary_directory(const std::string& prefix);

/// The text of a file, empty if there is none.
std::string read_text(const std::string& path);

/// Writes a whole file. Throws std::runtime_error.
void write_text(const std::string& path, const std::string& text);

}  // namespace podpool::test
