// SPDX-License-Identifier: BSL-1.0
#include "errors.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <system_error>

namespace podpool::detail {

namespace {

using enum failure_kind;

constexpr int client_interaction_timeout = 4031;

/// How an error number is read.
struct number_rule {
    int number;
    failure_kind at_connect;
    /// none: the connection lives on.
    failure_kind when_open;
};

constexpr std::array rules{
    number_rule{1040, overloaded, none},                       // ER_CON_COUNT_ERROR: Too many connections
    number_rule{1043, endpoint_down, connection_lost},         // ER_HANDSHAKE_ERROR
    number_rule{1044, rejected, none},                         // ER_DBACCESS_DENIED_ERROR
    number_rule{1045, rejected, none},                         // ER_ACCESS_DENIED_ERROR
    number_rule{1049, rejected, none},                         // ER_BAD_DB_ERROR
    number_rule{1053, endpoint_down, endpoint_down},           // ER_SERVER_SHUTDOWN
    number_rule{1077, endpoint_down, endpoint_down},           // ER_NORMAL_SHUTDOWN
    number_rule{1079, endpoint_down, endpoint_down},           // ER_SHUTDOWN_COMPLETE
    number_rule{1080, endpoint_down, connection_lost},         // ER_FORCING_CLOSE
    number_rule{1115, rejected, none},                         // ER_UNKNOWN_CHARACTER_SET
    number_rule{1129, rejected, connection_lost},              // ER_HOST_IS_BLOCKED
    number_rule{1130, rejected, connection_lost},              // ER_HOST_NOT_PRIVILEGED
    number_rule{1152, endpoint_down, connection_lost},         // ER_ABORTING_CONNECTION
    number_rule{1153, endpoint_down, connection_lost},         // ER_NET_PACKET_TOO_LARGE
    number_rule{1154, endpoint_down, connection_lost},         // ER_NET_READ_ERROR_FROM_PIPE
    number_rule{1155, endpoint_down, connection_lost},         // ER_NET_FCNTL_ERROR
    number_rule{1156, endpoint_down, connection_lost},         // ER_NET_PACKETS_OUT_OF_ORDER
    number_rule{1157, endpoint_down, connection_lost},         // ER_NET_UNCOMPRESS_ERROR
    number_rule{1158, endpoint_down, connection_lost},         // ER_NET_READ_ERROR
    number_rule{1159, endpoint_down, connection_lost},         // ER_NET_READ_INTERRUPTED
    number_rule{1160, endpoint_down, connection_lost},         // ER_NET_ERROR_ON_WRITE
    number_rule{1161, endpoint_down, connection_lost},         // ER_NET_WRITE_INTERRUPTED
    number_rule{1184, endpoint_down, connection_lost},         // ER_NEW_ABORTING_CONNECTION
    number_rule{1203, overloaded, none},                       // ER_TOO_MANY_USER_CONNECTIONS
    number_rule{1226, overloaded, none},                       // ER_USER_LIMIT_REACHED
    number_rule{1251, rejected, connection_lost},              // ER_NOT_SUPPORTED_AUTH_MODE
    number_rule{1275, rejected, connection_lost},              // ER_SERVER_IS_IN_SECURE_AUTH_MODE
    number_rule{1524, rejected, none},                         // ER_PLUGIN_IS_NOT_LOADED
    number_rule{1644, endpoint_down, none},                    // ER_SIGNAL_EXCEPTION: a user's SQLSTATE
    number_rule{1698, rejected, none},                         // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
    number_rule{1820, rejected, none},                         // ER_MUST_CHANGE_PASSWORD
    number_rule{1862, rejected, connection_lost},              // ER_MUST_CHANGE_PASSWORD_LOGIN
    number_rule{1927, endpoint_down, connection_lost},         // ER_CONNECTION_KILLED (MariaDB)
    number_rule{2001, endpoint_down, connection_lost},         // CR_SOCKET_CREATE_ERROR
    number_rule{2002, endpoint_down, connection_lost},         // CR_CONNECTION_ERROR
    number_rule{2003, endpoint_down, connection_lost},         // CR_CONN_HOST_ERROR
    number_rule{2005, endpoint_down, connection_lost},         // CR_UNKNOWN_HOST
    number_rule{2006, endpoint_down, connection_lost},         // CR_SERVER_GONE_ERROR
    number_rule{2007, rejected, connection_lost},              // CR_VERSION_ERROR
    number_rule{2008, endpoint_down, connection_lost},         // CR_OUT_OF_MEMORY
    number_rule{2012, endpoint_down, connection_lost},         // CR_SERVER_HANDSHAKE_ERR
    number_rule{2013, endpoint_down, connection_lost},         // CR_SERVER_LOST
    number_rule{2014, endpoint_down, connection_lost},         // CR_COMMANDS_OUT_OF_SYNC
    number_rule{2019, rejected, none},                         // CR_CANT_READ_CHARSET
    number_rule{2020, endpoint_down, connection_lost},         // CR_NET_PACKET_TOO_LARGE
    number_rule{tls_error_number, rejected, connection_lost},  // CR_SSL_CONNECTION_ERROR
    number_rule{2027, endpoint_down, connection_lost},         // CR_MALFORMED_PACKET
    number_rule{2049, rejected, connection_lost},              // CR_SECURE_AUTH
    number_rule{2055, endpoint_down, connection_lost},         // CR_SERVER_LOST_EXTENDED
    number_rule{2058, rejected, connection_lost},              // CR_AUTH_PLUGIN_ERR of older libraries
    number_rule{2059, rejected, connection_lost},              // CR_AUTH_PLUGIN_CANNOT_LOAD
    number_rule{2061, rejected, connection_lost},              // CR_AUTH_PLUGIN_ERR
    number_rule{3032, endpoint_down, endpoint_down},           // ER_SERVER_OFFLINE_MODE (MySQL)
    number_rule{3118, rejected, none},                         // ER_ACCOUNT_HAS_BEEN_LOCKED (MySQL)
    number_rule{3159, rejected, connection_lost},              // ER_SECURE_TRANSPORT_REQUIRED
    number_rule{3169, endpoint_down, connection_lost},         // ER_SESSION_WAS_KILLED (MySQL)
    number_rule{client_interaction_timeout, endpoint_down,
                connection_lost},       // ER_CLIENT_INTERACTION_TIMEOUT (MySQL)
    number_rule{4151, rejected, none},  // ER_ACCOUNT_HAS_BEEN_LOCKED (MariaDB)
};

// What no statement is to blame for.
constexpr std::array server_errors{
    1021,  // ER_DISK_FULL
    1024,  // ER_ERROR_ON_READ
    1026,  // ER_ERROR_ON_WRITE
    1030,  // ER_GET_ERRNO: an error of the storage engine
    1037,  // ER_OUTOFMEMORY
    1041,  // ER_OUT_OF_RESOURCES
    1114,  // ER_RECORD_FILE_FULL: a table can't grow, for want of disk as a rule
    1135,  // ER_CANT_CREATE_THREAD
    1194,  // ER_CRASHED_ON_USAGE
    1712,  // ER_INDEX_CORRUPT
};

// Beside those of SQLSTATE class 40.
constexpr std::array transaction_errors{
    1020,  // ER_CHECKREAD: a row has changed since it was read (MariaDB, innodb_snapshot_isolation)
    1180,  // ER_ERROR_DURING_COMMIT
    1205,  // ER_LOCK_WAIT_TIMEOUT
    1206,  // ER_LOCK_TABLE_FULL
};

constexpr int option_prevents_statement = 1290;
constexpr int read_only_transaction = 1792;
constexpr int read_only_mode = 1836;
constexpr int read_only_innodb = 1874;

// What a connection breaks by; a file that can't be read has other numbers.
constexpr std::array broken_connection{EPIPE,     ECONNABORTED, ECONNRESET,  ENOTCONN,    ETIMEDOUT,
                                       EAGAIN,    EINTR,        ENETDOWN,    ENETUNREACH, ENETRESET,
                                       EHOSTDOWN, EHOSTUNREACH, ECONNREFUSED};

/// The number of the failed system call with which libmariadb ends a message: `... (104)`; 0: there is none.
int system_error_in(std::string_view message) noexcept {
    const std::size_t open = message.rfind(" (");
    if (open == std::string_view::npos || !message.ends_with(')')) return 0;
    const std::string_view digits = message.substr(open + 2, message.size() - open - 3);
    int number = 0;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return failed == std::errc() && end == digits.data() + digits.size() ? number : 0;
}

/// Whether a TLS handshake broke off, which says nothing about certificates. libmariadb has one number for
/// all that goes wrong with TLS. Of an end that came too early it tells only OpenSSL's words, which OpenSSL
/// has in no other language.
bool broke_off(std::string_view tls_message) noexcept {
    if (tls_message.find("unexpected eof") != std::string_view::npos) return true;
    return std::find(broken_connection.begin(), broken_connection.end(), system_error_in(tls_message)) !=
           broken_connection.end();
}

const number_rule* find_rule(int number) noexcept {
    const auto* found = std::find_if(rules.begin(), rules.end(),
                                     [number](const number_rule& rule) { return rule.number == number; });
    return found == rules.end() ? nullptr : found;
}

}  // namespace

failure_kind kind_of_mysql_connect_failure(const mysql_error::report& said) noexcept {
    if (said.number == tls_error_number && broke_off(said.message)) return endpoint_down;
    if (const number_rule* rule = find_rule(said.number)) return rule->at_connect;
    // Class 28 is a refused login, 42 a wrong name or a missing privilege.
    const std::string_view state = said.sqlstate;
    return state.starts_with("28") || state.starts_with("42") ? rejected : endpoint_down;
}

failure_kind kind_of_mysql_end(const mysql_error::report& said, bool mariadb) noexcept {
    // MariaDB's number for a trigger that doesn't exist.
    if (mariadb && said.number == client_interaction_timeout) return none;
    // The server must be asked what that means.
    if (said.number == unknown_command_number) return none;
    if (const number_rule* rule = find_rule(said.number)) return rule->when_open;
    // Class 08 is a broken connection.
    return std::string_view(said.sqlstate).starts_with("08") ? connection_lost : none;
}

bool is_mysql_server_error(int number) noexcept {
    return std::find(server_errors.begin(), server_errors.end(), number) != server_errors.end();
}

read_only_refusal read_only_refusal_in(int number) noexcept {
    switch (number) {
        case option_prevents_statement:
            return read_only_refusal::perhaps;
        case read_only_mode:
        case read_only_innodb:
            return read_only_refusal::server;
        case read_only_transaction:
            return read_only_refusal::unless_own;
        default:
            return read_only_refusal::none;
    }
}

bool may_end_transaction(const mysql_error::report& said) noexcept {
    // Class 40 is a transaction that was rolled back.
    return std::string_view(said.sqlstate).starts_with("40") ||
           std::find(transaction_errors.begin(), transaction_errors.end(), said.number) !=
               transaction_errors.end();
}

}  // namespace podpool::detail
