// SPDX-License-Identifier: BSL-1.0
#include "mysql_server.hpp"

#include "child_process.hpp"
#include "tls_files.hpp"
#include "wait_for.hpp"

#include <csignal>

#include <sstream>

namespace podpool::test {

mysql_server::mysql_server(mysql_cluster& cluster, std::size_t number, bool read_only)
    : cluster_(cluster),
      number_(number),
      read_only_(read_only),
      address_(cluster.network_.server_address(number)),
      directory_(cluster.directory_.path() + "/server" + std::to_string(number)),
      password_(mysql_cluster::password()) {}

mysql_server::~mysql_server() {
    try {
        kill9();
    } catch (const std::exception&) {
        // Its directory's watcher tries again.
        return;
    }
}

std::uint16_t mysql_server::port() const { return cluster_.port(); }

std::string mysql_server::log() const { return read_text(directory_ + ".log"); }

std::runtime_error mysql_server::problem(const std::string& what) const {
    const std::string text = log();
    constexpr std::size_t tail = 2000;
    return std::runtime_error(std::string("the ") + mysql_flavour::chosen().name() + " server at " +
                              address_ + " " + what + "; its log ends:\n" +
                              (text.size() > tail ? text.substr(text.size() - tail) : text));
}

void mysql_server::write_configuration() const {
    const mysql_cluster_settings& settings = cluster_.settings();
    std::ostringstream text;
    text << "[mysqld]\ndatadir = " << directory_
         << "\ntmpdir = " << mysql_flavour::scratch_directory(directory_) << "\nbind_address = " << address_
         << "\nport = " << port() << "\nsocket = " << socket() << "\npid_file = " << directory_
         << "/server.pid\nserver_id = " << number_ + 1
         << "\nlog_bin = binlog\nmax_connections = " << settings.max_connections
         << mysql_flavour::chosen().configuration(settings.tls != nullptr);
    if (read_only_) text << mysql_flavour::chosen().read_only();
    const auto put = [&](const std::string& name, const std::string& content) {
        run_child(
            mysql_flavour::as_user({"sh", "-c", "umask 077; cat > \"$1\"", "sh", directory_ + "/" + name}),
            content);
    };
    if (settings.tls != nullptr) {
        put("server.crt", read_text(settings.tls->server_certificate()));
        put("server.key", read_text(settings.tls->server_key()));
        text << "ssl_cert = " << directory_ << "/server.crt\nssl_key = " << directory_ << "/server.key\n";
    }
    for (const std::string& line : settings.configuration) text << line << '\n';
    put("server.cnf", text.str());
}

void mysql_server::start() {
    if (running()) return;
    write_configuration();
    const std::size_t log_start = log().size();
    process_.start(mysql_flavour::as_user(
                       {mysql_flavour::chosen().server(), "--defaults-file=" + directory_ + "/server.cnf"}),
                   directory_ + ".log");
    wait_until_ready(log_start);
    remember_password(password_);
}

void mysql_server::wait_until_ready(std::size_t log_start) {
    const bool ended = wait_for([&] {
        return process_.has_ended() || log().find("ready for connections", log_start) != std::string::npos;
    });
    if (!running()) throw problem("ended while starting");
    if (!ended) throw problem("did not become ready");
}

void mysql_server::remember_password(const std::string& password) const {
    if (mysql_flavour::chosen().is_mariadb()) return;
    // Without TLS, MySQL lets an old client in only when it has seen the password since its start.
    mysql_session(socket(), mysql_cluster::user(), password, mysql_cluster::database());
}

void mysql_server::begin_stop() {
    admin_.reset();
    process_.ask(SIGTERM);
}

void mysql_server::stop() try {
    begin_stop();
    process_.wait_until_gone();
} catch (const std::runtime_error& failed) {
    throw problem(failed.what());
}

void mysql_server::restart() {
    stop();
    start();
}

void mysql_server::kill9() try {
    admin_.reset();
    process_.kill9();
} catch (const std::runtime_error& failed) {
    throw problem(failed.what());
}

void mysql_server::pause() { process_.pause(); }

void mysql_server::resume() { process_.resume(); }

void mysql_server::promote() {
    sql(mysql_flavour::chosen().promote());
    read_only_ = false;
}

mysql_session& mysql_server::admin(const std::string& database) {
    if (!admin_ || admin_->database() != database || !admin_->alive()) {
        admin_.reset();
        try {
            admin_.emplace(socket(), "root", "", database);
        } catch (const std::runtime_error& failed) {
            throw problem(std::string("doesn't let the administrator in: ") + failed.what());
        }
    }
    return *admin_;
}

std::string mysql_server::sql(const std::string& statements, const std::string& database) {
    mysql_session& session = admin(database);
    try {
        return session.run(statements);
    } catch (const std::runtime_error& failed) {
        throw problem("refuses '" + statements + "': " + failed.what());
    }
}

std::size_t mysql_server::sessions(std::string_view program_name) {
    return admin("mysql").count_sessions(program_name);
}

std::size_t mysql_server::connection_attempts() { return admin("mysql").count_connections(); }

void mysql_server::set_password(const std::string& password) {
    sql("alter user " + mysql_cluster::user() + " identified by " + admin("mysql").quoted(password));
    password_ = password;
    remember_password(password);
}

}  // namespace podpool::test
