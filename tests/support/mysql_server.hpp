// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "loopback_network.hpp"
#include "mysql_flavour.hpp"
#include "mysql_session.hpp"
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

class mysql_cluster;
class tls_files;

/// One real MariaDB or MySQL server on a loopback address of its own; made by a mysql_cluster.
///
/// Every function throws std::runtime_error, with the server's log, when the server doesn't do what is
/// asked within 60 s. Thread safety: one thread at a time.
class mysql_server {
public:
    /// `number` from 0: the place in the cluster.
    mysql_server(mysql_cluster& cluster, std::size_t number, bool read_only);
    mysql_server(const mysql_server&) = delete;
    mysql_server& operator=(const mysql_server&) = delete;
    ~mysql_server();

    [[nodiscard]] const std::string& address() const { return address_; }
    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] const std::string& data_directory() const { return directory_; }
    /// Path of the server's Unix socket.
    [[nodiscard]] std::string socket() const { return directory_ + ".socket"; }
    /// What the server has logged so far.
    [[nodiscard]] std::string log() const;

    /// Starts the server and waits until it takes connections.
    void start();
    /// Asks the server to stop, which interrupts what runs on it, and doesn't wait; stop() does so later.
    void begin_stop();
    /// Stops the server and waits until it is gone.
    void stop();
    void restart();
    /// SIGKILL.
    void kill9();
    /// SIGSTOP: it accepts, and never answers.
    void pause();
    /// Ends pause().
    void resume();
    /// Makes a replica a primary that takes writes and follows nobody.
    void promote();
    [[nodiscard]] bool running() const { return process_.running(); }

    /// Runs statements separated by `;` as `root`; returns the first cell of the last result, or nothing.
    std::string sql(const std::string& statements, const std::string& database = "mysql");
    /// Counts client sessions over TCP or the socket, or only those whose connection attribute
    /// `program_name` is this one; never its own, nor those of replicas.
    std::size_t sessions(std::string_view program_name = {});
    /// Connections that clients have begun since the server started, refused ones too; but MySQL may miss
    /// some of those that it has no room for when many come at once.
    std::size_t connection_attempts();
    /// Gives the user `app` another password.
    void set_password(const std::string& password);

private:
    friend class mysql_cluster;

    void write_configuration() const;
    void wait_until_ready(std::size_t log_start);
    void remember_password(const std::string& password) const;
    mysql_session& admin(const std::string& database);
    [[nodiscard]] std::runtime_error problem(const std::string& what) const;

    mysql_cluster& cluster_;
    std::size_t number_;
    bool read_only_;
    std::string address_;
    std::string directory_;
    std::string password_;
    server_process process_;
    std::optional<mysql_session> admin_;
};

/// What the servers of a cluster have in common.
struct mysql_cluster_settings {
    std::size_t max_connections = 60;
    /// Certificate and key for TLS; none: no TLS. Must outlive the cluster.
    const tls_files* tls = nullptr;
    /// Further lines of the configuration file.
    std::vector<std::string> configuration;
};

/// Real MariaDB or MySQL servers as pods: one loopback address each, the same port, fast and unsafe
/// settings. Which of the two, mysql_flavour::chosen() says.
///
/// Every cluster has a network 127.r.s.0/24 and a port of its own, so that parallel tests don't meet. Its
/// directory and processes go with it, also when the test process dies. There is a database `shop` with
/// all rights for a user `app`, who has a password, and a superuser `root` on the Unix socket. The user may
/// also use a database `nowhere`, which doesn't exist, and so is told that.
class mysql_cluster {
public:
    explicit mysql_cluster(mysql_cluster_settings settings = {});
    mysql_cluster(const mysql_cluster&) = delete;
    mysql_cluster& operator=(const mysql_cluster&) = delete;
    ~mysql_cluster();

    /// Whether this machine can run the servers; if not, `why` says what is missing.
    static bool available(std::string& why);

    /// Starts a further server with the same empty database; it knows nothing of the others.
    mysql_server& add_primary();
    /// Starts a replica of a running primary: it follows by GTID and refuses writes.
    mysql_server& add_replica(const mysql_server& primary);

    [[nodiscard]] const std::vector<std::unique_ptr<mysql_server>>& servers() const { return servers_; }
    [[nodiscard]] std::uint16_t port() const { return network_.port(); }
    /// An address of the cluster's network, `number` 1 to 254; servers take 11, 12, 13...
    [[nodiscard]] std::string address(int number) const { return network_.address(number); }
    [[nodiscard]] static std::string user() { return "app"; }
    [[nodiscard]] static std::string password() { return "canary-7f3d-pw"; }
    [[nodiscard]] static std::string database() { return "shop"; }
    [[nodiscard]] const mysql_cluster_settings& settings() const { return settings_; }

private:
    friend class mysql_server;

    mysql_server& make_server(bool read_only);

    mysql_cluster_settings settings_;
    loopback_network network_;
    server_directory directory_;
    std::vector<std::unique_ptr<mysql_server>> servers_;
};

}  // namespace podpool::test
