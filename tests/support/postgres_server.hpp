// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "loopback_network.hpp"
#include "postgres_session.hpp"
#include "server_directory.hpp"
#include "server_process.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::test {

class postgres_cluster;
class tls_files;

/// How a server is asked to stop, as pg_ctl names it.
enum class stop_mode { smart, fast, immediate };

/// One real PostgreSQL server on a loopback address of its own; made by a postgres_cluster.
///
/// Every function throws std::runtime_error, with the server's log, when the server doesn't do what is
/// asked within 60 s. Thread safety: one thread at a time.
class postgres_server {
public:
    postgres_server(postgres_cluster& cluster, std::string address, std::string directory);
    postgres_server(const postgres_server&) = delete;
    postgres_server& operator=(const postgres_server&) = delete;
    ~postgres_server();

    [[nodiscard]] const std::string& address() const { return address_; }
    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] const std::string& data_directory() const { return directory_; }
    /// The directory of the server's Unix socket.
    [[nodiscard]] const std::string& socket_directory() const { return socket_directory_; }
    /// What the server has logged so far.
    [[nodiscard]] std::string log() const;

    /// Starts the server and waits until it takes connections.
    void start();
    /// Asks the server to stop and doesn't wait; stop() does so later.
    void begin_stop(stop_mode mode);
    /// Stops the server and waits until it is gone.
    void stop(stop_mode mode = stop_mode::fast);
    void restart();
    /// SIGKILL for the postmaster and every process it started.
    void kill9();
    /// SIGSTOP for the postmaster and every process it started: it accepts, and never answers.
    void pause();
    /// Ends pause().
    void resume();
    /// Makes a standby a primary and waits until it is one.
    void promote();
    /// Makes a standby stream from this primary, which may be a standby that was promoted; doesn't wait. The
    /// primary knows it by its address, as application_name.
    void follow(const postgres_server& primary);
    [[nodiscard]] bool running() const { return process_.running(); }

    /// Runs one statement as the superuser; returns the first cell of its result, or nothing.
    std::string sql(const std::string& statement, const std::string& database = "postgres");
    /// Counts client sessions, or only those with this application_name; never its own.
    std::size_t sessions(std::string_view application_name = {});
    /// Closes the session by which sql() and sessions() ask; they open another one.
    void disconnect() { admin_.reset(); }

private:
    void write_configuration();
    void wait_until_ready();
    [[nodiscard]] bool is_ready() const;
    postgres_session& admin(const std::string& database);
    [[nodiscard]] std::runtime_error problem(const std::string& what) const;

    postgres_cluster& cluster_;
    std::string address_;
    std::string directory_;
    std::string socket_directory_;
    server_process process_;
    std::optional<postgres_session> admin_;
};

/// What the servers of a cluster have in common.
struct postgres_cluster_settings {
    std::size_t max_connections = 60;
    /// Certificate and key for TLS; none: no TLS. Must outlive the cluster.
    const tls_files* tls = nullptr;
    /// Further lines of postgresql.conf.
    std::vector<std::string> configuration;
    /// Lines of pg_hba.conf that come before the usual ones.
    std::vector<std::string> access;
    /// Environment variables of the servers, `NAME=value`; they have next to none beside these.
    std::vector<std::string> environment;
    /// Where the servers are; none: on a network of loopback of their own. Elsewhere nobody gets in unless
    /// `access` says so.
    std::optional<loopback_network> network;
};

/// Real PostgreSQL servers as pods: one loopback address each, the same port, fast and unsafe settings.
///
/// Every cluster has a network 127.r.s.0/24, unless its settings have another one, and a port of its own, so
/// that parallel tests don't meet. Its directory and processes go with it, also when the test process dies.
/// There is a database `shop` owned by a user `app`, whose password is asked for by SCRAM, and a superuser
/// `admin` without a password.
class postgres_cluster {
public:
    explicit postgres_cluster(postgres_cluster_settings settings = {});
    postgres_cluster(const postgres_cluster&) = delete;
    postgres_cluster& operator=(const postgres_cluster&) = delete;
    ~postgres_cluster();

    /// Whether this machine can run PostgreSQL servers; if not, `why` says what is missing.
    static bool available(std::string& why);

    /// Starts a further server with the same empty database; it knows nothing of the others.
    postgres_server& add_primary();
    /// Starts a streaming standby of a running primary.
    postgres_server& add_replica(const postgres_server& primary);
    /// Ends a server and removes its data. Its address is taken again when all others have been.
    void remove(const postgres_server& server);

    [[nodiscard]] const std::vector<std::unique_ptr<postgres_server>>& servers() const { return servers_; }
    [[nodiscard]] std::uint16_t port() const { return network_.port(); }
    /// An address of the cluster's network, `number` 1 to 254; servers take 11, 12, 13...
    [[nodiscard]] std::string address(int number) const { return network_.address(number); }
    [[nodiscard]] static std::string user() { return "app"; }
    [[nodiscard]] static std::string password() { return "canary-7f3d-pw"; }
    [[nodiscard]] static std::string database() { return "shop"; }
    [[nodiscard]] const postgres_cluster_settings& settings() const { return settings_; }

    /// A command as the user that may run PostgreSQL.
    static std::vector<std::string> as_postgres(const std::vector<std::string>& command);
    /// The path of one of PostgreSQL's programs.
    static std::string program(const std::string& name);

private:
    postgres_server& make_server();
    void make_template();

    postgres_cluster_settings settings_;
    loopback_network network_;
    server_directory directory_;
    std::vector<std::unique_ptr<postgres_server>> servers_;
    std::size_t made_ = 0;
};

}  // namespace podpool::test
