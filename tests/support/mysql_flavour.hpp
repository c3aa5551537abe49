// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace podpool::test {

/// One of the two kinds of server that speak MySQL's protocol: its program, and where the two differ.
class mysql_flavour {
public:
    /// Debian's MariaDB, or the MySQL server that the environment variable PODPOOL_TEST_MYSQLD names;
    /// `./dev test --mysql` sets it.
    static const mysql_flavour& chosen();

    /// `mysqld`: path of a MySQL server; empty: MariaDB.
    explicit mysql_flavour(std::string mysqld) : mysqld_(std::move(mysqld)) {}

    [[nodiscard]] bool is_mariadb() const { return mysqld_.empty(); }
    [[nodiscard]] const char* name() const { return is_mariadb() ? "MariaDB" : "MySQL"; }
    /// Path of the server program.
    [[nodiscard]] std::string server() const;

    /// Makes a directory for the temporary tables of a server with this data directory; returns its path. A
    /// MariaDB server removes such tables when it starts, also those of others that share the directory.
    static std::string scratch_directory(const std::string& directory);
    /// Makes a data directory, in which `root` has no password, and runs the statements of a file there.
    /// Throws std::runtime_error.
    void make_data(const std::string& directory, const std::string& sql_file) const;
    /// Lines of the configuration file.
    [[nodiscard]] std::string configuration(bool with_tls) const;
    /// The line that makes a server refuse writes, also those of an administrator where it can be had.
    [[nodiscard]] std::string read_only() const;

    /// Makes a server follow another one, from that one's first statement on.
    [[nodiscard]] std::string start_replica(const std::string& address, std::uint16_t port,
                                            const std::string& user, const std::string& password) const;
    /// Asks a server whether it follows: `1` if so.
    [[nodiscard]] std::string replica_is_running() const;
    /// Makes a replica a server of its own that takes writes.
    [[nodiscard]] std::string promote() const;

    /// Who runs the servers when we are root; empty: there is nobody who could.
    static std::string system_user();
    /// A command as that user.
    static std::vector<std::string> as_user(const std::vector<std::string>& command);

private:
    std::string mysqld_;
};

}  // namespace podpool::test
