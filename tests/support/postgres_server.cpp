// SPDX-License-Identifier: BSL-1.0
#include "postgres_server.hpp"

#include "child_process.hpp"
#include "tls_files.hpp"
#include "wait_for.hpp"

#include <csignal>

#include <sstream>
#include <stdexcept>

namespace podpool::test {

namespace {

int signal_of(stop_mode mode) {
    switch (mode) {
        case stop_mode::smart:
            return SIGTERM;
        case stop_mode::fast:
            return SIGINT;
        case stop_mode::immediate:
            return SIGQUIT;
    }
    return SIGINT;
}

}  // namespace

postgres_server::postgres_server(postgres_cluster& cluster, std::string address, std::string directory)
    : cluster_(cluster),
      address_(std::move(address)),
      directory_(std::move(directory)),
      socket_directory_(directory_ + ".socket") {
    run_child(postgres_cluster::as_postgres({"mkdir", "-p", "-m", "0755", socket_directory_}));
}

postgres_server::~postgres_server() {
    try {
        if (running()) stop(stop_mode::immediate);
    } catch (const std::exception&) {
        if (running()) kill9();
    }
}

std::uint16_t postgres_server::port() const { return cluster_.port(); }

std::string postgres_server::log() const { return read_text(directory_ + ".log"); }

std::runtime_error postgres_server::problem(const std::string& what) const {
    const std::string text = log();
    constexpr std::size_t tail = 2000;
    return std::runtime_error("the PostgreSQL server at " + address_ + " " + what + "; its log ends:\n" +
                              (text.size() > tail ? text.substr(text.size() - tail) : text));
}

void postgres_server::write_configuration() {
    std::ostringstream text;
    text << "listen_addresses = '" << address_ << "'\nport = " << port() << "\nunix_socket_directories = '"
         << socket_directory_ << "'\nmax_connections = " << cluster_.settings().max_connections
         << "\nfsync = off\nsynchronous_commit = off\nfull_page_writes = off\nshared_buffers = 16MB\n"
            "wal_level = replica\nmax_wal_senders = 6\nmax_replication_slots = 4\nhot_standby = on\n"
            "wal_keep_size = 32MB\nmax_wal_size = 64MB\nmin_wal_size = 32MB\nautovacuum = off\njit = off\n"
            "max_parallel_workers = 0\nmax_worker_processes = 2\nmax_logical_replication_workers = 0\n"
            "logging_collector = off\nlog_min_messages = warning\ndynamic_shared_memory_type = posix\n"
            "wal_retrieve_retry_interval = 100ms\n";
    if (cluster_.settings().tls != nullptr) {
        text << "ssl = on\nssl_cert_file = 'server.crt'\nssl_key_file = 'server.key'\n";
    }
    for (const std::string& line : cluster_.settings().configuration) text << line << '\n';

    // Loopback clients all come from 127.0.0.1, so initdb's own lines would match first: write it whole.
    std::string access = "host all admin 127.0.0.0/8 trust\nhost replication admin 127.0.0.0/8 trust\n";
    for (const std::string& line : cluster_.settings().access) access += line + "\n";
    access += "local all all scram-sha-256\nhost all all 127.0.0.0/8 scram-sha-256\n";

    const auto put = [&](const std::string& name, const std::string& content) {
        run_child(postgres_cluster::as_postgres(
                      {"sh", "-c", "umask 077; cat > \"$1\"", "sh", directory_ + "/" + name}),
                  content);
    };
    put("postgresql.conf", text.str());
    put("pg_hba.conf", access);
    if (cluster_.settings().tls != nullptr) {
        put("server.crt", read_text(cluster_.settings().tls->server_certificate()));
        put("server.key", read_text(cluster_.settings().tls->server_key()));
    }
}

void postgres_server::start() {
    if (running()) return;
    write_configuration();
    std::vector<std::string> command{"env"};
    for (const std::string& variable : cluster_.settings().environment) command.push_back(variable);
    command.insert(command.end(), {postgres_cluster::program("postgres"), "-D", directory_});
    process_.start(postgres_cluster::as_postgres(command), directory_ + ".log");
    wait_until_ready();
}

bool postgres_server::is_ready() const {
    // The format that pg_ctl reads: line 1 is the process id, line 8 the state.
    std::istringstream lines(read_text(directory_ + "/postmaster.pid"));
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        if (number == 1 && line != std::to_string(process_.id())) return false;
        if (number == 8) return line.rfind("ready", 0) == 0;
    }
    return false;
}

void postgres_server::wait_until_ready() {
    const bool ended = wait_for([this] { return process_.has_ended() || is_ready(); });
    if (!running()) throw problem("ended while starting");
    if (!ended) throw problem("did not become ready");
}

void postgres_server::begin_stop(stop_mode mode) {
    admin_.reset();
    process_.ask(signal_of(mode));
}

void postgres_server::stop(stop_mode mode) try {
    begin_stop(mode);
    process_.wait_until_gone();
} catch (const std::runtime_error& failed) {
    throw problem(failed.what());
}

void postgres_server::restart() {
    stop(stop_mode::fast);
    start();
}

void postgres_server::kill9() try {
    admin_.reset();
    process_.kill9();
} catch (const std::runtime_error& failed) {
    throw problem(failed.what());
}

void postgres_server::pause() { process_.pause(); }

void postgres_server::resume() { process_.resume(); }

void postgres_server::promote() {
    if (sql("select pg_promote(true, 60)") != "t") throw problem("was not promoted");
}

void postgres_server::follow(const postgres_server& primary) {
    sql("alter system set primary_conninfo = 'host=" + primary.address() + " port=" + std::to_string(port()) +
        " user=admin sslmode=disable application_name=" + address_ + "'");
    sql("select pg_reload_conf()");
}

postgres_session& postgres_server::admin(const std::string& database) {
    if (!admin_ || !admin_->alive() || admin_->database() != database) {
        admin_.reset();
        try {
            admin_.emplace(address_, port(), "", database);
        } catch (const std::runtime_error& failed) {
            throw problem(failed.what());
        }
    }
    return *admin_;
}

std::string postgres_server::sql(const std::string& statement, const std::string& database) {
    postgres_session& session = admin(database);
    try {
        return session.run(statement);
    } catch (const std::runtime_error& failed) {
        throw problem("refuses '" + statement + "': " + failed.what());
    }
}

std::size_t postgres_server::sessions(std::string_view application_name) {
    return admin("postgres").count_sessions(application_name);
}

}  // namespace podpool::test
