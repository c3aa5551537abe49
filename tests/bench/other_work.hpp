// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

namespace podpool::bench {

/// The seconds that all cores together weren't idle, of the first line of /proc/stat.
double busy_seconds(const std::string& line, double ticks_per_second);

/// The CPU time that a server's process and those that it has started have used, in seconds.
double cpu_seconds_of_server(pid_t server);

/// What the machine does while a contender runs, beside it and its server.
class other_work {
public:
    /// Counts from here.
    explicit other_work(pid_t server);

    /// How many cores were busy with something else since then, on average; the contender has used so many
    /// seconds of CPU time.
    [[nodiscard]] double cores(double contender_seconds) const;

private:
    [[nodiscard]] double unexplained_seconds() const;

    pid_t server_;
    std::chrono::steady_clock::time_point begin_;
    double unexplained_at_begin_;
};

}  // namespace podpool::bench
