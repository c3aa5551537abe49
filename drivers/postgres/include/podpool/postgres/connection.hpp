// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/endpoint.hpp>
#include <podpool/postgres/detail/borrowed_statement.hpp>
#include <podpool/postgres/detail/start_query.hpp>
#include <podpool/postgres/detail/statement.hpp>
#include <podpool/postgres/result.hpp>
#include <podpool/postgres/role.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

struct pg_conn;

namespace podpool {

/// One session with one PostgreSQL server; what a lease of pool<postgres> gives access to.
///
/// Parameters of statements are bound to `$1`, `$2`, ...; async_query copies them at once: integers (int2,
/// int4 or int8 by their size; an unsigned type is sent as the next larger one, the largest values of 64 bits
/// as numeric), float, double, bool, bytes (anything that converts to std::span<const std::byte>), text
/// (anything that converts to std::string_view), nullptr or std::nullopt for NULL, and std::optional of
/// these. Text is sent without a type, so that the server finds out whether it is a uuid, a date, a jsonb.
/// `char` is no parameter: say std::string_view or an integer type.
/// A range of them (std::vector, std::span, ...; std::optional elements may be NULL) is one parameter, an
/// array: `where id = any($1)`. An array of texts has no type either: where the server can't find it out, say
/// `$1::text[]`. podpool::parameters<postgres> stands for as many parameters as it has elements.
///
/// Without parameters the simple protocol is used: the text may hold several statements, and the last
/// one's rows are returned. With parameters it is exactly one statement. COPY begins and returns no rows;
/// its data goes through native_handle() and must end before the connection is used or returned.
///
/// Thread safety: one operation at a time, on any thread; a query begun while an asynchronous one runs
/// fails. get_executor() may be called at any time.
class postgres_connection {
public:
    using executor_type = boost::asio::any_io_executor;

    explicit postgres_connection(std::shared_ptr<detail::postgres_session> session) noexcept;
    postgres_connection(const postgres_connection&) = delete;
    postgres_connection& operator=(const postgres_connection&) = delete;
    /// Closes the connection without waiting; an operation in flight ends with operation_aborted.
    ~postgres_connection();

    /// Runs a statement and waits for its result on the calling thread.
    ///
    /// `sql`: UTF-8. `parameters`: see above. Returns the rows.
    /// Throws postgres_error when the statement fails, std::invalid_argument for a text with a zero byte.
    /// There is no deadline: set `statement_timeout`, or use async_query.
    /// The error's code is errc::transaction_rolled_back when a COMMIT, END or PREPARE TRANSACTION in the
    /// text was answered with ROLLBACK, since its transaction had failed before; later statements of the text
    /// were run.
    template <detail::postgres_argument... Parameters>
    postgres_result query(std::string_view sql, const Parameters&... parameters) {
        if constexpr (sizeof...(parameters) == 0) {
            return run(sql);
        } else {
            return run(detail::borrowed_statement(sql, parameters...).view());
        }
    }

    /// Runs a statement without blocking.
    ///
    /// `parameters_and_token`: the parameters, and last any completion token for
    /// `void(std::exception_ptr, postgres_result)`; without a token it is boost::asio::deferred, so that
    /// `co_await connection.async_query("select 1")` works and throws.
    /// Errors as in query(). The handler runs on its associated executor (else on get_executor()) and never
    /// inside this function. The connection must stay alive until then.
    /// Cancellation: terminal, partial and total all ask the server to stop the statement. It then ends
    /// with operation_aborted, or with its result if that was quicker, and the connection stays usable.
    /// If the server doesn't react within 2 s the operation ends and the connection is lost.
    template <class... Arguments>
    auto async_query(std::string_view sql, Arguments&&... parameters_and_token) {
        return detail::async_query(initiation(), sql, std::forward<Arguments>(parameters_and_token)...);
    }

    /// libpq's PGconn, for what isn't here; stays this object's.
    ///
    /// Leave it as it was: no transaction, no command or COPY in progress, pipeline mode off. What is
    /// changed in the server's session is undone when the lease ends, as `pool_reset` says.
    [[nodiscard]] pg_conn* native_handle() noexcept;

    /// Where asynchronous operations wait, and where their handlers run unless they have an executor.
    [[nodiscard]] executor_type get_executor() const;
    /// The endpoint that this connection was opened to.
    [[nodiscard]] const podpool::endpoint& endpoint() const noexcept;
    /// What the server said of itself last: at login and with later answers (PostgreSQL 14 or newer).
    [[nodiscard]] postgres_role role() const noexcept;
    /// The server's version as it writes it, such as `15.4 (Debian 15.4-1)`.
    [[nodiscard]] std::string server_version() const;
    /// The TLS protocol in use, such as `TLSv1.3`; empty without TLS.
    [[nodiscard]] std::string tls_version() const;

private:
    friend class postgres;

    [[nodiscard]] detail::start_postgres_query initiation() const noexcept;
    postgres_result run(std::string_view sql);
    postgres_result run(const detail::statement_view& statement);

    std::shared_ptr<detail::postgres_session> session_;
};

}  // namespace podpool
