// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/endpoint.hpp>
#include <podpool/mysql/detail/start_query.hpp>
#include <podpool/mysql/detail/statement.hpp>
#include <podpool/mysql/result.hpp>
#include <podpool/mysql/role.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace sql {
class Connection;  // NOLINT(readability-identifier-naming): the connector's own
}

namespace podpool {

/// One session with one MySQL or MariaDB server; what a lease of pool<mysql> gives access to.
///
/// Parameters of statements are bound to `?` in turn and are copied at once: integers (64 bits, signed or
/// unsigned), float and double (finite), bool (as 0 or 1), bytes (anything that converts to
/// std::span<const std::byte>), text (UTF-8; anything that converts to std::string_view), nullptr or
/// std::nullopt for NULL, and std::optional of these. `char` is no parameter: say std::string_view or an
/// integer type. A vector is none, since MySQL has no arrays; podpool::parameters<mysql> stands for as many
/// parameters as it has elements.
///
/// A text is one statement. Without parameters it is sent as it is; with parameters it is prepared,
/// executed and dropped again: two round trips. Of a CALL that returns several results, the first one's
/// rows are returned.
///
/// Thread safety: one operation at a time, on any thread; a query begun while an asynchronous one runs
/// fails. get_executor() may be called at any time.
class mysql_connection {
public:
    using executor_type = boost::asio::any_io_executor;

    explicit mysql_connection(std::shared_ptr<detail::mysql_session> session) noexcept;
    mysql_connection(const mysql_connection&) = delete;
    mysql_connection& operator=(const mysql_connection&) = delete;
    /// Closes the connection without waiting; an operation in flight ends with operation_aborted.
    ~mysql_connection();

    /// Runs a statement and waits for its result on the calling thread.
    ///
    /// `sql`: UTF-8. `parameters`: see above. Returns the rows.
    /// Throws mysql_error when the statement fails, std::invalid_argument for a NaN or an infinity.
    /// There is no deadline: set `OPT_READ_TIMEOUT`, or use async_query.
    template <detail::mysql_argument... Parameters>
    mysql_result query(std::string_view sql, const Parameters&... parameters) {
        return run(detail::mysql_statement(sql, parameters...));
    }

    /// Runs a statement on one of the driver's threads.
    ///
    /// `parameters_and_token`: the parameters, and last any completion token for
    /// `void(std::exception_ptr, mysql_result)`; without a token it is boost::asio::deferred, so that
    /// `co_await connection.async_query("select 1")` works and throws.
    /// Errors as in query(). The handler runs on its associated executor (else on get_executor()) and never
    /// inside this function. The connection must stay alive until then.
    /// Cancellation: terminal, partial and total all end the operation at once with operation_aborted, and
    /// the connection is lost: the connector can't stop a statement otherwise. The server ends the
    /// statement when it notices.
    template <class... Arguments>
    auto async_query(std::string_view sql, Arguments&&... parameters_and_token) {
        return detail::async_query(initiation(), sql, std::forward<Arguments>(parameters_and_token)...);
    }

    /// The connector's connection, for what isn't here; stays this object's.
    ///
    /// Leave no operation in progress. What it is used for can't be seen: with `pool_reset=full` the
    /// session is replaced when the lease ends, otherwise a transaction that is open then is rolled back.
    [[nodiscard]] sql::Connection& native_handle();

    /// Where handlers of asynchronous operations run unless they have an executor.
    [[nodiscard]] executor_type get_executor() const;
    /// The endpoint that this connection was opened to.
    [[nodiscard]] const podpool::endpoint& endpoint() const noexcept;
    /// What the server was when it was asked last: at login and with every ping.
    [[nodiscard]] mysql_role role() const noexcept;
    /// The server's version as it writes it, such as `10.11.6-MariaDB` or `9.1.0`.
    [[nodiscard]] std::string server_version() const;
    /// The TLS protocol in use, such as `TLSv1.3`; empty without TLS.
    [[nodiscard]] std::string tls_version() const;

private:
    friend class mysql;

    [[nodiscard]] detail::start_mysql_query initiation() const noexcept;
    mysql_result run(const detail::mysql_statement& statement);

    std::shared_ptr<detail::mysql_session> session_;
};

}  // namespace podpool
