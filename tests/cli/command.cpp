// SPDX-License-Identifier: BSL-1.0
#include "command.hpp"

#include "support/child_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace podpool::test {

namespace {

constexpr std::chrono::seconds patience{60};
constexpr std::chrono::milliseconds poll_pace{10};
/// In every password that tests use; see postgres_cluster::password().
constexpr std::string_view canary = "canary";

template <class Condition>
bool wait_for(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(poll_pace);
    }
    return true;
}

std::vector<std::string> child_environment(const running_command::environment& more) {
    std::vector<std::string> variables;
    for (char** one = environ; *one != nullptr; ++one) {
        const std::string_view text = *one;
        const std::string name(text.substr(0, text.find('=')));
        if (name.starts_with("PG") || name == "PODPOOL_URI" || more.contains(name)) continue;
        variables.emplace_back(text);
    }
    for (const auto& [name, value] : more) variables.push_back(name + "=" + value);
    return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (std::string& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

std::string tail(const std::string& text) {
    constexpr std::size_t longest = 3000;
    return text.size() > longest ? "..." + text.substr(text.size() - longest) : text;
}

int open_terminal() {
    const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) {
        throw std::runtime_error("cannot open a terminal");
    }
    return terminal;
}

}  // namespace

running_command::running_command(const std::vector<std::string>& arguments, const environment& more,
                                 output_kind kind)
    : directory_(make_temporary_directory("podpool-cli-")) {
    std::string output = kind == output_kind::full_disk ? "/dev/full" : directory_ + "/out";
    if (kind == output_kind::terminal) {
        terminal_ = open_terminal();
        std::array<char, 128> name{};
        if (ptsname_r(terminal_, name.data(), name.size()) != 0) throw std::runtime_error("ptsname_r");
        output = name.data();
    }
    const std::string errors = directory_ + "/err";
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_NOCTTY,
                                     0600);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT, 0600);

    std::vector<std::string> words{PODPOOL_COMMAND};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> variables = child_environment(more);
    const int failed = posix_spawn(&child_, PODPOOL_COMMAND, &actions, nullptr, pointers(words).data(),
                                   pointers(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) throw std::runtime_error("cannot start " PODPOOL_COMMAND);
}

running_command::~running_command() {
    if (child_ != 0) {
        kill(child_, SIGKILL);
        wait_for_child(child_);
    }
    if (terminal_ >= 0) close(terminal_);
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

void running_command::read_terminal() {
    std::array<char, 4096> block{};
    for (;;) {
        const ssize_t length = read(terminal_, block.data(), block.size());
        if (length <= 0) return;
        from_terminal_.append(block.data(), static_cast<std::size_t>(length));
    }
}

std::string running_command::out() {
    if (terminal_ < 0) return read_text(directory_ + "/out");
    read_terminal();
    return from_terminal_;
}

void running_command::wait_for_output(const std::function<bool(const std::string&)>& seen) {
    if (wait_for([&] { return seen(out()) || (reap() && !seen(out())); }) && seen(out())) return;
    throw std::runtime_error("the command did not print what was waited for; standard output:\n" +
                             tail(out()) + "\nstandard error:\n" + read_text(directory_ + "/err"));
}

void running_command::send(int signal) const {
    if (child_ != 0) kill(child_, signal);
}

bool running_command::reap() {
    if (child_ != 0 && waitpid(child_, &status_, WNOHANG) == child_) child_ = 0;
    return child_ == 0;
}

finished_command running_command::wait() {
    const bool ended = wait_for([this] {
        out();
        return reap();
    });
    finished_command result;
    result.out = out();
    result.err = read_text(directory_ + "/err");
    if (!ended) {
        throw std::runtime_error("the command does not end; standard output:\n" + tail(result.out) +
                                 "\nstandard error:\n" + result.err);
    }
    if (WIFEXITED(status_)) result.code = WEXITSTATUS(status_);
    if (WIFSIGNALED(status_)) result.signal = WTERMSIG(status_);
    if ((result.out + result.err).find(canary) != std::string::npos) {
        throw std::runtime_error("the command printed a password:\n" + result.out + result.err);
    }
    return result;
}

finished_command run_command(const std::vector<std::string>& arguments,
                             const running_command::environment& more, output_kind kind) {
    return running_command(arguments, more, kind).wait();
}

finished_command run_long_enough(const std::vector<std::string>& arguments,
                                 const std::function<bool(const finished_command&)>& enough) {
    finished_command result;
    for (const char* const seconds : {"1", "5", "25"}) {
        std::vector<std::string> all = arguments;
        all.insert(all.end(), {"--seconds", seconds});
        result = run_command(all);
        if (enough(result)) break;
    }
    return result;
}

}  // namespace podpool::test
