// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <support/postgres_server.hpp>

#include <sys/types.h>

#include <cstddef>
#include <string>

namespace podpool::bench {

/// The PostgreSQL server of contenders that are processes of their own: without passwords and TLS, with the
/// tables of the transfers.
class contest_server {
public:
    /// Throws std::runtime_error with the reason when there is none to be had.
    explicit contest_server(std::size_t max_connections);

    /// libpq's connection string, which podpool takes, too.
    [[nodiscard]] std::string uri() const;
    [[nodiscard]] std::string version() { return server_->sql("show server_version"); }
    [[nodiscard]] pid_t postmaster() const;
    /// Undoes what the transfers have left behind: dead rows and history.
    void tidy();

private:
    test::postgres_cluster cluster_;
    test::postgres_server* server_;
};

/// Keeps a server with all its sessions, also those to come, on the first core.
class server_on_one_core {
public:
    explicit server_on_one_core(const contest_server& server);
    server_on_one_core(const server_on_one_core&) = delete;
    server_on_one_core& operator=(const server_on_one_core&) = delete;
    ~server_on_one_core();

private:
    pid_t postmaster_;
};

}  // namespace podpool::bench
