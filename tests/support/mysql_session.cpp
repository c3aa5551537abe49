// SPDX-License-Identifier: BSL-1.0
#include "mysql_session.hpp"

#include <mysql.h>

#include <stdexcept>

namespace podpool::test {

namespace {

// STOP REPLICA of MySQL waits for as long as a minute for the rest of a transaction that its dead primary had
// begun to send.
constexpr unsigned int patience_seconds = 90;

using result_ptr = std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)>;

std::string first_cell(MYSQL_RES& result) {
    const MYSQL_ROW row = mysql_fetch_row(&result);
    if (row == nullptr || row[0] == nullptr) return {};
    return {row[0], mysql_fetch_lengths(&result)[0]};
}

}  // namespace

void mysql_session::close_session::operator()(st_mysql* session) const noexcept { mysql_close(session); }

mysql_session::mysql_session(const std::string& database)
    : session_(mysql_init(nullptr)), database_(database) {
    for (const auto option : {MYSQL_OPT_CONNECT_TIMEOUT, MYSQL_OPT_READ_TIMEOUT, MYSQL_OPT_WRITE_TIMEOUT}) {
        mysql_optionsv(session_.get(), option, &patience_seconds);
    }
}

mysql_session::mysql_session(const std::string& socket, const std::string& user, const std::string& password,
                             const std::string& database)
    : mysql_session(database) {
    if (mysql_real_connect(session_.get(), nullptr, user.c_str(), password.c_str(), database.c_str(), 0,
                           socket.c_str(), CLIENT_MULTI_STATEMENTS) == nullptr) {
        throw std::runtime_error(mysql_error(session_.get()));
    }
}

mysql_session::mysql_session(const std::string& address, std::uint16_t port, const std::string& user,
                             const std::string& password, const std::string& database)
    : mysql_session(database) {
    constexpr my_bool yes = 1;
    constexpr my_bool no = 0;
    mysql_optionsv(session_.get(), MYSQL_OPT_SSL_ENFORCE, &yes);
    mysql_optionsv(session_.get(), MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &no);
    if (mysql_real_connect(session_.get(), address.c_str(), user.c_str(), password.c_str(), database.c_str(),
                           port, nullptr, CLIENT_MULTI_STATEMENTS) == nullptr) {
        throw std::runtime_error(mysql_error(session_.get()));
    }
}

std::string mysql_session::run(std::string_view statements) {
    std::string cell;
    int more =
        mysql_real_query(session_.get(), statements.data(), static_cast<unsigned long>(statements.size()));
    // 0: there is a result; below: none is left; above: an error.
    while (more == 0) {
        const result_ptr result(mysql_store_result(session_.get()), &mysql_free_result);
        if (result != nullptr) cell = first_cell(*result);
        more = mysql_next_result(session_.get());
    }
    if (more > 0) throw std::runtime_error(mysql_error(session_.get()));
    return cell;
}

bool mysql_session::alive() { return mysql_ping(session_.get()) == 0; }

std::string mysql_session::quoted(std::string_view text) {
    std::string escaped(2 * text.size() + 1, '\0');
    escaped.resize(mysql_real_escape_string(session_.get(), escaped.data(), text.data(),
                                            static_cast<unsigned long>(text.size())));
    return "'" + escaped + "'";
}

std::size_t mysql_session::count_sessions(std::string_view program_name) {
    std::string statement =
        "select count(*) from performance_schema.threads where type = 'FOREGROUND' and connection_type is "
        "not null and processlist_user not in ('root', 'mysql', 'admin', 'replica', 'replication')";
    if (!program_name.empty()) {
        statement +=
            " and processlist_id in (select processlist_id from performance_schema.session_connect_attrs "
            "where attr_name = 'program_name' and attr_value = " +
            quoted(program_name) + ")";
    }
    return std::stoul(run(statement));
}

std::size_t mysql_session::count_connections() {
    return std::stoul(
        run("select variable_value from performance_schema.global_status where variable_name = "
            "'Connections'"));
}

}  // namespace podpool::test
