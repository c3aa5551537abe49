// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/discovery_source.hpp>
#include <podpool/driver.hpp>
#include <podpool/endpoint_info.hpp>
#include <podpool/mysql/connection.hpp>
#include <podpool/mysql/error.hpp>
#include <podpool/mysql/result.hpp>
#include <podpool/mysql/role.hpp>
#include <podpool/options.hpp>
#include <podpool/role_policy.hpp>
#include <podpool/value_error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <map>
#include <memory>
#include <string>

namespace podpool {

namespace detail {
struct mysql_settings;
class mysql_workers;
class plain_servers;
}  // namespace detail

/// The driver for MySQL and MariaDB, on mysql-connector-c++.
///
/// The connection string is `mysql://user:password@host:port/database?key=value` (or `mariadb://`), or
/// libpq's keyword/value form with the same keys; docs/mysql.md lists them. Each connection goes to exactly
/// one of the endpoints that the host list leads to. `target_session_attrs` has libpq's six values: a
/// server is a standby when read_only, super_read_only or innodb_read_only is on.
///
/// The connector blocks, so asynchronous operations run on threads that this object owns: one for each that
/// is in flight, ended when idle. The destructor waits for those that still run; what keeps them has been
/// cut by then. Where the system doesn't tell which socket that is (docs/mysql.md), they end by the
/// connector's deadlines: an attempt to connect about a second after `pool_connect_timeout` at the latest, a
/// statement by `OPT_READ_TIMEOUT`, if that is set.
///
/// Thread safety: everything may be called from any thread; each connection by one at a time. A program
/// that calls the connector's get_driver_instance() gets another object than this uses.
class mysql {
public:
    using connection = mysql_connection;
    using result = mysql_result;
    using error = mysql_error;

    /// Reads `settings.driver_string`; opens nothing.
    /// Throws podpool::error (errc::invalid_options) that names what is wrong and what was expected, and
    /// quotes no password; also for an `sslmode` that the connector found here can't guarantee.
    explicit mysql(const options& settings);

    /// First host, port and database: `db.prod:3306/shop`; `+2` after the port counts further hosts.
    [[nodiscard]] std::string label() const;

    /// Which roles `target_session_attrs` lets in, and whether it prefers standbys.
    [[nodiscard]] role_policy roles() const noexcept;

    /// Every key in force with its value; a password's is `***`.
    [[nodiscard]] std::map<std::string, std::string> parameters() const;

    /// The source of endpoints for the host list; not started.
    /// Throws podpool::error (errc::invalid_options) as make_discovery_source does.
    [[nodiscard]] std::unique_ptr<discovery_source> discover(boost::asio::any_io_executor executor) const;

    /// Connects to exactly this endpoint, logs in, checks TLS and the role.
    /// Cancellation: terminal, at once.
    [[nodiscard]] boost::asio::awaitable<open_result<connection>> open(endpoint_info where) const;

    /// One query for the server's role.
    /// Cancellation: terminal, at once; the connection is lost then.
    [[nodiscard]] boost::asio::awaitable<failure> ping(connection& open) const;

    /// The same, and a second query for the server's sessions (`Threads_connected`); a server that refuses it
    /// is merely pinged.
    [[nodiscard]] boost::asio::awaitable<ping_result> ping_and_count(connection& open) const;

    /// Rolls back what a lease left open. Cancellation as in ping().
    [[nodiscard]] boost::asio::awaitable<failure> reset(connection& used, reset_mode mode) const;

    /// A peek at the socket that finds a closed connection; true where the socket isn't known.
    [[nodiscard]] bool is_alive(connection& idle) const noexcept;

    /// What a lease left behind, without a round trip.
    ///
    /// An open transaction: a reset, or lost with reset_mode::none. With reset_mode::full and
    /// reset_mode::automatic the session is replaced if a statement may have left something else
    /// (docs/mysql.md says which may).
    [[nodiscard]] return_state inspect(connection& returned, reset_mode mode) const noexcept;

    /// Ends an operation in flight, a blocking one too; the connection is lost then.
    void cancel(connection& busy) const noexcept;

private:
    std::shared_ptr<const detail::mysql_settings> settings_;
    std::shared_ptr<detail::mysql_workers> workers_;
    std::shared_ptr<detail::plain_servers> plain_;
};

static_assert(driver_with_roles<mysql> && counting_driver<mysql>);

}  // namespace podpool
