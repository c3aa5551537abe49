// SPDX-License-Identifier: BSL-1.0
#include "server_process.hpp"

#include "child_process.hpp"
#include "wait_for.hpp"

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace podpool::test {

void server_process::start(const std::vector<std::string>& command, const std::string& log_file) {
    // A session of its own: Ctrl-C is for the caller, who stops the server in its own time.
    std::vector<std::string> whole{"setsid"};
    whole.insert(whole.end(), command.begin(), command.end());
    child_streams streams;
    streams.output = log_file;
    process_ = spawn_child(whole, streams);
}

bool server_process::has_ended() {
    if (!running() || !reap_child(process_)) return false;
    process_ = 0;
    paused_ = false;
    return true;
}

void server_process::ask(int signal) {
    if (!running()) return;
    if (paused_) resume();
    kill(process_, signal);
}

void server_process::wait_until_gone() {
    if (running() && !wait_for([this] { return has_ended(); })) {
        throw std::runtime_error("does not stop");
    }
}

void server_process::kill9() {
    if (!running()) return;
    const std::vector<pid_t> children = children_of(process_);
    kill(process_, SIGKILL);
    for (const pid_t child : children) kill(child, SIGKILL);
    wait_until_gone();
    // A start finds shared memory "still in use" until the last child is gone.
    const bool all_gone =
        wait_for([&] { return std::none_of(children.begin(), children.end(), is_running); });
    if (!all_gone) throw std::runtime_error("left processes behind after SIGKILL");
}

void server_process::pause() {
    if (!running()) return;
    // The program itself first, so that it starts no further process.
    kill(process_, SIGSTOP);
    signal_all(SIGSTOP);
    paused_ = true;
    // A thread goes on for a moment after the signal was sent, and may read and answer what comes next.
    std::vector<pid_t> stopping = children_of(process_);
    stopping.push_back(process_);
    if (!wait_for([&] { return std::all_of(stopping.begin(), stopping.end(), is_stopped); })) {
        throw std::runtime_error("does not stop for SIGSTOP");
    }
}

void server_process::resume() {
    if (!running()) return;
    signal_all(SIGCONT);
    paused_ = false;
}

void server_process::signal_all(int signal) const {
    for (const pid_t child : children_of(process_)) kill(child, signal);
    kill(process_, signal);
}

}  // namespace podpool::test
