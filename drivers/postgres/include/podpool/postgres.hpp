// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/discovery_source.hpp>
#include <podpool/driver.hpp>
#include <podpool/endpoint_info.hpp>
#include <podpool/options.hpp>
#include <podpool/postgres/connection.hpp>
#include <podpool/postgres/error.hpp>
#include <podpool/postgres/result.hpp>
#include <podpool/postgres/role.hpp>
#include <podpool/postgres/value_error.hpp>
#include <podpool/role_policy.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <string>

namespace podpool {

namespace detail {
struct postgres_settings;
}

/// The driver for PostgreSQL, on libpq.
///
/// The connection string is libpq's, and what it leaves out is filled as psql does: the `PG*` environment
/// variables, the service file, the password file, libpq's defaults. Differences, and why:
/// - `host`, `hostaddr` and `port` say where to look for servers; each connection goes to exactly one of
///   them, by address, and TLS checks the name that the user gave. `load_balance_hosts` isn't needed.
/// - `target_session_attrs` keeps its six values and is checked here, at login and with every ping.
///   `prefer-standby` is the pool's to keep: a primary serves while no standby can.
/// - `connect_timeout` has no effect: `pool_connect_timeout` is the deadline of the whole attempt.
/// - `gssencmode` is `disable`; `require` is refused.
/// - Unless set: client_encoding UTF8; keepalives_idle 30 s, keepalives_interval 10 s, keepalives_count 3
///   and tcp_user_timeout 20 s, so that a silent peer is noticed; application_name `pool_name`, else
///   fallback_application_name, else label().
///
/// Thread safety: everything may be called from any thread; each connection by one at a time.
class postgres {
public:
    using connection = postgres_connection;
    using result = postgres_result;
    using error = postgres_error;

    /// Reads `settings.driver_string` and the environment; opens nothing.
    /// Throws podpool::error (errc::invalid_options) with libpq's reason, without any password.
    explicit postgres(const options& settings);

    /// First host, port and database: `db.prod:5432/shop`; `+2` after the port counts further hosts.
    [[nodiscard]] std::string label() const;

    /// Which roles `target_session_attrs` lets in, and whether it prefers standbys.
    [[nodiscard]] role_policy roles() const noexcept;

    /// Every libpq keyword in force, from string, environment, service file and defaults; a password's
    /// value is `***`.
    [[nodiscard]] std::map<std::string, std::string> parameters() const;

    /// The source of endpoints for the host list; not started.
    /// Throws podpool::error (errc::invalid_options) as make_discovery_source does.
    [[nodiscard]] std::unique_ptr<discovery_source> discover(
        const boost::asio::any_io_executor& executor) const;

    /// Connects to exactly this endpoint, logs in, checks the cluster (`pool_verify_cluster`) and the role.
    /// Cancellation: terminal, at once.
    [[nodiscard]] boost::asio::awaitable<open_result<connection>> open(endpoint_info where) const;

    /// One empty query, which also brings the server's role up to date.
    /// Cancellation: terminal, at once; the connection is lost then.
    [[nodiscard]] boost::asio::awaitable<failure> ping(connection& open) const;

    /// The same, and counts the server's sessions (the sum of pg_stat_database.numbackends, which every user
    /// may read) in the same round trip. A server that refuses that is pinged, and not asked again through
    /// this connection.
    [[nodiscard]] boost::asio::awaitable<ping_result> ping_and_count(connection& open) const;

    /// Undoes what a lease did to the session: `full` rolls back and discards everything, `automatic` does so
    /// where a statement may have left something and else rolls back, `rollback` only rolls back, `none` does
    /// nothing. Goes on with what send_reset() has sent. Cancellation as in ping().
    [[nodiscard]] boost::asio::awaitable<failure> reset(connection& used, reset_mode mode) const;

    /// Sends what reset() with `full` does and doesn't wait for the answer. True: it is on its way, and
    /// read_reset_answer(), ping() or reset() must read its answer before anything else. False: reset() is to
    /// be called, since a transaction is open, the session is lost, the socket didn't take it all, or the
    /// mode clears nothing. Thread safety: as of a blocking operation on `returned`; doesn't block.
    [[nodiscard]] bool send_reset(connection& returned, reset_mode mode) const noexcept;

    /// Reads the answer to what send_reset() has sent, waiting for it until `until` at most; one in the past
    /// only looks. Says why the session can't be used, if so: it has ended, or its server has another role
    /// than is wanted. Thread safety: as of a blocking operation on `taken`.
    [[nodiscard]] reset_answer read_reset_answer(connection& taken,
                                                 std::chrono::steady_clock::time_point until) const noexcept;

    /// A peek at the socket that tells a closed connection from one with mere news.
    [[nodiscard]] bool is_alive(connection& idle) const noexcept;

    /// What a lease left behind, without a round trip.
    ///
    /// A running query, a COPY, a pipeline: the connection is lost. An open transaction: a reset, or lost
    /// with reset_mode::none. With reset_mode::full a reset too, unless the connection wasn't touched; with
    /// reset_mode::automatic if a statement may have left something, or the native handle was asked for.
    [[nodiscard]] return_state inspect(connection& returned, reset_mode mode) const noexcept;

    /// Ends an asynchronous operation in flight with operation_aborted; the connection is lost then.
    void cancel(connection& busy) const noexcept;

private:
    std::shared_ptr<const detail::postgres_settings> settings_;
};

static_assert(driver_with_roles<postgres> && counting_driver<postgres> && reset_sending_driver<postgres>);

}  // namespace podpool
