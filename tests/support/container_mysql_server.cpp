// SPDX-License-Identifier: BSL-1.0
#include "container_mysql_server.hpp"

#include "mysql_flavour.hpp"

namespace podpool::test {

namespace {

constexpr const char* administrator = "admin";

bool is_mariadb() { return mysql_flavour::chosen().is_mariadb(); }

}  // namespace

container_plan container_mysql_server::plan(const container_settings& settings) {
    container_plan plan;
    plan.image = is_mariadb() ? "podpool-mariadb" : "podpool-mysql";
    plan.port = 3306;
    plan.secrets = container_network::of_this_run().name();
    plan.arguments = {"--max-connections=" + std::to_string(settings.max_connections),
                      "--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0"};
    if (is_mariadb()) plan.arguments.emplace_back("--performance-schema=ON");
    for (std::string line : settings.configuration) {
        std::erase(line, ' ');
        plan.arguments.push_back("--" + line);
    }
    return plan;
}

void container_mysql_server::prepare() {
    const std::string account = std::string(administrator) + "@'%'";
    static_cast<void>(run({is_mariadb() ? "mariadb" : "mysql", "--no-defaults", "--user=mysql",
                           "--socket=/run/podpool/socket/server.sock",
                           "--execute=create user " + account + " identified by '" + admin_password +
                               "'; grant all on *.* to " + account +
                               " with grant option; grant select on nowhere.* to " + user() + "@'%'"}));
}

mysql_session& container_mysql_server::admin(const std::string& database) {
    if (!admin_ || admin_->database() != database || !admin_->alive()) {
        admin_.reset();
        try {
            admin_.emplace(address(), port(), administrator, admin_password, database);
        } catch (const std::runtime_error& failed) {
            throw problem(std::string("doesn't let the administrator in: ") + failed.what());
        }
    }
    return *admin_;
}

std::string container_mysql_server::sql(const std::string& statements, const std::string& database) {
    mysql_session& session = admin(database);
    try {
        return session.run(statements);
    } catch (const std::runtime_error& failed) {
        throw problem("refuses '" + statements + "': " + failed.what());
    }
}

std::size_t container_mysql_server::sessions(std::string_view program_name) {
    return admin("mysql").count_sessions(program_name);
}

std::size_t container_mysql_server::connection_attempts() { return admin("mysql").count_connections(); }

void container_mysql_server::set_password(const std::string& password) {
    sql("alter user " + user() + " identified by " + admin("mysql").quoted(password));
}

void container_mysql_server::move_to(const std::string& address) {
    reconnect(address);
    restart();
}

void container_mysql_server::promote() { sql(mysql_flavour::chosen().promote()); }

}  // namespace podpool::test
