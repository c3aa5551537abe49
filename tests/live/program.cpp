// SPDX-License-Identifier: BSL-1.0
#include "program.hpp"

#include <sys/wait.h>

#include <csignal>
#include <filesystem>

namespace podpool::test {

program::program(std::vector<std::string> command)
    : directory_(make_temporary_directory("podpool-program-")),
      scratch_(directory_ + "/tmp"),
      output_file_(directory_ + "/output") {
    namespace fs = std::filesystem;
    fs::create_directory(scratch_);
    // PostgreSQL runs as another user when the test is root's.
    for (const std::string& path : {directory_, scratch_}) {
        fs::permissions(path, fs::perms::group_exec | fs::perms::others_exec, fs::perm_options::add);
    }
    command.insert(command.begin(), {"env", "TMPDIR=" + scratch_});
    child_streams streams;
    streams.output = output_file_;
    process_ = spawn_child(command, streams);
}

program::~program() {
    if (process_ != 0) {
        kill(process_, SIGKILL);
        wait_for_child(process_);
    }
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

void program::send(int signal) const {
    if (process_ != 0) kill(process_, signal);
}

int program::exit_code() {
    const int status = wait_for_child(process_);
    process_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::vector<pid_t> program::leftovers() const {
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        const bool ours = read_text(entry.path().string() + "/cmdline").find(scratch_) != std::string::npos;
        if (ours && is_running(std::stoi(name))) found.push_back(std::stoi(name));
    }
    return found;
}

std::vector<std::string> program::leftover_files() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(scratch_))
        found.push_back(entry.path().string());
    return found;
}

}  // namespace podpool::test
