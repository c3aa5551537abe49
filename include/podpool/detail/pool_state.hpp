// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/machine.hpp>
#include <podpool/detail/adaptive_mutex.hpp>
#include <podpool/detail/answer_wait.hpp>
#include <podpool/detail/clock.hpp>
#include <podpool/detail/close_waiter.hpp>
#include <podpool/detail/describe_failure.hpp>
#include <podpool/detail/explain.hpp>
#include <podpool/detail/fork_guard.hpp>
#include <podpool/detail/operation.hpp>
#include <podpool/detail/to_do_list.hpp>
#include <podpool/detail/waiter.hpp>
#include <podpool/driver.hpp>
#include <podpool/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <random>
#include <source_location>
#include <utility>
#include <vector>

namespace podpool::detail {

/// One connection as the runtime holds it; its slot in the machine says who may touch it.
template <class Driver>
struct connection_cell {
    core::slot_id slot = core::none;
    std::unique_ptr<typename Driver::connection> connection;
    endpoint where;
    role told = role::unknown;                  // what its server last told of itself
    std::shared_ptr<operation> under_way;       // opening, resetting or checking
    std::shared_ptr<connection_strand> strand;  // of the connection
    core::time_point timed_since;               // the lease is timed; zero: it isn't
    bool unanswered = false;                    // leased: the answer to its reset is to be read first
    std::source_location acquired_at;           // of the lease; guarded by the pool's mutex
};

/// What a pool, its leases and its operations share: the machine behind a mutex, and the arms that do
/// what the machine says. Everything that isn't the hot path goes through dispatch().
template <driver Driver>
class pool_state : public std::enable_shared_from_this<pool_state<Driver>> {
public:
    using cell = connection_cell<Driver>;
    using connection = typename Driver::connection;

    /// `context`, if any, is kept for as long as this state: the pool's own thread runs it.
    pool_state(std::shared_ptr<boost::asio::io_context> context, boost::asio::any_io_executor executor,
               const options& settings, std::unique_ptr<Driver> driver);

    /// Begins discovery; apart from the constructor since it needs shared_from_this().
    void start();

    // --- Leases ---

    /// An idle connection that is alive, or null. The hot path.
    cell* try_acquire(std::source_location site);
    /// The same of an endpoint with this role.
    cell* try_acquire(role wanted, std::source_location site);
    /// Waits for a connection; throws podpool::error.
    cell* acquire(std::chrono::nanoseconds timeout, std::source_location site);
    cell* acquire(role wanted, std::chrono::nanoseconds timeout, std::source_location site);
    /// Queues `queued` at `end` unless a connection is there at once; then, or on a refusal, returns it.
    /// `install(id)` is called while the waiter can't yet be served.
    template <class Install>
    std::pair<boost::system::error_code, cell*> acquire_or_queue(waiter<Driver>& queued,
                                                                 core::time_point deadline,
                                                                 core::queue_end end, Install install);
    /// Takes a waiter out of the queue; false if it is being served.
    bool cancel(core::waiter_id id);
    /// Waits for the pool to be ready; throws podpool::error.
    void wait_until_ready(std::chrono::nanoseconds timeout);
    /// Lets `queued` wait for that; `install(number)` is called before it can be answered.
    template <class Install>
    void queue_until_ready(waiter<Driver>& queued, core::time_point deadline, Install install);
    /// Takes such a waiter back; false if it is being answered.
    bool cancel_ready(std::uint64_t number);
    /// Takes a lease back; never throws.
    void give_back(cell& returned, bool discard) noexcept;

    // --- Orders ---

    [[nodiscard]] stats snapshot();
    void resize(std::size_t max_conns);
    void refresh() {
        if (!in_child()) source_->refresh();
    }
    void retire_all() {
        if (!in_child()) on_event([](core::machine& of, core::time_point now) { of.retire_all(now); });
    }
    void renew_all() {
        if (!in_child()) on_event([](core::machine& of, core::time_point now) { of.renew_all(now); });
    }
    void close();
    /// close(), then waits until nothing is left, at most `timeout`; whether nothing is.
    bool close(std::chrono::nanoseconds timeout);
    void on_closed(std::unique_ptr<close_waiter> waiting);
    /// The pool object goes: leases that are still out keep this state alive.
    void abandon();
    /// Waits until no thread is about to post something to the executor.
    void wait_for_dispatchers() const noexcept;

