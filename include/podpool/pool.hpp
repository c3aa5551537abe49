// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/async_waiter.hpp>
#include <podpool/detail/await_acquire.hpp>
#include <podpool/detail/background_thread.hpp>
#include <podpool/detail/detailed_handler.hpp>
#include <podpool/detail/pool_state.hpp>
#include <podpool/detail/start_wait_until_ready.hpp>
#include <podpool/driver.hpp>
#include <podpool/error.hpp>
#include <podpool/lease.hpp>
#include <podpool/options.hpp>
#include <podpool/role.hpp>
#include <podpool/stats.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

namespace podpool {

/// A pool of connections to the pods behind one name, for blocking and asynchronous callers at once.
///
/// It begins to discover endpoints when it is constructed and opens connections when they are wanted.
/// Thread safety: every function may be called from any thread at the same time, except the destructor.
/// Moved-from pools may only be destroyed or assigned to. In a child that fork() has made since, the
/// connections are the parent's: acquiring fails with errc::forked, orders do nothing, figures are empty.
template <driver Driver>
class pool {
public:
    using lease_type = lease<Driver>;
    /// The completion signature of async_acquire.
    using acquire_signature = void(boost::system::error_code, lease<Driver>);

    /// A pool with a thread of its own for everything in the background.
    /// `connection_string`: see options::parse.
    /// Throws podpool::error: errc::invalid_options, which names what is wrong and never a password, or the
    /// system's code where no thread or descriptor can be had.
    explicit pool(std::string_view connection_string) : pool(options::parse(connection_string)) {}
    /// The same from options; `driver` is used instead of one made from the options, if given.
    explicit pool(const options& settings, std::unique_ptr<Driver> driver = nullptr)
        : thread_(std::make_unique<detail::background_thread>()) {
        start(thread_->context(), thread_->context()->get_executor(), settings, std::move(driver));
    }
    /// A pool on the user's executor, whose context must be run by at least one thread and must outlive
    /// the pool and its leases.
    pool(boost::asio::any_io_executor executor, std::string_view connection_string)
        : pool(std::move(executor), options::parse(connection_string)) {}
    /// The same from options; `driver` is used instead of one made from the options, if given.
    pool(boost::asio::any_io_executor executor, const options& settings,
         std::unique_ptr<Driver> driver = nullptr) {
        start(nullptr, std::move(executor), settings, std::move(driver));
    }

    pool(pool&&) noexcept = default;
    pool& operator=(pool&& other) noexcept {
        if (this != &other) {
            shut_down();
            thread_ = std::move(other.thread_);
            state_ = std::move(other.state_);
        }
        return *this;
    }
    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;

    /// Closes the pool as close() does. A pool with a thread of its own waits for what runs on that
    /// thread to end, so don't destroy it there; leases held by other threads may come back later.
    ~pool() { shut_down(); }

    /// Waits for a connection, at most pool_acquire_timeout.
    /// `site` is where it is called, for the report of a lease that is out for long (pool_leak_threshold).
    /// Returns a lease that holds one. Throws podpool::error: errc::acquire_timeout,
    /// errc::too_many_waiters, errc::overloaded (with pool_overload=codel), errc::connection_rejected or
    /// errc::pool_closed; what() names pool, sizes, waiters and the last failure of each endpoint. In a child
    /// that fork() has made since: errc::forked, at once.
    lease<Driver> acquire(std::source_location site = std::source_location::current()) {
        return acquire(state_->settings().acquire_timeout, site);
    }

    /// The same with a time limit of its own; `timeout` in nanoseconds, zero or less doesn't wait.
    lease<Driver> acquire(std::chrono::nanoseconds timeout,
                          std::source_location site = std::source_location::current()) {
        return detail::lease_access::make(*state_, *state_->acquire(timeout, site));
    }

