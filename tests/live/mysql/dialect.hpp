// SPDX-License-Identifier: BSL-1.0
#pragma once

// The build says where they are: loopback/... or containers/...
#include "servers.hpp"

#include <podpool/mysql.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace podpool::test {

/// MySQL and MariaDB as the scenarios see them. Every database has such a type, with the same members.
struct dialect {
    using driver = podpool::mysql;
    using role = mysql_role;
    using cluster = live_cluster;
    using cluster_settings = live_cluster_settings;
    using server = live_server;
    using name_server = live_name_server;

    static constexpr const char* scheme = "mysql";
    /// What the server or the client library says in these cases.
    static constexpr const char* wrong_password = "Access denied for user 'app'";
    static constexpr const char* unknown_database = "Unknown database 'nowhere'";
    static constexpr const char* no_room = "Too many connections";
    static constexpr const char* refused = "Can't connect to";
    static constexpr const char* wrong_authority = "certificate";
    /// Whether the client library has SIGPIPE ignored in the whole process.
    static constexpr bool ignores_sigpipe = true;
    /// Makes a table `entry` with an `id` that counts.
    static constexpr const char* create_entries = "create table entry (id int auto_increment primary key)";
    /// Returns twice its integer parameter, after 2 ms.
    static constexpr const char* twice = "select ? * 2, sleep(0.002)";
    static constexpr const char* work = "select do_work()";

    /// Settings with which connection_attempts() works.
    static cluster_settings settings(std::size_t max_connections);
    static server& add_replica(cluster& servers, const server& primary) {
        return servers.add_replica(primary);
    }
    /// Makes a primary a server that takes no writes.
    static void demote(server& where) { where.sql("set global read_only = 1"); }
    /// What the statement `work` does on a server from now on: it takes 2 ms, or fails as on a full disk.
    static void set_work(server& where, bool fails);
    static void set_password(server& where, const std::string& password) { where.set_password(password); }

    /// A statement that takes this long.
    static std::string sleep(std::chrono::milliseconds time);
    /// Connections that clients have begun so far.
    static std::size_t connection_attempts(server& where) { return where.connection_attempts(); }
    /// What the server calls the sessions of a pool, as `1,2,3,`.
    static std::string session_ids(server& where, const std::string& pool_name);
    /// Grows when a session of the user `app` runs a statement, whichever pool's it is.
    static std::string last_use(server& where, const std::string& pool_name);
    /// How many sessions of a pool run a statement at the moment.
    static std::size_t running(server& where, const std::string& pool_name);
    /// Ends all sessions of a pool, as an administrator may.
    static void end_sessions(server& where, const std::string& pool_name);
};

}  // namespace podpool::test
