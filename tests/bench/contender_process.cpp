// SPDX-License-Identifier: BSL-1.0
#include "contender_process.hpp"

#include <support/child_process.hpp>
#include <support/wait_for.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <stdexcept>

namespace podpool::bench {

namespace {

constexpr std::chrono::seconds patience{60};

std::array<int, 2> make_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
    return ends;
}

/// What a child opens to get a descriptor that we have.
std::string file_of(int descriptor) { return "/proc/self/fd/" + std::to_string(descriptor); }

}  // namespace

double contender_answer::of(std::string_view figure) const {
    const auto found = figures.find(figure);
    if (found == figures.end()) throw std::runtime_error("a contender didn't say its " + std::string(figure));
    return found->second;
}

contender_answer read_answer(const std::string& line) {
    contender_answer read;
    constexpr std::string_view text_begins = " why=";
    const std::size_t text = line.find(text_begins);
    if (text != std::string::npos) read.why = line.substr(text + text_begins.size());
    std::istringstream words(line.substr(0, text));
    for (std::string word; words >> word;) {
        const std::size_t equals = word.find('=');
        if (equals == std::string::npos) throw std::runtime_error("a contender said '" + word + "'");
        read.figures[word.substr(0, equals)] = std::stod(word.substr(equals + 1));
    }
    return read;
}

contender_process::contender_process(std::vector<std::string> command) : command_(std::move(command)) {
    const auto orders = make_pipe();
    const auto answers = make_pipe();
    read_by_it_ = orders[0];
    to_it_ = orders[1];
    from_it_ = answers[0];
    test::child_streams streams;
    streams.input = file_of(orders[0]);
    streams.output = file_of(answers[1]);
    try {
        process_ = test::spawn_child(command_, streams);
    } catch (...) {
        close(answers[1]);
        close_pipes();
        throw;
    }
    close(answers[1]);
    try {
        next_answer(std::chrono::steady_clock::now() + patience);
    } catch (...) {
        kill(process_, SIGKILL);
        test::wait_for_child(process_);
        close_pipes();
        throw;
    }
}

contender_process::~contender_process() {
    close_pipes();
    if (process_ == 0) return;
    constexpr std::chrono::seconds to_close{10};
    if (test::wait_for([this] { return test::reap_child(process_); }, to_close)) return;
    kill(process_, SIGKILL);
    test::wait_for_child(process_);
}

void contender_process::close_pipes() {
    for (int* const each : {&read_by_it_, &to_it_, &from_it_}) {
        if (*each >= 0) close(*each);
        *each = -1;
    }
}

std::string contender_process::name() const {
    std::string line;
    for (const std::string& word : command_) {
        const bool is_path = word.find('/') == 0;
        line +=
            (line.empty() ? "" : " ") + (is_path ? std::filesystem::path(word).filename().string() : word);
    }
    return line;
}

void contender_process::ask(const std::string& order) const {
    const std::string line = order + "\n";
    if (write(to_it_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
        throw std::runtime_error("cannot write to " + name());
    }
}

contender_answer contender_process::answer(std::chrono::nanoseconds length) {
    return read_answer(next_answer(std::chrono::steady_clock::now() + length + patience));
}

std::string contender_process::next_answer(std::chrono::steady_clock::time_point deadline) {
    constexpr std::string_view mark = "answer ";
    for (;;) {
        for (std::size_t end = 0; (end = unread_.find('\n')) != std::string::npos;) {
            const std::string line = unread_.substr(0, end);
            unread_.erase(0, end + 1);
            if (line.rfind(mark, 0) == 0) return line.substr(mark.size());
            complaints_ += line + "\n";
        }
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        pollfd waiting{from_it_, POLLIN, 0};
        if (left.count() <= 0 || poll(&waiting, 1, static_cast<int>(left.count())) == 0) {
            throw std::runtime_error(name() + " doesn't answer: " + complaints_);
        }
        std::array<char, 4096> bytes{};
        const ssize_t count = read(from_it_, bytes.data(), bytes.size());
        if (count == 0) throw std::runtime_error(name() + " has ended: " + complaints_);
        if (count > 0) unread_.append(bytes.data(), static_cast<std::size_t>(count));
    }
}

void contender_process::finish() {
    if (to_it_ >= 0) close(to_it_);
    to_it_ = -1;
    if (!test::wait_for([this] { return test::reap_child(process_); }, patience)) {
        throw std::runtime_error(name() + " doesn't end: " + complaints_);
    }
    process_ = 0;
}

}  // namespace podpool::bench
