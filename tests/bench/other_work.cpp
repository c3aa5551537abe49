// SPDX-License-Identifier: BSL-1.0
#include "other_work.hpp"

#include <support/child_process.hpp>

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <sstream>
#include <vector>

namespace podpool::bench {

namespace {

double own_cpu_seconds() {
    constexpr double nanoseconds_per_second = 1e9;
    std::timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / nanoseconds_per_second;
}

}  // namespace

double busy_seconds(const std::string& line, double ticks_per_second) {
    // The kernel's order: user, nice, system, idle, iowait, irq, softirq, steal; guests' time is in the first
    // two.
    constexpr std::size_t idle = 3;
    constexpr std::size_t iowait = 4;
    constexpr std::size_t columns = 8;
    std::istringstream words(line);
    std::string name;
    words >> name;
    double ticks = 0;
    double value = 0;
    for (std::size_t column = 0; column < columns && words >> value; ++column) {
        if (column != idle && column != iowait) ticks += value;
    }
    return ticks / ticks_per_second;
}

double cpu_seconds_of_server(pid_t server) {
    constexpr double nanoseconds_per_second = 1e9;
    std::vector<pid_t> processes = test::children_of(server);
    processes.push_back(server);
    double total = 0;
    for (const pid_t each : processes) {
        double nanoseconds = 0;
        std::istringstream(test::read_text("/proc/" + std::to_string(each) + "/schedstat")) >> nanoseconds;
        total += nanoseconds / nanoseconds_per_second;
    }
    return total;
}

other_work::other_work(pid_t server)
    : server_(server),
      begin_(std::chrono::steady_clock::now()),
      unexplained_at_begin_(unexplained_seconds()) {}

double other_work::unexplained_seconds() const {
    const double known = cpu_seconds_of_server(server_) + own_cpu_seconds();
    const std::string stat = test::read_text("/proc/stat");
    return busy_seconds(stat.substr(0, stat.find('\n')), static_cast<double>(sysconf(_SC_CLK_TCK))) - known;
}

double other_work::cores(double contender_seconds) const {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin_;
    return std::max(0.0, (unexplained_seconds() - unexplained_at_begin_ - contender_seconds) / took.count());
}

}  // namespace podpool::bench
