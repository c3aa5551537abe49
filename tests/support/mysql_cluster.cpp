// SPDX-License-Identifier: BSL-1.0
#include "child_process.hpp"
#include "mysql_server.hpp"
#include "wait_for.hpp"

#include <unistd.h>

namespace podpool::test {

namespace {

constexpr const char* replication_user = "replica";
constexpr const char* replication_password = "replica-7f3d-pw";

server_directory::settings for_servers(const std::string& prefix) {
    return {prefix, mysql_flavour::system_user(), "server.pid", "KILL"};
}

/// A data directory that all servers of this process start with a copy of: making it takes long.
class data_template {
public:
    static const std::string& path() {
        static const data_template one;
        return one.path_;
    }

private:
    data_template() : directory_(for_servers("podpool-my-")), path_(directory_.path() + "/template") {
        const std::string user = mysql_cluster::user();
        const std::string sql_file = directory_.path() + "/users.sql";
        // MariaDB makes its first data without looking at rights until it is told to.
        write_text(sql_file, "flush privileges;\ncreate database " + mysql_cluster::database() +
                                 ";\ncreate user " + user + "@'%' identified by '" +
                                 mysql_cluster::password() + "';\ngrant all on " + mysql_cluster::database() +
                                 ".* to " + user + "@'%';\ngrant select on nowhere.* to " + user +
                                 "@'%';\ncreate user " + replication_user + "@'%' identified by '" +
                                 replication_password + "';\ngrant replication slave on *.* to " +
                                 replication_user + "@'%';\n");
        mysql_flavour::chosen().make_data(path_, sql_file);
    }

    server_directory directory_;
    std::string path_;
};

}  // namespace

bool mysql_cluster::available(std::string& why) {
    const mysql_flavour& flavour = mysql_flavour::chosen();
    try {
        if (geteuid() == 0 && mysql_flavour::system_user().empty()) {
            why = std::string("running as root and there is no user 'mysql' or 'nobody' to run ") +
                  flavour.name() + " as";
            return false;
        }
        run_child(mysql_flavour::as_user({flavour.server(), "--no-defaults", "--version"}));
        run_child({"setsid", "--version"});
        return true;
    } catch (const std::runtime_error& problem) {
        why = std::string(flavour.name()) + "'s server doesn't run here: " + problem.what();
        return false;
    }
}

mysql_cluster::mysql_cluster(mysql_cluster_settings settings)
    : settings_(std::move(settings)), directory_(for_servers("podpool-my-")) {}

mysql_cluster::~mysql_cluster() {
    while (!servers_.empty()) servers_.pop_back();
}

mysql_server& mysql_cluster::make_server(bool read_only) {
    servers_.push_back(std::make_unique<mysql_server>(*this, servers_.size(), read_only));
    mysql_server& server = *servers_.back();
    // Most of what a new data directory holds is zeros.
    run_child(mysql_flavour::as_user(
        {"cp", "-a", "--sparse=always", data_template::path(), server.data_directory()}));
    server.start();
    return server;
}

mysql_server& mysql_cluster::add_primary() { return make_server(false); }

mysql_server& mysql_cluster::add_replica(const mysql_server& primary) {
    const mysql_flavour& flavour = mysql_flavour::chosen();
    mysql_server& server = make_server(true);
    server.sql(flavour.start_replica(primary.address(), port(), replication_user, replication_password));
    if (!wait_for([&] { return server.sql(flavour.replica_is_running()) == "1"; })) {
        throw server.problem("doesn't follow " + primary.address());
    }
    return server;
}

}  // namespace podpool::test
