// SPDX-License-Identifier: BSL-1.0
// No program that is started while a pool is open inherits anything of it.
#include "live.hpp"
#include "support/child_process.hpp"

#include <podpool/pool.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace podpool::test {
namespace {

using names = std::set<std::string>;

/// Sockets, pipes, queues of events and timers; no files and directories, which a test opens by the way.
bool is_channel(const std::string& name) {
    return name.starts_with("socket:") || name.starts_with("pipe:") || name.starts_with("anon_inode:");
}

/// What this process has open, by the kernel's names; `inheritable`: only what a program started now would
/// get.
names open_channels(bool inheritable) {
    names found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        const int number = std::stoi(entry.path().filename());
        std::error_code gone;
        const std::string name = std::filesystem::read_symlink(entry.path(), gone);
        const int flags = fcntl(number, F_GETFD);
        if (gone || flags < 0 || !is_channel(name) || (inheritable && (flags & FD_CLOEXEC) != 0)) continue;
        found.insert(name);
    }
    return found;
}

/// What a program that is started now has open.
names channels_of_child() {
    names found;
    std::istringstream lines(run_child({"ls", "-l", "/proc/self/fd"}));
    for (std::string line; std::getline(lines, line);) {
        const std::size_t arrow = line.find(" -> ");
        if (arrow != std::string::npos && is_channel(line.substr(arrow + 4)))
            found.insert(line.substr(arrow + 4));
    }
    return found;
}

names without(const names& all, const names& some) {
    names rest;
    for (const std::string& one : all) {
        if (!some.contains(one)) rest.insert(one);
    }
    return rest;
}

/// What there was before a pool was made: a test's own.
class channels_before {
public:
    /// Waits until there is a new socket and nothing new can be inherited, and then asks a child.
    void check(const std::string& when) const {
        INFO(when);
        eventually("nothing new can be inherited, " + when, [this] {
            const names added = without(open_channels(false), all_);
            const bool has_session = std::any_of(added.begin(), added.end(), [](const std::string& one) {
                return one.starts_with("socket:");
            });
            return has_session && without(open_channels(true), all_).empty();
        });
        CHECK(without(channels_of_child(), child_) == names());
    }

private:
    names all_ = open_channels(false);
    names child_ = channels_of_child();
};

/// A socket of the test's that no child gets.
class listener {
public:
    explicit listener(const sockaddr* address, socklen_t size, int backlog)
        : number_(socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        if (number_ < 0 || bind(number_, address, size) != 0 || listen(number_, backlog) != 0) {
            throw std::runtime_error(std::string("can't listen: ") + std::strerror(errno));
        }
    }
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;
    ~listener() {
        for (const int client : clients_) close(client);
        close(number_);
    }

    [[nodiscard]] sockaddr_in address() const {
        sockaddr_in found{};
        socklen_t size = sizeof found;
        getsockname(number_, reinterpret_cast<sockaddr*>(&found), &size);
        return found;
    }
    /// Connects until the kernel takes no further connection; whoever comes then waits for an answer.
    void fill() {
        const sockaddr_in to = address();
        for (int i = 0; i < 4; ++i) {
            clients_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            connect(clients_.back(), reinterpret_cast<const sockaddr*>(&to), sizeof to);
        }
    }

private:
    int number_;
    std::vector<int> clients_;
};

sockaddr_in loopback() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

TEST_CASE("a program that is started while a session is being opened inherits nothing of it") {
    const sockaddr_in any = loopback();
    listener server(reinterpret_cast<const sockaddr*>(&any), sizeof any, 0);
    const std::string to = "mysql://app@127.0.0.1:" + std::to_string(ntohs(server.address().sin_port)) +
                           "/shop?pool_connect_timeout=10m&pool_min_conns=1&pool_max_conns=1";
    SECTION("by a server that never says anything") {
        const channels_before before;
        const pool<mysql> connections(to);
        before.check("while the greeting is awaited");
    }
    SECTION("by a server that doesn't even take the connection") {
        server.fill();
        const channels_before before;
        const pool<mysql> connections(to);
        before.check("while TCP connects");
    }
}

TEST_CASE("a program that is started while a session is opened over a Unix socket inherits nothing of it") {
    const std::string directory = make_temporary_directory("podpool-silent-");
    sockaddr_un path{};
    path.sun_family = AF_UNIX;
    (directory + "/s").copy(path.sun_path, sizeof path.sun_path - 1);
    {
        const listener server(reinterpret_cast<const sockaddr*>(&path), sizeof path, 8);
        const channels_before before;
        const pool<mysql> connections("mysql:///shop?user=app&socket=" + directory +
                                      "/s&pool_connect_timeout=10m&pool_min_conns=1");
        before.check("while the greeting is awaited");
    }
    std::filesystem::remove_all(directory);
}

/// Looks at a pool in every state that a session can be kept in.
void check_life(mysql_server& server, const std::string& connection_string) {
    const channels_before before;
    pool<mysql> connections(connection_string + " pool_max_conns=2 pool_reset=rollback");
    {
        auto one = connections.acquire();
        auto other = connections.acquire();
        before.check("while two are leased");
        one->query("select 1");
        before.check("after a statement");
        one->query("begin");
        // The reset of the one gets no answer for now.
        server.pause();
    }
    eventually("a session is being reset", [&] { return connections.stats().maintaining != 0; });
    before.check("while one is being reset");
    server.resume();
    eventually("both are idle",
               [&] { return connections.stats().idle == 2 && connections.stats().maintaining == 0; });
    before.check("while both are idle");
}

TEST_CASE("a program that is started while a pool is open inherits nothing of it") {
    if (!have_mysql()) return;
    mysql_cluster cluster;
    mysql_server& server = cluster.add_primary();
    server.sql("select 1");
    SECTION("over TCP") { check_life(server, conninfo(server)); }
    SECTION("over a Unix socket") {
        check_life(server, "socket=" + server.socket() + " user=" + mysql_cluster::user() + " password=" +
                               mysql_cluster::password() + " dbname=" + mysql_cluster::database());
    }
}

}  // namespace
}  // namespace podpool::test
