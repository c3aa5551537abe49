// SPDX-License-Identifier: BSL-1.0
#include "child_process.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace podpool::test {

namespace {

class spawn_actions {
public:
    explicit spawn_actions(const child_streams& streams) {
        posix_spawn_file_actions_init(&actions_);
        const char* input = streams.input.empty() ? "/dev/null" : streams.input.c_str();
        posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, input, O_RDONLY, 0);
        if (streams.output.empty()) {
            posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        } else {
            posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, streams.output.c_str(),
                                             O_WRONLY | O_CREAT | O_APPEND, 0644);
        }
        posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
    }
    spawn_actions(const spawn_actions&) = delete;
    spawn_actions& operator=(const spawn_actions&) = delete;
    ~spawn_actions() { posix_spawn_file_actions_destroy(&actions_); }

    [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
};

std::string joined(const std::vector<std::string>& command) {
    std::string line;
    for (const std::string& word : command) line += (line.empty() ? "" : " ") + word;
    return line;
}

}  // namespace

pid_t spawn_child(const std::vector<std::string>& command, const child_streams& streams) {
    std::vector<std::string> words = command;
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const spawn_actions actions(streams);
    pid_t child = 0;
    const int failed =
        posix_spawnp(&child, arguments.front(), actions.get(), nullptr, arguments.data(), environ);
    if (failed != 0) {
        throw std::runtime_error("cannot start '" + joined(command) + "': " + std::strerror(failed));
    }
    return child;
}

std::string run_child(const std::vector<std::string>& command, const std::string& input) {
    const std::string scratch = make_temporary_directory("podpool-run-");
    child_streams streams;
    streams.output = scratch + "/output";
    if (!input.empty()) {
        streams.input = scratch + "/input";
        write_text(streams.input, input);
    }
    int status = 0;
    std::string output;
    try {
        status = wait_for_child(spawn_child(command, streams));
        output = read_text(streams.output);
    } catch (...) {
        std::filesystem::remove_all(scratch);
        throw;
    }
    std::filesystem::remove_all(scratch);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        throw std::runtime_error("'" + joined(command) + "' failed: " + output);
    }
    return output;
}

std::vector<std::string> as_user(const std::string& user, const std::vector<std::string>& command) {
    if (geteuid() != 0) return command;
    const passwd* entry = getpwnam(user.c_str());
    if (entry == nullptr) throw std::runtime_error("there is no user '" + user + "'");
    std::vector<std::string> whole{"setpriv", "--reuid=" + std::to_string(entry->pw_uid),
                                   "--regid=" + std::to_string(entry->pw_gid), "--init-groups",
                                   "--reset-env"};
    whole.insert(whole.end(), command.begin(), command.end());
    return whole;
}

std::string system_program(const std::string& name) {
    const std::string path = "/usr/sbin/" + name;
    return std::filesystem::exists(path) ? path : name;
}

int wait_for_child(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    return status;
}

bool reap_child(pid_t child) {
    int status = 0;
    const pid_t ended = waitpid(child, &status, WNOHANG);
    return ended == child || (ended < 0 && errno == ECHILD);
}

namespace {

/// What follows the command in /proc/<pid>/stat: the state and the parent's id; empty if it is gone. Also of
/// a thread: <pid>/task/<tid>.
std::string state_and_parent(const std::string& process) {
    const std::string stat = read_text("/proc/" + process + "/stat");
    const std::size_t close = stat.rfind(')');
    return close == std::string::npos || close + 4 >= stat.size() ? "" : stat.substr(close + 2);
}

}  // namespace

bool is_running(pid_t process) {
    const std::string state = state_and_parent(std::to_string(process));
    return !state.empty() && state[0] != 'Z' && state[0] != 'X';
}

bool is_stopped(pid_t process) {
    const std::string tasks = std::to_string(process) + "/task";
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + tasks, gone)) {
        const std::string state = state_and_parent(tasks + "/" + entry.path().filename().string());
        if (!state.empty() && state[0] != 'T' && state[0] != 'Z' && state[0] != 'X') return false;
    }
    return true;
}

std::vector<pid_t> children_of(pid_t parent) {
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        const std::string state = state_and_parent(name);
        if (!state.empty() && std::atol(state.c_str() + 2) == parent) found.push_back(std::stoi(name));
    }
    return found;
}

std::string make_temporary_directory(const std::string& prefix) {
    const char* base = std::getenv("TMPDIR");
    std::string path =
        std::string(base != nullptr && *base != '\0' ? base : "/tmp") + "/" + prefix + "XXXXXX";
    if (mkdtemp(path.data()) == nullptr) {
        throw std::runtime_error("cannot make the directory " + path + ": " + std::strerror(errno));
    }
    return path;
}

std::string read_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    // Not by iterators: they throw when a process whose file in /proc is read ends meanwhile.
    text << file.rdbuf();
    return text.str();
}

void write_text(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    file << text;
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

}  // namespace podpool::test
