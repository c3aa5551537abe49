// SPDX-License-Identifier: BSL-1.0
#include "mysql_flavour.hpp"

#include "child_process.hpp"

#include <pwd.h>

#include <cstdlib>

namespace podpool::test {

namespace {

// Both servers name these alike. What sessions say of themselves and how many statements a user ran is read
// from the performance schema; the rest of it is left out, as it takes 100 MB and more.
constexpr const char* common_lines = R"(
skip_name_resolve = 1
innodb_buffer_pool_size = 16M
innodb_flush_log_at_trx_commit = 0
sync_binlog = 0
performance_schema = 1
performance_schema_accounts_size = 4
performance_schema_digests_size = 0
performance_schema_hosts_size = 4
performance_schema_max_digest_length = 0
performance_schema_max_file_instances = 0
performance_schema_max_memory_classes = 0
performance_schema_max_metadata_locks = 0
performance_schema_max_mutex_instances = 0
performance_schema_max_rwlock_instances = 0
performance_schema_max_sql_text_length = 0
performance_schema_max_table_handles = 0
performance_schema_max_table_instances = 0
performance_schema_users_size = 8
)";

// A small redo log and no sync at all: a server's data isn't worth more than its test.
constexpr const char* mariadb_lines = R"(
gtid_strict_mode = 1
innodb_data_file_path = ibdata1:4M:autoextend
innodb_temp_data_file_path = ibtmp1:4M:autoextend
innodb_log_file_size = 8M
innodb_flush_method = nosync
aria_pagecache_buffer_size = 1M
key_buffer_size = 1M
)";

constexpr const char* mysql_lines = R"(
gtid_mode = ON
enforce_gtid_consistency = ON
mysqlx = 0
innodb_redo_log_capacity = 64M
innodb_flush_method = O_DIRECT_NO_FSYNC
innodb_use_native_aio = 0
)";

}  // namespace

const mysql_flavour& mysql_flavour::chosen() {
    static const mysql_flavour one([] {
        const char* program = std::getenv("PODPOOL_TEST_MYSQLD");
        return std::string(program == nullptr ? "" : program);
    }());
    return one;
}

std::string mysql_flavour::system_user() {
    for (const char* name : {"mysql", "nobody"}) {
        if (getpwnam(name) != nullptr) return name;
    }
    return {};
}

std::vector<std::string> mysql_flavour::as_user(const std::vector<std::string>& command) {
    return test::as_user(system_user(), command);
}

std::string mysql_flavour::server() const { return is_mariadb() ? system_program("mariadbd") : mysqld_; }

std::string mysql_flavour::scratch_directory(const std::string& directory) {
    run_child(as_user({"mkdir", "-p", directory + ".tmp"}));
    return directory + ".tmp";
}

void mysql_flavour::make_data(const std::string& directory, const std::string& sql_file) const {
    const std::string scratch = "--tmpdir=" + scratch_directory(directory);
    if (is_mariadb()) {
        run_child(
            as_user({"mariadb-install-db", "--no-defaults", "--datadir=" + directory,
                     "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
                     "--innodb-data-file-path=ibdata1:4M:autoextend", "--innodb-log-file-size=8M",
                     "--innodb-flush-method=nosync", scratch, "--extra-file=" + sql_file}));
        return;
    }
    // A data directory that a fast shutdown 2 leaves behind can't be used.
    run_child(as_user({mysqld_, "--no-defaults", "--initialize-insecure", "--datadir=" + directory,
                       "--init-file=" + sql_file, "--innodb-fast-shutdown=1", "--auto-generate-certs=OFF",
                       "--innodb-flush-method=O_DIRECT_NO_FSYNC", "--innodb-use-native-aio=0", scratch}));
    // Each server makes an identity of its own.
    run_child(as_user({"rm", directory + "/auto.cnf"}));
}

std::string mysql_flavour::configuration(bool with_tls) const {
    std::string text = common_lines;
    text += is_mariadb() ? mariadb_lines : mysql_lines;
    if (!with_tls) text += is_mariadb() ? "skip_ssl\n" : "auto_generate_certs = OFF\ntls_version =\n";
    return text;
}

std::string mysql_flavour::read_only() const {
    return is_mariadb() ? "read_only = 1\n" : "super_read_only = 1\n";
}

std::string mysql_flavour::start_replica(const std::string& address, std::uint16_t port,
                                         const std::string& user, const std::string& password) const {
    const std::string prefix = is_mariadb() ? "master_" : "source_";
    const std::string where = prefix + "host='" + address + "', " + prefix + "port=" + std::to_string(port) +
                              ", " + prefix + "user='" + user + "', " + prefix + "password='" + password +
                              "', " + prefix + "connect_retry=1, ";
    // TLS is MariaDB's default here from 11.4 on, and not every primary has it.
    return is_mariadb()
               ? "change master to " + where +
                     "master_use_gtid=slave_pos, master_ssl=0, master_ssl_verify_server_cert=0; start slave"
               : "change replication source to " + where +
                     "source_auto_position=1, source_ssl=0, get_source_public_key=1; start replica";
}

std::string mysql_flavour::replica_is_running() const {
    if (is_mariadb()) {
        return "select variable_value = 'ON' from information_schema.global_status where variable_name = "
               "'SLAVE_RUNNING'";
    }
    return "select count(*) from performance_schema.replication_connection_status c join "
           "performance_schema.replication_applier_status a using (channel_name) where "
           "c.service_state = 'ON' and a.service_state = 'ON'";
}

std::string mysql_flavour::promote() const {
    return is_mariadb() ? "stop slave; reset slave all; set global read_only = 0"
                        : "stop replica; reset replica all; set global super_read_only = 0; "
                          "set global read_only = 0";
}

}  // namespace podpool::test
