// SPDX-License-Identifier: BSL-1.0
#include "server_directory.hpp"

#include "child_process.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <stdexcept>

namespace podpool::test {

namespace {

// Waits for the end of the test process (its end of the pipe closes), then ends what is left of the
// servers and removes the directory. A process id counts only while it still runs in that directory.
constexpr const char* watcher_script = R"(
read -r line
left=
for file in "$1"/*/"$2"; do
    [ -f "$file" ] || continue
    pid=$(head -n 1 "$file")
    grep -q "$1" "/proc/$pid/cmdline" 2>/dev/null || continue
    left="$left $pid"
    kill -s "$3" "$pid"
    for child in $(cat "/proc/$pid/task/$pid/children" 2>/dev/null); do kill -CONT "$child"; done
    kill -CONT "$pid"
done
tries=0
while [ "$tries" -lt 100 ]; do
    alive=
    for pid in $left; do kill -0 "$pid" 2>/dev/null && alive=yes; done
    [ -n "$alive" ] || break
    sleep 0.1
    tries=$((tries + 1))
done
rm -rf "$1"
)";

/// Starts the watcher of a directory; returns our end of its pipe.
int watch(const server_directory::settings& wanted, const std::string& path) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
    // The watcher is in a session of its own, so that whatever ends the test's processes spares it.
    child_streams streams;
    streams.input = "/proc/self/fd/" + std::to_string(ends[0]);
    const pid_t starter = spawn_child(
        {"setsid", "--fork", "sh", "-c", watcher_script, "sh", path, wanted.pid_file, wanted.signal},
        streams);
    wait_for_child(starter);
    close(ends[0]);
    return ends[1];
}

}  // namespace

server_directory::server_directory(const settings& wanted) : path_(make_temporary_directory(wanted.prefix)) {
    watcher_pipe_ = watch(wanted, path_);
    if (geteuid() == 0 && !wanted.user.empty()) {
        const passwd* user = getpwnam(wanted.user.c_str());
        if (user == nullptr || chown(path_.c_str(), user->pw_uid, user->pw_gid) != 0) {
            throw std::runtime_error("cannot give " + path_ + " to the user " + wanted.user);
        }
    }
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all |
                                            std::filesystem::perms::group_exec |
                                            std::filesystem::perms::others_exec);
}

server_directory::~server_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    if (watcher_pipe_ >= 0) close(watcher_pipe_);
}

}  // namespace podpool::test
