// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/discovery_source.hpp>
#include <podpool/endpoint_info.hpp>
#include <podpool/failure.hpp>
#include <podpool/options.hpp>
#include <podpool/reset_mode.hpp>
#include <podpool/role.hpp>
#include <podpool/role_policy.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace podpool {

/// The outcome of opening a connection: the connection, or why there is none.
template <class Connection>
struct open_result {
    std::unique_ptr<Connection> connection;
    failure why;

    explicit open_result(std::unique_ptr<Connection> opened) : connection(std::move(opened)) {}
    explicit open_result(failure reason) : why(std::move(reason)) {}
};

/// What the driver knows of a connection at the end of a lease, without a round trip.
struct return_state {
    /// What went wrong during the lease, failure_kind::none for a healthy connection. With
    /// failure_kind::server_error the connection is healthy, too.
    failure why;
    /// Whether reset() must run before the connection can be used again.
    bool needs_reset = false;
    /// Whether the session holds what no reset can undo: it is closed, and a new one opened where one is
    /// needed. A healthy connection's state; `why` comes before it.
    bool replace = false;
    /// What the server last told of its role, role::unknown if it doesn't tell.
    podpool::role role = podpool::role::unknown;
    /// Whether it refused a write during the lease as read-only servers do: it may not be the primary that
    /// it was.
    bool role_doubtful = false;
    /// Whether the server answered some statement of the lease other than with an error of its own.
    bool served = false;
    /// Whether the connection's own buffers have grown beyond options::max_conn_buffer: it is closed, and a
    /// new one is opened when somebody needs it. A healthy connection's state; `why` comes before it.
    bool oversized = false;
};

/// What a server answered to a sign of life.
struct ping_result {
    /// Why there was none, or failure_kind::none.
    failure why;
    /// The sessions of all clients on the server, if it told.
    std::optional<std::size_t> sessions;

    explicit ping_result(failure reason, std::optional<std::size_t> counted = {})
        : why(std::move(reason)), sessions(counted) {}
};

/// How reading the answer to a reset ended.
struct reset_answer {
    /// Whether there is none yet: it can be asked for again, and reset() goes on waiting for it.
    bool late = false;
    /// Why the connection can't be used, or failure_kind::none.
    failure why;
};

/// A driver makes the connections of one kind of database; model this concept to add one.
///
/// Construction: from options, whose `driver_string` it parses; throws podpool::error
/// (errc::invalid_options) that quotes no password. A pool can also be given a driver made otherwise.
///
/// - `label()`: host:port/database, for messages.
/// - `discover(executor)`: the source of endpoints that the driver string and the options ask for.
/// - `open(endpoint)`: opens one connection to exactly that endpoint, logs in, checks the role.
/// - `ping(connection)` and `reset(connection, mode)`: one round trip each; none on success.
/// - `ping_and_count(connection)`, if there is one (see counting_driver), takes the place of ping().
/// - `is_alive(connection)`: a peek at the socket, no round trip, no blocking.
/// - `inspect(connection, mode)`: called when a lease ends, on the thread that ends it; no round trip.
///
/// And, of a driver whose servers have roles (the concept driver_with_roles):
/// - `role()` of a connection: what its server last told; it is called after open(), ping() and reset().
/// - `roles()`: which roles open() lets in.
///
/// The awaitables run on a strand of the pool's executor, one strand per connection, so that what open()
/// ties to this_coro::executor is serialized. They have no deadline of their own and must end soon after
/// terminal cancellation, by throwing operation_aborted or by returning. Destroying a connection closes
/// it without blocking. The pool never runs two operations on one connection at once; the driver object
/// itself is shared by all of them.
template <class Driver>
concept driver =
    std::constructible_from<Driver, const options&> &&
    requires(Driver& self, const Driver& constant, typename Driver::connection& connection,
             const endpoint_info& where, reset_mode mode, boost::asio::any_io_executor executor) {
        { constant.label() } -> std::convertible_to<std::string>;
        { self.discover(executor) } -> std::same_as<std::unique_ptr<discovery_source>>;
        {
            self.open(where)
        } -> std::same_as<boost::asio::awaitable<open_result<typename Driver::connection>>>;
        { self.ping(connection) } -> std::same_as<boost::asio::awaitable<failure>>;
        { self.reset(connection, mode) } -> std::same_as<boost::asio::awaitable<failure>>;
        { self.is_alive(connection) } noexcept -> std::same_as<bool>;
        { self.inspect(connection, mode) } noexcept -> std::same_as<return_state>;
    };

/// A driver whose servers have roles: callers of its pools may ask for one.
template <class Driver>
concept driver_with_roles =
    driver<Driver> && requires(const Driver& self, const typename Driver::connection& connection) {
        { self.roles() } noexcept -> std::same_as<role_policy>;
        { connection.role() } noexcept -> std::same_as<role>;
    };

/// A driver that can send a reset when a lease ends and leave its answer to the connection's next user.
///
/// - `send_reset(connection, mode)`: called after an inspect() that asked for a reset, on the same thread;
///   doesn't block. True: the reset is on its way, and nothing else is done with the connection before its
///   answer is read. False: reset() is called.
/// - `read_reset_answer(connection, until)`: called at the beginning of the next lease, on the thread that
///   gets it; waits at most until `until`.
/// - ping() and reset() of such a connection read the answer first.
template <class Driver>
concept reset_sending_driver =
    driver<Driver> && requires(Driver& self, typename Driver::connection& connection, reset_mode mode,
                               std::chrono::steady_clock::time_point until) {
        { self.send_reset(connection, mode) } noexcept -> std::same_as<bool>;
        { self.read_reset_answer(connection, until) } noexcept -> std::same_as<reset_answer>;
    };

/// A driver that can also tell how many sessions a server has, in the round trip of a ping; for
/// `pool_server_totals`. A server that doesn't tell is no failure.
template <class Driver>
concept counting_driver = driver<Driver> && requires(Driver& self, typename Driver::connection& connection) {
    { self.ping_and_count(connection) } -> std::same_as<boost::asio::awaitable<ping_result>>;
};

}  // namespace podpool
