// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/lower_case.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

// Keys of other pools and drivers for what podpool has under another name. They come from HikariCP, pgx,
// database/sql, SQLAlchemy, Prisma, Npgsql, MySqlConnector, pgJDBC, MySQL Connector/J, asyncpg and psycopg.

namespace podpool::detail {

/// What to write instead of another library's key; `name` is in lower case, without blanks, `_` and `-`.
struct foreign_key {
    std::string_view name;
    std::string_view advice;
    /// For MySQL, where it differs.
    std::string_view mysql_advice = {};  // NOLINT(readability-redundant-member-init): most rows leave it out
};

inline constexpr std::array foreign_keys{
    foreign_key{"acquiretimeout", "use pool_acquire_timeout"},
    foreign_key{"addr", "use host"},
    foreign_key{"applicationname", "use application_name", "use pool_name"},
    foreign_key{"autoreconnect", "leave it out: the pool replaces lost connections"},
    foreign_key{"characterencoding", "use client_encoding", "use OPT_CHARSET_NAME"},
    foreign_key{"charset", "use client_encoding", "use OPT_CHARSET_NAME"},
    foreign_key{"connectionidlelifetime", "use pool_max_conn_idle_time"},
    foreign_key{"connectionidletimeout", "use pool_max_conn_idle_time"},
    foreign_key{"connectionlifetime", "use pool_max_conn_lifetime"},
    foreign_key{"connectionlimit", "use pool_max_conns"},
    foreign_key{"connectionreset", "use pool_reset"},
    foreign_key{"connectiontestquery", "leave it out: connections are looked at before use"},
    foreign_key{
        "connectiontimeout",
        "use pool_acquire_timeout for the time that a caller waits, pool_connect_timeout for one attempt"},
    foreign_key{"connecttimeout", "use pool_connect_timeout"},
    foreign_key{"connmaxidletime", "use pool_max_conn_idle_time"},
    foreign_key{"connmaxlifetime", "use pool_max_conn_lifetime"},
    foreign_key{"currentschema", "use options=-csearch_path=NAME", "use dbname"},
    foreign_key{"database", "use dbname"},
    foreign_key{"datasource", "use host"},
    foreign_key{"db", "use dbname"},
    foreign_key{"encoding", "use client_encoding", "use OPT_CHARSET_NAME"},
    foreign_key{"hostname", "use host"},
    foreign_key{"idletimeout", "use pool_max_conn_idle_time"},
    foreign_key{"initialcatalog", "use dbname"},
    foreign_key{"keepalivetime", "use pool_health_check_period"},
    foreign_key{"leakdetectionthreshold", "use pool_leak_threshold"},
    foreign_key{"loadbalance", "use pool_balance"},
    foreign_key{"loadbalancehosts", "use pool_balance"},
    foreign_key{"logintimeout", "use pool_connect_timeout"},
    foreign_key{"maxconn", "use pool_max_conns"},
    foreign_key{"maxconnections", "use pool_max_conns"},
    foreign_key{"maxconns", "use pool_max_conns"},
    foreign_key{"maxidletime", "use pool_max_conn_idle_time"},
    foreign_key{"maximumpoolsize", "use pool_max_conns"},
    foreign_key{"maxlifetime", "use pool_max_conn_lifetime"},
    foreign_key{"maxopenconns", "use pool_max_conns"},
    foreign_key{"maxoverflow", "use pool_max_conns, which is the upper bound"},
    foreign_key{"maxpoolsize", "use pool_max_conns"},
    foreign_key{"maxsize", "use pool_max_conns"},
    foreign_key{"minconn", "use pool_min_conns"},
    foreign_key{"minconnections", "use pool_min_conns"},
    foreign_key{"minconns", "use pool_min_conns"},
    foreign_key{"minidle", "use pool_min_idle_conns"},
    foreign_key{"minimumidle", "use pool_min_idle_conns"},
    foreign_key{"minimumpoolsize", "use pool_min_conns"},
    foreign_key{"minpoolsize", "use pool_min_conns"},
    foreign_key{"minsize", "use pool_min_conns"},
    foreign_key{"pgbouncer", "leave it out: podpool needs no switch behind a pooler"},
    foreign_key{"poolclass", "leave it out: podpool is the pool"},
    foreign_key{"poolidletimeout", "use pool_max_conn_idle_time"},
    foreign_key{"pooling", "leave it out: podpool is the pool"},
    foreign_key{"poolmax", "use pool_max_conns"},
    foreign_key{"poolmaxconnections", "use pool_max_conns"},
    foreign_key{"poolmaxlifetime", "use pool_max_conn_lifetime"},
    foreign_key{"poolmaxsize", "use pool_max_conns"},
    foreign_key{"poolmin", "use pool_min_conns"},
    foreign_key{"poolminsize", "use pool_min_conns"},
    foreign_key{"poolpreping", "leave it out: connections are looked at before use"},
    foreign_key{"poolrecycle", "use pool_max_conn_lifetime"},
    foreign_key{"poolsize", "use pool_max_conns"},
    foreign_key{"pooltimeout", "use pool_acquire_timeout"},
    foreign_key{"pwd", "use password"},
    foreign_key{"readtimeout", "use tcp_user_timeout", "use OPT_READ_TIMEOUT"},
    foreign_key{"schema", "use options=-csearch_path=NAME", "use dbname"},
    foreign_key{"searchpath", "use options=-csearch_path=NAME", "use dbname"},
    foreign_key{"server", "use host"},
    foreign_key{"servertimezone", "use options=-ctimezone=NAME", "use preInit"},
    foreign_key{"sockettimeout", "use tcp_user_timeout", "use OPT_READ_TIMEOUT"},
    foreign_key{"ssl", "use sslmode"},
    foreign_key{"sslca", "use sslrootcert"},
    foreign_key{"sslenabled", "use sslmode"},
    foreign_key{"statementtimeout", "use options=-cstatement_timeout=MILLISECONDS", "use preInit"},
    foreign_key{"targetservertype", "use target_session_attrs"},
    foreign_key{"tcpkeepalive", "use keepalives", "leave it out: keep-alives are on"},
    foreign_key{"testonborrow", "leave it out: connections are looked at before use"},
    foreign_key{"timezone", "use options=-ctimezone=NAME", "use preInit"},
    foreign_key{"tls", "use sslmode"},
    foreign_key{"uid", "use user"},
    foreign_key{"unixsocket", "use host, with the socket's directory", "use socket"},
    foreign_key{"userid", "use user"},
    foreign_key{"username", "use user"},
    foreign_key{"usessl", "use sslmode"},
    foreign_key{"validationquery", "leave it out: connections are looked at before use"},
};

/// What to write instead of another library's key; nothing if the key isn't known.
inline std::string_view advice_for(std::string_view key, bool mysql = false) {
    std::string name;
    for (const char c : key) {
        if (c == '_' || c == '-' || c == ' ') continue;
        name += lower_case(c);
    }
    const auto found = std::find_if(foreign_keys.begin(), foreign_keys.end(),
                                    [&name](const foreign_key& one) { return one.name == name; });
    if (found == foreign_keys.end()) return {};
    return mysql && !found->mysql_advice.empty() ? found->mysql_advice : found->advice;
}

}  // namespace podpool::detail
