// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::bench {

/// What a contender says about a round.
struct contender_answer {
    std::map<std::string, double, std::less<>> figures;
    /// What the first failed query said.
    std::string why;

    /// Throws std::runtime_error when the contender didn't say.
    [[nodiscard]] double of(std::string_view figure) const;
};

/// Reads words `key=number`; everything after `why=` is a text. Throws std::runtime_error.
contender_answer read_answer(const std::string& line);

/// A contender (tests/bench/contenders), which sleeps until it is asked. It ends with this object.
///
/// Functions throw std::runtime_error, with what the contender has said, when it doesn't do what is asked.
class contender_process {
public:
    /// Starts it; returns when it has opened its connections.
    explicit contender_process(std::vector<std::string> command);
    contender_process(const contender_process&) = delete;
    contender_process& operator=(const contender_process&) = delete;
    ~contender_process();

    /// `run NANOSECONDS` or `count QUERIES`; doesn't wait.
    void ask(const std::string& order) const;
    /// Waits for the answer, for so much longer than `length`.
    contender_answer answer(std::chrono::nanoseconds length);
    /// Asks it to end, and waits until it has.
    void finish();

private:
    std::string next_answer(std::chrono::steady_clock::time_point deadline);
    [[nodiscard]] std::string name() const;
    void close_pipes();

    std::vector<std::string> command_;
    /// Ours, too, so that an order to one that has ended is no SIGPIPE: its answer doesn't come.
    int read_by_it_ = -1;
    int to_it_ = -1;
    int from_it_ = -1;
    pid_t process_ = 0;
    std::string unread_;
    std::string complaints_;
};

}  // namespace podpool::bench