    /// Waits for a connection to a server of one role, at most pool_acquire_timeout: the one whose role it is
    /// with the fewest leases. `wanted`: role::any is acquire().
    ///
    /// Callers of both roles share the pool's connections and its bound; who waits is served in the order of
    /// coming among those whom a connection suits. A server's role is what it last told; when it refuses a
    /// write, goes down, or another server is promoted, it is asked again before it serves either kind.
    /// Returns and throws as acquire(); also errc::role_excluded, at once, when `target_session_attrs` lets
    /// no server of this role in or the driver's servers don't tell their roles.
    lease<Driver> acquire(role wanted, std::source_location site = std::source_location::current()) {
        return acquire(wanted, state_->settings().acquire_timeout, site);
    }

    /// The same with a time limit of its own; `timeout` in nanoseconds, zero or less doesn't wait.
    lease<Driver> acquire(role wanted, std::chrono::nanoseconds timeout,
                          std::source_location site = std::source_location::current()) {
        return detail::lease_access::make(*state_, *state_->acquire(wanted, timeout, site));
    }

    /// Takes an idle connection if there is one, and never waits.
    /// Returns a lease that holds one, or an empty lease: also when callers wait already, and when the
    /// pool is closed, or used in a child that fork() has made.
    lease<Driver> try_acquire(std::source_location site = std::source_location::current()) {
        return lease_or_nothing(state_->try_acquire(site));
    }

    /// The same of a server of one role; empty also when callers wait for that role already.
    lease<Driver> try_acquire(role wanted, std::source_location site = std::source_location::current()) {
        return lease_or_nothing(state_->try_acquire(wanted, site));
    }

    /// Waits for a connection without blocking, at most pool_acquire_timeout.
    ///
    /// Completes with a lease that holds one, or with an empty lease and an error: those of acquire(),
    /// or operation_aborted. The handler runs on its associated executor (default: get_executor()), with its
    /// associated allocator, and never inside this function; but where a connection is idle it goes through
    /// its immediate executor if it was bound to one (Boost 1.82 or newer). It must not throw where the pool
    /// has a thread of its own and the handler runs there: nobody could catch it, and the program ends
    /// (std::terminate). Cancellation: terminal, partial and total, at any time and from any thread; it takes
    /// the caller out of the queue and changes nothing else. A connection being opened for it feeds the pool.
    template <boost::asio::completion_token_for<acquire_signature> Token>
    auto async_acquire(Token&& token, std::source_location site = std::source_location::current()) {
        return async_acquire(state_->settings().acquire_timeout, std::forward<Token>(token), site);
    }

    /// The same with a time limit of its own; `timeout` in nanoseconds, zero or less doesn't wait.
    template <boost::asio::completion_token_for<acquire_signature> Token>
    auto async_acquire(std::chrono::nanoseconds timeout, Token&& token,
                       std::source_location site = std::source_location::current()) {
        return async_acquire(role::any, timeout, std::forward<Token>(token), site);
    }

    /// Waits for a connection to a server of one role without blocking, at most pool_acquire_timeout.
    /// `wanted` and the errors are those of acquire(role), everything else as above.
    template <boost::asio::completion_token_for<acquire_signature> Token>
    auto async_acquire(role wanted, Token&& token,
                       std::source_location site = std::source_location::current()) {
        return async_acquire(wanted, state_->settings().acquire_timeout, std::forward<Token>(token), site);
    }

    /// The same with a time limit of its own; `timeout` in nanoseconds, zero or less doesn't wait.
    template <boost::asio::completion_token_for<acquire_signature> Token>
    auto async_acquire(role wanted, std::chrono::nanoseconds timeout, Token&& token,
                       std::source_location site = std::source_location::current()) {
        return boost::asio::async_initiate<Token, acquire_signature>(
            // By reference: only what is started later needs a share in the state of its own.
            [](auto handler, const std::shared_ptr<detail::pool_state<Driver>>& state, role kind,
               std::chrono::nanoseconds limit, std::source_location where) {
                detail::start_acquire<Driver>(state, kind, limit, where, std::move(handler));
            },
            token, state_, wanted, timeout, site);
    }

