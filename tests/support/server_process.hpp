// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace podpool::test {

/// A server program that we started, with the processes that it started in turn.
///
/// Functions that wait throw std::runtime_error after 60 s; its text goes on from "the server ".
/// Thread safety: one thread at a time.
class server_process {
public:
    /// Starts a program in a session of its own, with its output appended to a file.
    void start(const std::vector<std::string>& command, const std::string& log_file);
    [[nodiscard]] bool running() const { return process_ != 0; }
    [[nodiscard]] pid_t id() const { return process_; }
    /// True if the program has ended by itself; it isn't running from then on.
    bool has_ended();

    /// Sends the program a signal; a paused one is resumed first.
    void ask(int signal);
    /// Waits until the program is gone.
    void wait_until_gone();
    /// SIGKILL for all its processes; waits until they are gone.
    void kill9();
    /// SIGSTOP for all its processes.
    void pause();
    /// Ends pause().
    void resume();

private:
    void signal_all(int signal) const;

    pid_t process_ = 0;
    bool paused_ = false;
};

}  // namespace podpool::test
