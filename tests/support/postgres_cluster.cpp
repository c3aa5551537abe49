// SPDX-License-Identifier: BSL-1.0
#include "child_process.hpp"
#include "postgres_server.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace podpool::test {

namespace {

constexpr const char* system_user = "postgres";

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

std::vector<std::string> postgres_cluster::as_postgres(const std::vector<std::string>& command) {
    return as_user(system_user, command);
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
    : settings_(std::move(settings)),
      network_(settings_.network.value_or(loopback_network())),
      directory_({"podpool-pg-", system_user, "postmaster.pid", "QUIT"}) {
    make_template();
}

postgres_cluster::~postgres_cluster() {
    while (!servers_.empty()) servers_.pop_back();
}

void postgres_cluster::make_template() {
    const std::string data = directory_.path() + "/template";
    run_child(as_postgres({program("initdb"), "-D", data, "-U", "admin", "-A", "trust", "--no-sync",
                           "--no-instructions", "--wal-segsize=1", "--locale=C", "-E", "UTF8"}));
    run_child(as_postgres({program("postgres"), "--single", "-D", data, "-F", "-c", "jit=off", "postgres"}),
              "create role " + user() + " login password '" + password() + "'\ncreate database " +
                  database() + " owner " + user() + "\n");
}

postgres_server& postgres_cluster::make_server() {
    // 11 to 253, and from the start again: a long run replaces more servers than there are addresses.
    constexpr std::size_t addresses = 243;
    const auto in_use = [this](const std::string& address) {
        return std::any_of(servers_.begin(), servers_.end(),
                           [&](const auto& server) { return server->address() == address; });
    };
    while (in_use(network_.server_address(made_ % addresses))) ++made_;
    const std::size_t number = made_++;
    servers_.push_back(
        std::make_unique<postgres_server>(*this, network_.server_address(number % addresses),
                                          directory_.path() + "/server" + std::to_string(number)));
    return *servers_.back();
}

void postgres_cluster::remove(const postgres_server& server) {
    std::vector<std::string> files;
    for (const char* part : {"", ".socket", ".log"}) files.push_back(server.data_directory() + part);
    std::erase_if(servers_, [&](const auto& one) { return one.get() == &server; });
    for (const std::string& one : files) std::filesystem::remove_all(one);
}

postgres_server& postgres_cluster::add_primary() {
    postgres_server& server = make_server();
    run_child(as_postgres({"cp", "-a", directory_.path() + "/template", server.data_directory()}));
    server.start();
    return server;
}

postgres_server& postgres_cluster::add_replica(const postgres_server& primary) {
    postgres_server& server = make_server();
    run_child(as_postgres({program("pg_basebackup"), "-w", "-h", primary.address(), "-p",
                           std::to_string(port()), "-U", "admin", "-D", server.data_directory(), "-R", "-X",
                           "stream", "-c", "fast", "--no-sync"}));
    server.start();
    return server;
}

}  // namespace podpool::test