    /// The same for coroutines: `co_await pool.async_acquire()` throws the podpool::error of acquire(), which
    /// names pool, sizes, waiters and the last failure of each endpoint. Nothing is acquired before it is
    /// awaited. With an idle connection the coroutine goes on at once, before any other handler: one that
    /// acquires again and again and awaits nothing else doesn't let others run.
    boost::asio::awaitable<lease<Driver>> async_acquire(
        std::source_location site = std::source_location::current()) {
        return async_acquire(state_->settings().acquire_timeout, site);
    }

    /// The same with a time limit of its own; `timeout` in nanoseconds, zero or less doesn't wait.
    boost::asio::awaitable<lease<Driver>> async_acquire(
        std::chrono::nanoseconds timeout, std::source_location site = std::source_location::current()) {
        return async_acquire(role::any, timeout, site);
    }

    /// The same of a server of one role, as acquire(role).
    boost::asio::awaitable<lease<Driver>> async_acquire(
        role wanted, std::source_location site = std::source_location::current()) {
        return async_acquire(wanted, state_->settings().acquire_timeout, site);
    }

    /// The same with a time limit of its own; `timeout` in nanoseconds, zero or less doesn't wait.
    boost::asio::awaitable<lease<Driver>> async_acquire(
        role wanted, std::chrono::nanoseconds timeout,
        std::source_location site = std::source_location::current()) {
        return detail::await_acquire<Driver>(state_, wanted, timeout, site);
    }

    /// Waits until pool_min_conns connections, at least one, are open; at most pool_acquire_timeout. For a
    /// start-up or readiness probe. With pool_min_conns=0 one connection is opened for it.
    ///
    /// Throws podpool::error: errc::not_ready when the time is up, errc::connection_rejected as soon as every
    /// endpoint refuses the login, errc::pool_closed, errc::forked; what() says why, as that of acquire()
    /// does.
    void wait_until_ready() { wait_until_ready(state_->settings().acquire_timeout); }

    /// The same with a time limit of its own; `timeout` in nanoseconds, zero or less only looks.
    void wait_until_ready(std::chrono::nanoseconds timeout) { state_->wait_until_ready(timeout); }

    /// The same without blocking. Signature `void(boost::system::error_code)`, with the errors of
    /// wait_until_ready() or operation_aborted; executor, allocator and cancellation as of async_acquire().
    template <boost::asio::completion_token_for<void(boost::system::error_code)> Token>
    auto async_wait_until_ready(Token&& token) {
        return async_wait_until_ready(state_->settings().acquire_timeout, std::forward<Token>(token));
    }

    /// The same with a time limit of its own; `timeout` in nanoseconds, zero or less only looks.
    template <boost::asio::completion_token_for<void(boost::system::error_code)> Token>
    auto async_wait_until_ready(std::chrono::nanoseconds timeout, Token&& token) {
        return boost::asio::async_initiate<Token, void(boost::system::error_code)>(
            [](auto handler, const std::shared_ptr<detail::pool_state<Driver>>& state,
               std::chrono::nanoseconds limit) {
                detail::start_wait_until_ready<Driver>(state, limit, std::move(handler));
            },
            token, state_, timeout);
    }

    /// The same for coroutines: `co_await pool.async_wait_until_ready()` throws the podpool::error of
    /// wait_until_ready(), which names pool, sizes and the last failure of each endpoint.
    boost::asio::awaitable<void> async_wait_until_ready() {
        return async_wait_until_ready(state_->settings().acquire_timeout);
    }

    /// The same with a time limit of its own; `timeout` in nanoseconds, zero or less only looks.
    boost::asio::awaitable<void> async_wait_until_ready(std::chrono::nanoseconds timeout) {
        return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(std::exception_ptr)>(
            [](auto handler, const std::shared_ptr<detail::pool_state<Driver>>& state,
               std::chrono::nanoseconds limit) {
                using detailed = detail::detailed_handler<Driver, decltype(handler)>;
                detail::start_wait_until_ready<Driver>(state, limit, detailed{std::move(handler), state});
            },
            boost::asio::use_awaitable, state_, timeout);
    }

    /// One consistent snapshot: taken at one moment, so the sums add up.
    [[nodiscard]] podpool::stats stats() const { return state_->snapshot(); }

