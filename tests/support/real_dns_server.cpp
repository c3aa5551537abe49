// SPDX-License-Identifier: BSL-1.0
#include "real_dns_server.hpp"

#include "child_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>

namespace podpool::test {

namespace {

constexpr std::chrono::seconds patience{30};
constexpr std::chrono::milliseconds pause{20};

// Waits for the end of the calling process (its end of the pipe closes), then ends the server if it is
// still there, and removes its directory.
constexpr const char* watcher_script = R"(
read -r line
pid=$(cat "$1/knot.pid" 2>/dev/null)
if [ -n "$pid" ] && grep -q "$1" "/proc/$pid/cmdline" 2>/dev/null; then kill -KILL "$pid"; fi
rm -rf "$1"
)";

/// Knot is in /usr/sbin, which is in few users' PATH.
std::string program(const std::string& name) {
    const std::string path = "/usr/sbin/" + name;
    return std::filesystem::exists(path) ? path : name;
}

bool is_free(const std::string& ip, std::uint16_t port, int type) {
    const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    inet_pton(AF_INET, ip.c_str(), &where.sin_addr);
    const bool free = bind(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0;
    close(fd);
    return free;
}

}  // namespace

real_dns_server::real_dns_server(std::string zone)
    : zone_(std::move(zone)), directory_(make_temporary_directory("podpool-dns-")) {
    std::random_device seed;
    std::mt19937 random(seed());
    const auto draw = [&](int low, int high) {
        return std::uniform_int_distribution<int>(low, high)(random);
    };
    do {
        ip_ = "127." + std::to_string(draw(64, 250)) + "." + std::to_string(draw(1, 250)) + ".53";
        // Below the range that outgoing connections take their ports from.
        port_ = static_cast<std::uint16_t>(draw(20000, 30000));
    } while (!is_free(ip_, port_, SOCK_STREAM) || !is_free(ip_, port_, SOCK_DGRAM));
    watch_directory();
    write_configuration();
    write_zone();
    start();
}

real_dns_server::~real_dns_server() {
    try {
        stop();
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "%s\n", problem.what());
    }
    close(watcher_pipe_);
    wait_for_child(watcher_);
}

bool real_dns_server::available(std::string& why) {
    try {
        for (const char* name : {"knotd", "knotc"}) run_child({program(name), "--version"});
        run_child({"setsid", "--version"});
        return true;
    } catch (const std::runtime_error& problem) {
        why = std::string("Knot DNS doesn't run here: ") + problem.what();
        return false;
    }
}

std::string real_dns_server::address() const { return ip_ + ":" + std::to_string(port_); }

void real_dns_server::set_records(const std::string& name, const std::vector<std::string>& addresses,
                                  std::chrono::seconds ttl) {
    std::vector<std::string> lines;
    for (const auto& address : addresses) {
        const bool ipv6 = address.find(':') != std::string::npos;
        lines.push_back(std::to_string(ttl.count()) + (ipv6 ? " AAAA " : " A ") + address);
    }
    set_lines(name, lines);
}

void real_dns_server::set_lines(const std::string& name, const std::vector<std::string>& lines) {
    if (!name.ends_with("." + zone_)) {
        throw std::runtime_error("real_dns_server: " + name + " is not in the zone " + zone_);
    }
    records_[name] = lines;
    write_zone();
    // Returns when the zone has been loaded.
    if (running()) run_child(control({"-b", "zone-reload", zone_}));
}

void real_dns_server::start() {
    if (running()) return;
    child_streams streams;
    streams.output = directory_ + "/knot.log";
    // A session of its own: Ctrl-C is for the caller, who stops the server in its own time.
    server_ = spawn_child(
        {"setsid", program("knotd"), "-c", directory_ + "/knot.conf", "-s", directory_ + "/knot.sock"},
        streams);
    wait_until_ready();
}

void real_dns_server::stop() {
    if (!running()) return;
    kill(server_, SIGTERM);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!reap_child(server_)) {
        if (std::chrono::steady_clock::now() > deadline) {
            kill(server_, SIGKILL);
            wait_for_child(server_);
            server_ = 0;
            throw std::runtime_error("the DNS server did not stop:\n" + log_text());
        }
        std::this_thread::sleep_for(pause);
    }
    server_ = 0;
}

void real_dns_server::wait_until_ready() {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (true) {
        try {
            run_child(control({"zone-read", zone_, "@", "SOA"}));
            return;
        } catch (const std::runtime_error& problem) {
            if (reap_child(server_)) {
                server_ = 0;
                throw std::runtime_error("the DNS server ended at its start:\n" + log_text());
            }
            if (std::chrono::steady_clock::now() > deadline) {
                throw std::runtime_error(std::string("the DNS server doesn't get ready: ") + problem.what() +
                                         "\n" + log_text());
            }
        }
        std::this_thread::sleep_for(pause);
    }
}

void real_dns_server::write_configuration() const {
    write_text(directory_ + "/knot.conf",
               "server:\n"
               "    listen: " +
                   ip_ + "@" + std::to_string(port_) +
                   "\n"
                   "    rundir: \"" +
                   directory_ +
                   "\"\n"
                   "    pidfile: \"" +
                   directory_ +
                   "/knot.pid\"\n"
                   "    udp-workers: 1\n"
                   "    tcp-workers: 1\n"
                   "    background-workers: 1\n"
                   "database:\n"
                   "    storage: \"" +
                   directory_ +
                   "/db\"\n"
                   "log:\n"
                   "  - target: stderr\n"
                   "    any: warning\n"
                   "zone:\n"
                   "  - domain: " +
                   zone_ +
                   "\n"
                   "    file: \"" +
                   directory_ +
                   "/zone\"\n"
                   "    zonefile-load: whole\n"
                   "    zonefile-sync: -1\n"
                   "    journal-content: none\n");
}

void real_dns_server::write_zone() {
    std::string text = "$ORIGIN " + zone_ + ".\n@ 5 SOA ns admin " + std::to_string(++serial_) +
                       " 60 60 60 5\n@ 5 NS ns\nns 5 A " + ip_ + "\n";
    for (const auto& [name, lines] : records_) {
        for (const auto& line : lines) text += name + ". " + line + "\n";
    }
    // In one step, so that a server that starts just now reads one or the other.
    write_text(directory_ + "/zone.new", text);
    std::filesystem::rename(directory_ + "/zone.new", directory_ + "/zone");
}

void real_dns_server::watch_directory() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
    watcher_pipe_ = ends[1];
    // In a session of its own, so that whatever ends the caller's processes spares it.
    child_streams streams;
    streams.input = "/proc/self/fd/" + std::to_string(ends[0]);
    watcher_ = spawn_child({"setsid", "sh", "-c", watcher_script, "sh", directory_}, streams);
    close(ends[0]);
}

std::vector<std::string> real_dns_server::control(std::vector<std::string> command) const {
    std::vector<std::string> whole = {program("knotc"), "-s", directory_ + "/knot.sock"};
    whole.insert(whole.end(), command.begin(), command.end());
    return whole;
}

std::string real_dns_server::log_text() const { return read_text(directory_ + "/knot.log"); }

}  // namespace podpool::test