    [[nodiscard]] const boost::asio::any_io_executor& executor() const noexcept { return executor_; }
    [[nodiscard]] const options& settings() const noexcept { return settings_; }
    /// Whether this process is a child that fork() has made of the pool's.
    [[nodiscard]] bool in_child() const noexcept { return fork_guard_.in_child(); }
    [[nodiscard]] error make_error(boost::system::error_code code, role wanted = role::any);
    /// Throws podpool::error (errc::forked) in a child that fork() has made since.
    void refuse_child() {
        if (in_child()) [[unlikely]]
            throw make_error(make_error_code(errc::forked));
    }

private:
    using lock = std::unique_lock<adaptive_mutex>;
    static constexpr bool tells_roles = driver_with_roles<Driver>;

    /// A waiter whose connection must be looked at, and may be dead: then it waits again, under another
    /// number, while its cancellation knows only the first one.
    struct returning_waiter {
        core::waiter_id first;
        core::waiter_id now;
        bool cancelled = false;
    };

    // The hot path's clock may lag a kernel tick behind; what it decides by are ends of minutes.
    cell* lease_of(core::grant granted, std::source_location site) {
        if (!granted) return nullptr;
        cell* const leased = cells_[granted.slot].get();
        leased->acquired_at = site;
        leased->unanswered = granted.unanswered;
        return leased;
    }
    /// An idle connection that `take(machine, now)` chooses; `may_wait(timeout)`: for the answer to its
    /// reset.
    template <class Take>
    cell* try_take(Take take, std::source_location site, answer_wait& may_wait);
    cell* wait_for(role wanted, core::time_point deadline, std::source_location site);
    void start_timing(cell& leased) noexcept;
    void note_role(cell& seen, role told, core::time_point now);
    bool make_ready(cell& leased, bool verify, answer_wait& may_wait);
    bool read_answer(cell& leased, answer_wait& may_wait);
    void report_lost(cell& lost);
    bool send_reset(cell& returned, const return_state& state) noexcept;

    /// Runs `event(machine, now)` under the mutex, then does what follows from it.
    template <class Event>
    void on_event(Event event);
    /// Does what the machine has asked for; unlocks.
    void dispatch(lock& held);
    void perform(const core::action& todo, cell* granted, bool closing);
    void serve(const core::action& todo, cell* leased);
    void note_verified(waiter<Driver>& served);
    bool note_requeued(const waiter<Driver>& queued, core::waiter_id id);
    auto find_returning(core::waiter_id first) {
        return std::find_if(returning_.begin(), returning_.end(),
                            [first](const returning_waiter& each) { return each.first == first; });
    }
    void complete(waiter<Driver>& served, boost::system::error_code error, cell* leased);
    void open(core::slot_id slot);
    void opened(cell& fresh, std::unique_ptr<connection> made, const failure& why);
    void maintain(core::slot_id slot, bool reset);
    void close_socket(core::slot_id slot, bool closing);
    void abort(core::slot_id slot);
    void report(core::slot_id slot);
    [[nodiscard]] held_lease held(const cell& leased, core::time_point now) const;
    cell& cell_at(core::slot_id slot);
    void arm_timer();
    static options checked(options settings);
    static role_policy roles_of(const Driver& driver) noexcept;
    static role role_of(const connection& seen) noexcept;
    const options& resolved();

    std::shared_ptr<boost::asio::io_context> context_;  // outlives every socket below
    boost::asio::any_io_executor executor_;
    options settings_;
    std::unique_ptr<Driver> driver_;
    fork_guard fork_guard_;
    std::unique_ptr<discovery_source> source_;
    boost::asio::strand<boost::asio::any_io_executor> timer_strand_;
    boost::asio::steady_timer timer_;

    alignas(64) adaptive_mutex mutex_;
    core::machine machine_;  // guarded by mutex_
    std::vector<std::unique_ptr<cell>>
        cells_;  // the vector is guarded by mutex_; a cell by its slot's status
    core::time_point armed_for_ = core::never;  // guarded by mutex_: what timer_ is or will be set to
    std::vector<std::unique_ptr<close_waiter>> close_waiters_;  // guarded by mutex_
    std::vector<returning_waiter> returning_;                   // guarded by mutex_
    std::shared_ptr<pool_state> self_;  // guarded by mutex_: set while only leases keep this alive
    std::atomic<int> dispatchers_{0};   // threads between a change and what follows from it
};

}  // namespace podpool::detail

#include <podpool/detail/pool_state_arms.hpp>
#include <podpool/detail/pool_state_leases.hpp>