    /// Changes pool_max_conns (1 to 100000). A larger pool serves waiters at once; a smaller one closes
    /// idle connections now and leased ones on return. It may be below the minimum sizes, which then rest.
    /// Throws podpool::error (errc::invalid_options) when `max_conns` is out of range.
    void resize(std::size_t max_conns) { state_->resize(max_conns); }

    /// Asks discovery again: now, or a second after its last question where that is later. Does nothing after
    /// close().
    void refresh() { state_->refresh(); }

    /// Gives every connection up: idle ones are closed now, leased ones when they come back. New ones are
    /// opened as the minimum sizes or callers ask for them, not in their place.
    void retire_all() { state_->retire_all(); }

    /// Replaces every connection that is open now, each by a new one that is opened first, and none sooner
    /// than pool_rebalance_pace allows (with 5 %: 200 s for all); leased ones when they come back. For what
    /// only a new session sees: other credentials, other settings on the server.
    void renew_all() { state_->renew_all(); }

    /// Fails waiters and new callers with errc::pool_closed, closes idle connections and lets leases
    /// finish. Returns at once; idempotent.
    void close() { state_->close(); }

    /// close(), then waits until the last lease is back and the last socket is closed, at most `timeout` in
    /// nanoseconds. Returns whether that has happened; leases that are still out may come back later all the
    /// same. Not from the pool's own thread.
    bool close(std::chrono::nanoseconds timeout) { return state_->close(timeout); }

    /// close(), then completes when the last lease is back and the last socket is closed.
    /// Signature `void(boost::system::error_code)`; operation_aborted when the pool object is destroyed
    /// before; no cancellation. The handler runs on its associated executor (default: get_executor()), with
    /// its associated allocator.
    template <
        boost::asio::completion_token_for<void(boost::system::error_code)> Token = boost::asio::deferred_t>
    auto async_close(Token&& token = Token()) {
        return boost::asio::async_initiate<Token, void(boost::system::error_code)>(
            [](auto handler, const std::shared_ptr<detail::pool_state<Driver>>& state) {
                state->close();
                using waiter = detail::async_close_waiter<decltype(handler)>;
                state->on_closed(std::make_unique<waiter>(std::move(handler), state->executor()));
            },
            token, state_);
    }

    /// Where handlers without an executor of their own run.
    [[nodiscard]] boost::asio::any_io_executor get_executor() const { return state_->executor(); }

private:
    void start(std::shared_ptr<boost::asio::io_context> context, boost::asio::any_io_executor executor,
               const options& settings, std::unique_ptr<Driver> driver) {
        try {
            state_ = std::make_shared<detail::pool_state<Driver>>(std::move(context), std::move(executor),
                                                                  settings, std::move(driver));
            state_->start();
        } catch (const error&) {
            throw;
        } catch (const boost::system::system_error& problem) {
            // Asio's, such as for want of a descriptor.
            throw error(problem.code(), std::string("podpool: the pool can't be made: ") + problem.what());
        }
    }

    lease<Driver> lease_or_nothing(detail::connection_cell<Driver>* found) const noexcept {
        return found != nullptr ? detail::lease_access::make(*state_, *found) : lease<Driver>{};
    }

    void shut_down() {
        if (!state_) return;
        if (state_->in_child()) return leave_to_parent();
        state_->abandon();
        if (thread_) state_->wait_for_dispatchers();
        state_.reset();
        thread_.reset();
    }

    /// In a child that fork() has made there is no thread to join, a mutex may be held for ever, and a word
    /// of farewell on a socket would end the parent's session: everything stays as it is until the process
    /// ends.
    void leave_to_parent() {
        [[maybe_unused]] const auto* const thread = thread_.release();
        auto kept = std::make_unique<std::shared_ptr<detail::pool_state<Driver>>>(std::move(state_));
        [[maybe_unused]] const auto* const state = kept.release();
    }

    std::unique_ptr<detail::background_thread> thread_;
    std::shared_ptr<detail::pool_state<Driver>> state_;
};

}  // namespace podpool
