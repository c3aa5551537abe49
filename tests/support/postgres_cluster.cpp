// SPDX-License-Identifier: BSL-1.0
#include "child_process.hpp"
#include "postgres_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <stdexcept>

namespace podpool::test {

namespace {

constexpr const char* system_user = "postgres";
constexpr int first_server = 11;

// Waits for the end of the test process (its end of the pipe closes), then ends what is left of the
// cluster and removes its directory. A process id counts only while it still runs in that directory.
constexpr const char* watcher_script = R"(
read -r line
left=
for file in "$1"/*/postmaster.pid; do
    [ -f "$file" ] || continue
    pid=$(head -n 1 "$file")
    grep -q "$1" "/proc/$pid/cmdline" 2>/dev/null || continue
    left="$left $pid"
    kill -QUIT "$pid"
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

bool port_is_free(const std::string& address, std::uint16_t port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    inet_pton(AF_INET, address.c_str(), &where.sin_addr);
    const bool free = bind(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
    close(fd);
    return free;
}

std::string find_program_directory() {
    if (const char* chosen = std::getenv("PODPOOL_TEST_PG_BIN")) return chosen;
    std::string newest;
    int newest_version = 0;
    const std::filesystem::path root = "/usr/lib/postgresql";
    if (std::filesystem::is_directory(root)) {
        for (const auto& entry : std::filesystem::directory_iterator(root)) {
            const int version = std::atoi(entry.path().filename().c_str());
            const std::filesystem::path bin = entry.path() / "bin";
            if (version > newest_version && std::filesystem::exists(bin / "postgres")) {
                newest_version = version;
                newest = bin.string();
            }
        }
    }
    return newest;
}

}  // namespace

std::string postgres_cluster::program(const std::string& name) {
    const std::string directory = find_program_directory();
    return directory.empty() ? name : directory + "/" + name;
}

std::vector<std::string> postgres_cluster::as_postgres(std::vector<std::string> command) {
    // PostgreSQL refuses to run as root.
    if (geteuid() != 0) return command;
    const std::string user = system_user;
    std::vector<std::string> whole{"setpriv", "--reuid=" + user, "--regid=" + user, "--init-groups",
                                   "--reset-env"};
    whole.insert(whole.end(), command.begin(), command.end());
    return whole;
}

bool postgres_cluster::available(std::string& why) {
    try {
        if (geteuid() == 0 && getpwnam(system_user) == nullptr) {
            why = "running as root and there is no user 'postgres' to run PostgreSQL as";
            return false;
        }
        for (const char* name : {"postgres", "initdb", "pg_basebackup"}) {
            run_child(as_postgres({program(name), "--version"}));
        }
        run_child({"setsid", "--version"});
        return true;
    } catch (const std::runtime_error& problem) {
        why = std::string("PostgreSQL's server programs don't run here: ") + problem.what();
        return false;
    }
}

postgres_cluster::postgres_cluster(postgres_cluster_settings settings)
    : settings_(std::move(settings)), directory_(make_temporary_directory("podpool-pg-")) {
    std::random_device seed;
    std::mt19937 random(seed());
    const auto draw = [&](int low, int high) {
        return std::uniform_int_distribution<int>(low, high)(random);
    };
    do {
        network_second_ = draw(64, 250);
        network_third_ = draw(1, 250);
        // Below the range that outgoing connections take their ports from.
        port_ = static_cast<std::uint16_t>(draw(20000, 30000));
    } while (!port_is_free(address(first_server), port_));
    watch_directory();
    if (geteuid() == 0) {
        const passwd* user = getpwnam(system_user);
        if (user == nullptr || chown(directory_.c_str(), user->pw_uid, user->pw_gid) != 0) {
            throw std::runtime_error("cannot give " + directory_ + " to the user postgres");
        }
    }
    std::filesystem::permissions(directory_, std::filesystem::perms::owner_all |
                                                 std::filesystem::perms::group_exec |
                                                 std::filesystem::perms::others_exec);
    make_template();
}

postgres_cluster::~postgres_cluster() {
    while (!servers_.empty()) servers_.pop_back();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
    if (watcher_pipe_ >= 0) close(watcher_pipe_);
}

std::string postgres_cluster::address(int number) const {
    return "127." + std::to_string(network_second_) + "." + std::to_string(network_third_) + "." +
           std::to_string(number);
}

void postgres_cluster::watch_directory() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
    watcher_pipe_ = ends[1];
    // The watcher is in a session of its own, so that whatever ends the test's processes spares it.
    child_streams streams;
    streams.input = "/proc/self/fd/" + std::to_string(ends[0]);
    const pid_t starter =
        spawn_child({"setsid", "--fork", "sh", "-c", watcher_script, "sh", directory_}, streams);
    wait_for_child(starter);
    close(ends[0]);
}

void postgres_cluster::make_template() {
    const std::string data = directory_ + "/template";
    run_child(as_postgres({program("initdb"), "-D", data, "-U", "admin", "-A", "trust", "--no-sync",
                           "--no-instructions", "--wal-segsize=1", "--locale=C", "-E", "UTF8"}));
    run_child(as_postgres({program("postgres"), "--single", "-D", data, "-F", "-c", "jit=off", "postgres"}),
              "create role " + user() + " login password '" + password() + "'\ncreate database " +
                  database() + " owner " + user() + "\n");
}

postgres_server& postgres_cluster::make_server() {
    const int number = static_cast<int>(servers_.size());
    servers_.push_back(std::make_unique<postgres_server>(*this, address(first_server + number),
                                                         directory_ + "/server" + std::to_string(number)));
    return *servers_.back();
}

postgres_server& postgres_cluster::add_primary() {
    postgres_server& server = make_server();
    run_child(as_postgres({"cp", "-a", directory_ + "/template", server.data_directory()}));
    server.start();
    return server;
}

postgres_server& postgres_cluster::add_standby(const postgres_server& primary) {
    postgres_server& server = make_server();
    run_child(as_postgres({program("pg_basebackup"), "-w", "-h", primary.address(), "-p",
                           std::to_string(port()), "-U", "admin", "-D", server.data_directory(), "-R", "-X",
                           "stream", "-c", "fast", "--no-sync"}));
    server.start();
    return server;
}

}  // namespace podpool::test
