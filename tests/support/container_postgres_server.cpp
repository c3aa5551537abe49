// SPDX-License-Identifier: BSL-1.0
#include "container_postgres_server.hpp"

#include "child_process.hpp"

#include <algorithm>
#include <filesystem>

namespace podpool::test {

namespace {

// The image's own lines let nobody but the application in over the network.
constexpr const char* access_file = "/usr/local/lib/podpool/test_hba.conf";
constexpr const char* access =
    "local all postgres peer\nhostssl replication replication all scram-sha-256\n"
    "hostssl all app,admin all scram-sha-256\n";

}  // namespace

container_plan container_postgres_server::plan(const container_settings& settings) {
    container_plan plan;
    plan.image = "podpool-postgres";
    plan.port = 5432;
    plan.secrets = container_network::of_this_run().name();
    std::vector<std::string> lines{"max_connections=" + std::to_string(settings.max_connections),
                                   std::string("hba_file=") + access_file, "fsync=off",
                                   "synchronous_commit=off"};
    lines.insert(lines.end(), settings.configuration.begin(), settings.configuration.end());
    for (std::string& line : lines) {
        std::erase(line, ' ');
        plan.arguments.insert(plan.arguments.end(), {"-c", line});
    }
    return plan;
}

container_postgres_server::container_postgres_server(const container_plan& plan) : container_server(plan) {
    const std::string directory = make_temporary_directory("podpool-hba-");
    write_text(directory + "/hba", access);
    put(directory + "/hba", access_file);
    std::filesystem::remove_all(directory);
}

void container_postgres_server::run_inside(const std::string& statement) const {
    static_cast<void>(run({"psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", "/run/podpool/socket", "-U",
                           "postgres", "-d", "postgres", "-c", statement}));
}

void container_postgres_server::prepare() {
    run_inside(std::string("create role admin superuser login password '") + admin_password + "'");
}

void container_postgres_server::move_to(const std::string& address) {
    run_inside("select pg_terminate_backend(pid, 60000) from pg_stat_activity where usename = '" + user() +
               "'");
    reconnect(address);
}

std::string container_postgres_server::sql(const std::string& statement, const std::string& database) {
    try {
        if (!admin_ || !admin_->alive() || admin_->database() != database) {
            admin_.reset();
            admin_.emplace(address(), port(), admin_password, database);
        }
        return admin_->run(statement);
    } catch (const std::runtime_error& failed) {
        admin_.reset();
        throw problem("refuses '" + statement + "': " + failed.what());
    }
}

std::size_t container_postgres_server::sessions(std::string_view application_name) {
    sql("select 1");
    return admin_->count_sessions(application_name);
}

void container_postgres_server::promote() {
    if (sql("select pg_promote(true, 60)") != "t") throw problem("was not promoted");
}

}  // namespace podpool::test
