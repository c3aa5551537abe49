// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace podpool::test {

/// How a run of the command ended.
struct finished_command {
    int code = -1;    ///< exit code; -1 when a signal ended it
    int signal = 0;   ///< the signal that ended it, if one did
    std::string out;  ///< standard output
    std::string err;  ///< standard error
};

/// Where the command's standard output goes.
enum class output_kind { file, terminal, full_disk };

/// The real binary as a child process; killed and waited for by the destructor.
///
/// It gets this environment without PODPOOL_URI and libpq's PG* variables. Functions throw
/// std::runtime_error when it shows no sign of what is waited for within 60 s.
class running_command {
public:
    using environment = std::map<std::string, std::string>;

    explicit running_command(const std::vector<std::string>& arguments, const environment& more = {},
                             output_kind kind = output_kind::file);
    running_command(const running_command&) = delete;
    running_command& operator=(const running_command&) = delete;
    ~running_command();

    /// What it has written to standard output so far.
    std::string out();
    /// Waits until `seen(out())`.
    void wait_for_output(const std::function<bool(const std::string&)>& seen);
    void send(int signal) const;
    [[nodiscard]] pid_t process() const { return child_; }
    /// Waits for its end. Throws std::runtime_error, too, when an output holds the password of the test
    /// servers.
    finished_command wait();

private:
    void read_terminal();
    [[nodiscard]] bool reap();

    std::string directory_;
    int terminal_ = -1;
    std::string from_terminal_;
    pid_t child_ = 0;
    int status_ = 0;
};

/// Runs the command to its end.
finished_command run_command(const std::vector<std::string>& arguments,
                             const running_command::environment& more = {},
                             output_kind kind = output_kind::file);

/// Runs the command with `--seconds` 1, then 5, then 25, until `enough(result)`: a busy machine may need a
/// while to begin.
finished_command run_long_enough(const std::vector<std::string>& arguments,
                                 const std::function<bool(const finished_command&)>& enough);

}  // namespace podpool::test
