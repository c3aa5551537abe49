// SPDX-License-Identifier: BSL-1.0
#include "connect_options.hpp"
#include "connector_instance.hpp"
#include "errors.hpp"
#include "execute.hpp"
#include "login_watch.hpp"
#include "session.hpp"

#include <podpool/detail/ask_credentials.hpp>
#include <podpool/detail/english_texts.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

namespace podpool::detail {

namespace {

/// What a new session is asked, by column.
enum set_up_column : std::size_t {
    read_only,
    innodb_read_only,
    super_read_only,
    version,
    client,
    isolation,
    cipher,
    protocol
};

/// One row with the cipher and the protocol of TLS, read in one go: a server makes all its status for it.
/// MariaDB and MySQL keep it in different schemas.
std::string tls_status(bool mariadb) {
    return std::string(
               "select max(if(variable_name = 'Ssl_cipher', variable_value, '')) as cipher, "
               "max(if(variable_name = 'Ssl_version', variable_value, '')) as protocol from ") +
           (mariadb ? "information_schema" : "performance_schema") +
           ".session_status where variable_name in ('Ssl_cipher', 'Ssl_version')";
}

std::string set_up_query(bool mariadb, bool may_have_tls) {
    return std::string("select @@global.read_only, @@global.innodb_read_only, ") +
           (mariadb ? "0" : "@@global.super_read_only") +
           ", version(), (select host from information_schema.processlist where id = connection_id()), " +
           (mariadb ? "@@global.tx_isolation" : "@@global.transaction_isolation") +
           ", tls.cipher, tls.protocol from (" +
           (may_have_tls ? tls_status(mariadb) : "select '' as cipher, '' as protocol") + ") as tls";
}

/// The connector gives every session REPEATABLE READ, whatever the server's default is.
void restore_isolation(sql::Connection& connection, std::string_view wanted) {
    if (wanted == "READ-UNCOMMITTED") connection.setTransactionIsolation(sql::TRANSACTION_READ_UNCOMMITTED);
    if (wanted == "READ-COMMITTED") connection.setTransactionIsolation(sql::TRANSACTION_READ_COMMITTED);
    if (wanted == "SERIALIZABLE") connection.setTransactionIsolation(sql::TRANSACTION_SERIALIZABLE);
}

std::string text_or_nothing(const mysql_result& answer, std::size_t column) {
    return answer.get<std::optional<std::string>>(0, column).value_or(std::string());
}

}  // namespace

bool is_on(std::string_view value) noexcept { return value != "0" && value != "OFF"; }

failure mysql_session::open_now() {
    const auto host = host_to_dial(where_, settings_->dial);
    if (!host) {
        return {failure_kind::rejected, where_text_ + ": neither a literal address nor a plain DNS name: \"" +
                                            where_.where.address + "\", \"" + where_.host + "\""};
    }
    try {
        if (failure problem = log_in(*host)) return problem;
        return set_up();
    } catch (const sql::SQLException& problem) {
        mysql_error::report said = report_of(problem);
        const failure_kind kind = kind_of_mysql_connect_failure(said);
        if (kind == failure_kind::rejected && said.number == tls_error_number &&
            settings_->tls == ssl_mode::verify_full) {
            said.message = explain_tls_failure(said.message, *host);
        }
        return {kind, mysql_error({}, std::move(said)).what()};
    }
}

failure mysql_session::log_in(const std::string& host) {
    using clock = std::chrono::steady_clock;
    const clock::time_point end = clock::now() + settings_->connect_timeout;
    const bool plain = plain_->knows(where_.where, clock::now());
    connect_attempt next{host, first_tls_use(settings_->tls, compiled_for(), plain),
                         settings_->connect_timeout, std::nullopt};
    if (failure problem = ask_credentials(settings_->pool, where_.where, next.login)) return problem;
    for (;;) {
        const login_watch watch;
        try {
            return attempt(next, watch);
        } catch (const sql::SQLException& problem) {
            const auto use = next_tls_use(settings_->tls, next.tls, report_of(problem), watch.has_sent());
            next.limit = std::chrono::ceil<std::chrono::seconds>(end - clock::now());
            if (!use || next.limit <= std::chrono::seconds(0)) throw;
            next.tls = *use;
        }
        if (next.tls == tls_use::none) plain_->note(where_.where, clock::now());
    }
}

failure mysql_session::attempt(const connect_attempt& how, const login_watch& watch) {
    failure given_up(failure_kind::connection_lost, where_text_ + ": given up while it was opened");
    {
        // What cut off the attempt before this one doesn't reach this one.
        const lock held(mutex_);
        if (lost_) return given_up;
    }
    sql::ConnectOptionsMap options = connect_options(*settings_, where_.where, how);
    std::unique_ptr<sql::Connection> made;
    {
        const english_texts english;
        made.reset(connector_instance().connect(options));
    }
    const lock held(mutex_);
    connection_ = std::move(made);
    client_ = watch.handle();
    return lost_ ? given_up : failure();
}

failure mysql_session::set_up() {
    const std::string announced = connection_->getMetaData()->getDatabaseProductVersion().asStdString();
    mariadb_ = announced.find("MariaDB") != std::string::npos;
    const bool may_have_tls = settings_->tls != ssl_mode::disable && !where_.where.address.starts_with('/');
    const mysql_result answer = execute(*connection_, set_up_query(mariadb_, may_have_tls));
    server_version_ = text_or_nothing(answer, version);
    tls_version_ = text_or_nothing(answer, protocol);
    session_socket found = session_socket::find(where_.where, text_or_nothing(answer, client));
    found.watch_peer();
    {
        const lock held(mutex_);
        socket_ = std::move(found);
        if (lost_) socket_.cut();
    }
    if (failure problem = check_identity(text_or_nothing(answer, cipher))) return problem;
    if (failure problem = verify_cluster()) return problem;
    restore_isolation(*connection_, text_or_nothing(answer, isolation));
    return note_role(is_on(answer.get<std::string_view>(0, read_only)) ||
                     is_on(answer.get<std::string_view>(0, innodb_read_only)) ||
                     is_on(answer.get<std::string_view>(0, super_read_only)));
}

failure mysql_session::check_identity(const std::string& tls_cipher) const {
    const bool must_encrypt = settings_->tls != ssl_mode::disable && settings_->tls != ssl_mode::prefer;
    if (must_encrypt && tls_cipher.empty()) {
        return {failure_kind::rejected, where_text_ + ": connected without TLS, and sslmode is " +
                                            std::string(to_string(settings_->tls))};
    }
    // The name was resolved once more, by the connector: only the address that was counted will do.
    if (settings_->dial == dial_by::name && !where_.host.empty() && !socket_.known()) {
        return {failure_kind::endpoint_down,
                where_text_ + ": the name " + where_.host + ", dialled for the sake of TLS, led elsewhere"};
    }
    return {};
}

failure mysql_session::verify_cluster() {
    if (!settings_->cluster->wanted()) return {};
    // Who must be told apart and doesn't say who he is isn't let in.
    if (mariadb_) {
        return {failure_kind::rejected,
                where_text_ + ": pool_verify_cluster: MariaDB has no server_uuid to be known by"};
    }
    const mysql_result answer = execute(*connection_, "select @@global.server_uuid");
    const std::string problem = settings_->cluster->mismatch(answer.get<std::string_view>(0, std::size_t{0}),
                                                             "server_uuid", where_text_);
    if (problem.empty()) return {};
    return {failure_kind::rejected, where_text_ + ": " + problem};
}

}  // namespace podpool::detail
