// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/pool_state.hpp>
#include <podpool/detail/zone_words.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <thread>
#include <variant>

namespace podpool::detail {

template <driver Driver>
pool_state<Driver>::pool_state(std::shared_ptr<boost::asio::io_context> context,
                               boost::asio::any_io_executor executor, const options& settings,
                               std::unique_ptr<Driver> driver)
    : context_(std::move(context)),
      executor_(std::move(executor)),
      settings_(checked(settings)),
      driver_(driver ? std::move(driver) : std::make_unique<Driver>(settings_)),
      timer_strand_(executor_),
      timer_(timer_strand_),
      machine_(resolved(), (std::uint64_t{std::random_device{}()} << 32U) ^ std::random_device{}(),
               clock_now(), roles_of(*driver_)) {}

/// A driver that knows no roles has no servers of any.
template <driver Driver>
role_policy pool_state<Driver>::roles_of(const Driver& driver) noexcept {
    if constexpr (driver_with_roles<Driver>) {
        return driver.roles();
    } else {
        return {false, false, false};
    }
}

template <driver Driver>
role pool_state<Driver>::role_of(const connection& seen) noexcept {
    if constexpr (driver_with_roles<Driver>) {
        return seen.role();
    } else {
        return role::unknown;
    }
}

template <driver Driver>
options pool_state<Driver>::checked(options settings) {
    settings.validate();
    return settings;
}

template <driver Driver>
const options& pool_state<Driver>::resolved() {
    if (settings_.name.empty()) settings_.name = driver_->label();
    settings_.zone = first_zone(settings_.zone);
    return settings_;
}

template <driver Driver>
void pool_state<Driver>::start() {
    source_ = driver_->discover(executor_);
    source_->start([weak = this->weak_from_this()](discovery_update update) {
        const auto self = weak.lock();
        if (!self) return;
        self->on_event([&update](core::machine& machine, core::time_point now) {
            if (const auto* answer = std::get_if<endpoint_set>(&update)) {
                machine.discovered(*answer, now);
            } else {
                machine.discovery_failed(std::get<discovery_error>(update).message, now);
            }
        });
    });
    on_event([](core::machine& machine, core::time_point now) { machine.tick(now); });
}

template <driver Driver>
template <class Event>
void pool_state<Driver>::on_event(Event event) {
    lock held(mutex_);
    event(machine_, clock_now());
    dispatch(held);
}

template <driver Driver>
void pool_state<Driver>::dispatch(lock& held) {
    to_do_list<cell> todo;
    for (const core::action& each : machine_.pending_actions()) {
        if (each.kind == core::action_kind::abort) {
            // Before anybody else can end an operation and begin another one on its slot.
            abort(each.slot);
        } else if (each.kind == core::action_kind::grant) {
            todo.add(each, cells_[each.slot].get());
            waiter<Driver>& served = waiter<Driver>::from(each.cookie);
            cells_[each.slot]->acquired_at = served.site;
            cells_[each.slot]->unanswered = each.unanswered;
            if (each.verify || (each.unanswered && !served.blocks())) note_verified(served);
        } else {
            todo.add(each, nullptr);
        }
    }
    machine_.drop_actions();
    const bool closing = machine_.closing();
    const core::time_point deadline = machine_.next_deadline();
    const bool rearm = !closing && deadline < armed_for_;
    if (rearm) armed_for_ = deadline;
    // The last lease is back and the pool object is gone: this call is the last to keep this state.
    std::shared_ptr<pool_state> last_hold;
    const auto& totals = machine_.connections().totals();
    if (self_ && totals.active + totals.draining == 0) last_hold = std::move(self_);
    // The last socket is closed: whoever waits for that is told.
    std::vector<std::unique_ptr<close_waiter>> closed;
    if (machine_.finished()) closed.swap(close_waiters_);
    if (todo.empty() && !rearm && closed.empty()) return held.unlock();
    dispatchers_.fetch_add(1, std::memory_order_relaxed);
    held.unlock();
    todo.for_each([&](const core::action& each, cell* granted) { perform(each, granted, closing); });
    for (const auto& waiting : closed) waiting->complete({});
    if (rearm) {
        boost::asio::post(timer_strand_, [self = this->shared_from_this()] { self->arm_timer(); });
    }
    dispatchers_.fetch_sub(1, std::memory_order_release);
}

template <driver Driver>
void pool_state<Driver>::perform(const core::action& todo, cell* granted, bool closing) {
    switch (todo.kind) {
        case core::action_kind::open:
            // Posted, so that an opening whose demand is gone by then never starts.
            boost::asio::post(executor_,
                              [self = this->shared_from_this(), slot = todo.slot] { self->open(slot); });
            break;
        case core::action_kind::abort:
            break;  // done under the mutex
        case core::action_kind::reset:
            maintain(todo.slot, true);
            break;
        case core::action_kind::check:
            maintain(todo.slot, false);
            break;
        case core::action_kind::close:
            close_socket(todo.slot, closing);
            break;
        case core::action_kind::grant:
            serve(todo, granted);
            break;
        case core::action_kind::refuse:
            complete(waiter<Driver>::from(todo.cookie), make_error_code(todo.reason), nullptr);
            break;
        case core::action_kind::ready:
            waiter<Driver>::from(todo.cookie).complete({}, nullptr);
            break;
        case core::action_kind::report:
            report(todo.slot);
            break;
        case core::action_kind::refresh:
            source_->refresh();
            break;
    }
}

/// Gives a connection to a waiter; if it turns out dead, the waiter goes back to the head of the queue.
template <driver Driver>
void pool_state<Driver>::serve(const core::action& todo, cell* leased) {
    waiter<Driver>& served = waiter<Driver>::from(todo.cookie);
    answer_wait only_looks;
    for (bool verify = todo.verify;;) {
        // A thread reads the answer to a reset itself.
        const bool left_to_it = leased->unanswered && served.blocks();
        if (left_to_it || make_ready(*leased, verify, only_looks)) {
            start_timing(*leased);
            return complete(served, {}, leased);
        }
        lock held(mutex_);
        const core::acquire_result again = machine_.acquire(clock_now(), served.deadline, todo.cookie,
                                                            core::queue_end::front, served.wanted);
        leased = lease_of(again.granted, served.site);
        const bool gave_up = !again.granted && !again.refused && note_requeued(served, again.waiter);
        dispatch(held);
        if (gave_up) return complete(served, boost::asio::error::operation_aborted, nullptr);
        if (again.refused) return complete(served, make_error_code(*again.refused), nullptr);
        if (!again.granted) return;
        verify = again.granted.verify;
    }
}

/// Remembers a waiter that has left the queue and may have to wait again, before it can be cancelled.
template <driver Driver>
void pool_state<Driver>::note_verified(waiter<Driver>& served) {
    if (!std::exchange(served.verified, true)) returning_.push_back({served.id, {}, false});
}

/// Remembers under which number a waiter waits again; true if it was cancelled meanwhile.
template <driver Driver>
bool pool_state<Driver>::note_requeued(const waiter<Driver>& queued, core::waiter_id id) {
    const auto noted = find_returning(queued.id);
    noted->now = id;
    return noted->cancelled && machine_.cancel(id);
}

/// Answers a waiter that has left the queue for good.
template <driver Driver>
void pool_state<Driver>::complete(waiter<Driver>& served, boost::system::error_code error, cell* leased) {
    if (served.verified) [[unlikely]] {
        const lock held(mutex_);
        returning_.erase(find_returning(served.id));
    }
    served.complete(error, leased);
}

template <driver Driver>
auto pool_state<Driver>::cell_at(core::slot_id slot) -> cell& {
    if (slot >= cells_.size()) cells_.resize(slot + 1);
    if (!cells_[slot]) {
        cells_[slot] = std::make_unique<cell>();
        cells_[slot]->slot = slot;
    }
    return *cells_[slot];
}

template <driver Driver>
void pool_state<Driver>::open(core::slot_id slot) {
    lock held(mutex_);
    const endpoint_info* const wanted = machine_.begin_open(slot, clock_now());
    if (wanted == nullptr) return dispatch(held);
    const auto where = std::make_shared<const endpoint_info>(*wanted);
    cell& fresh = cell_at(slot);
    fresh.where = where->where;
    fresh.strand = std::make_shared<connection_strand>(boost::asio::make_strand(executor_));
    fresh.under_way = std::make_shared<operation>(*fresh.strand);
    const auto opening = fresh.under_way;
    dispatch(held);

    struct outcome {
        std::unique_ptr<connection> made;
        failure why;
    };
    const auto result = std::make_shared<outcome>();
    const auto attempt = [](std::shared_ptr<pool_state> self, std::shared_ptr<const endpoint_info> target,
                            std::shared_ptr<outcome> into) -> boost::asio::awaitable<void> {
        open_result<connection> answer = co_await self->driver_->open(*target);
        into->made = std::move(answer.connection);
        into->why = std::move(answer.why);
    };
    opening->run(
        settings_.connect_timeout,
        [self = this->shared_from_this(), attempt, where, result] { return attempt(self, where, result); },
        [self = this->shared_from_this(), &fresh, result](const std::exception_ptr& error, bool timed_out) {
            if (timed_out) {
                result->made.reset();
                result->why = failure(failure_kind::endpoint_down,
                                      "no connection within pool_connect_timeout (" +
                                          rough_duration_text(self->settings_.connect_timeout) + ")");
            } else if (error && !result->why) {
                result->why = describe(error, failure_kind::endpoint_down);
            }
            self->opened(fresh, std::move(result->made), result->why);
        });
}

template <driver Driver>
void pool_state<Driver>::opened(cell& fresh, std::unique_ptr<connection> made, const failure& why) {
    lock held(mutex_);
    fresh.under_way.reset();
    fresh.connection = std::move(made);
    if (fresh.connection) {
        fresh.told = role_of(*fresh.connection);
        machine_.opened(fresh.slot, clock_now(), fresh.told);
    } else {
        fresh.strand.reset();
        machine_.open_failed(fresh.slot, why, clock_now());
    }
    dispatch(held);
}

/// Resets or checks a connection that nobody uses.
template <driver Driver>
void pool_state<Driver>::maintain(core::slot_id slot, bool reset) {
    lock held(mutex_);
    cell& kept = *cells_[slot];
    if (machine_.connections()[slot].doomed) {
        machine_.maintained(slot, {}, clock_now());
        return dispatch(held);
    }
    const auto work = std::make_shared<operation>(*kept.strand);
    kept.under_way = work;
    held.unlock();

    const auto answer = std::make_shared<ping_result>(failure());
    const auto ask = [](std::shared_ptr<pool_state> self, connection& asked, bool wants_reset,
                        std::shared_ptr<ping_result> into) -> boost::asio::awaitable<void> {
        // Statements of their own, since GCC 12 destroys what `a ? co_await b : co_await c` yields twice.
        if (wants_reset) {
            into->why = co_await self->driver_->reset(asked, self->settings_.reset);
            co_return;
        }
        if constexpr (counting_driver<Driver>) {
            if (self->settings_.server_totals) {
                *into = co_await self->driver_->ping_and_count(asked);
                co_return;
            }
        }
        into->why = co_await self->driver_->ping(asked);
    };
    work->run(
        settings_.connect_timeout,
        [self = this->shared_from_this(), ask, &kept, reset, answer] {
            return ask(self, *kept.connection, reset, answer);
        },
        [self = this->shared_from_this(), &kept, reset, answer](const std::exception_ptr& error,
                                                                bool timed_out) {
            failure& why = answer->why;
            const std::string what = reset ? "reset" : "check";
            if (timed_out) {
                // A server that is silent to a mere sign of life is down; a long reset may have reasons.
                why = failure(reset ? failure_kind::connection_lost : failure_kind::endpoint_down,
                              "no answer to a " + what + " within " +
                                  rough_duration_text(self->settings_.connect_timeout));
            } else if (error && !why) {
                why = describe(error, failure_kind::connection_lost);
            }
            const role told = role_of(*kept.connection);
            lock again(self->mutex_);
            kept.under_way.reset();
            // A check has just asked; what a reset says may be older than what a sibling said.
            if (!why && (!reset || told != kept.told)) self->note_role(kept, told, clock_now());
            if (!why && answer->sessions) {
                self->machine_.reported(kept.slot, *answer->sessions, clock_now());
            }
            self->machine_.maintained(kept.slot, why, clock_now());
            self->dispatch(again);
        });
}

/// Closes a socket: on the executor, or at once when the pool is closing, since its thread may be gone.
template <driver Driver>
void pool_state<Driver>::close_socket(core::slot_id slot, bool closing) {
    auto close_now = [self = this->shared_from_this(), slot] {
        lock held(self->mutex_);
        cell& gone = *self->cells_[slot];
        held.unlock();
        gone.connection.reset();
        gone.strand.reset();
        held.lock();
        self->machine_.closed(slot, clock_now());
        self->dispatch(held);
    };
    if (closing) {
        close_now();
    } else {
        boost::asio::post(executor_, std::move(close_now));
    }
}

template <driver Driver>
void pool_state<Driver>::abort(core::slot_id slot) {
    // One that hasn't begun has no operation yet: open() or maintain() will find it doomed.
    if (slot < cells_.size() && cells_[slot] && cells_[slot]->under_way) cells_[slot]->under_way->abort();
}

template <driver Driver>
held_lease pool_state<Driver>::held(const cell& leased, core::time_point now) const {
    return {leased.where, now - machine_.connections()[leased.slot].since, leased.acquired_at};
}

/// Tells the user of a lease that is out for long, unless it has just come back.
template <driver Driver>
void pool_state<Driver>::report(core::slot_id slot) {
    if (!settings_.on_leak) return;
    lock guard(mutex_);
    const core::slot& leased = machine_.connections()[slot];
    if (leased.status != core::slot_status::leased || leased.reported_since != leased.since) return;
    held_lease found = held(*cells_[slot], clock_now());
    guard.unlock();
    boost::asio::post(executor_, [self = this->shared_from_this(), found = std::move(found)] {
        self->settings_.on_leak(found);
    });
}

template <driver Driver>
void pool_state<Driver>::arm_timer() {
    lock held(mutex_);
    if (machine_.closing()) {
        held.unlock();
        timer_.cancel();
        return;
    }
    const core::time_point deadline = machine_.next_deadline();
    armed_for_ = deadline;
    held.unlock();
    if (deadline == core::never) return;
    timer_.expires_at(to_steady(deadline));
    timer_.async_wait([weak = this->weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (error || !self) return;
        self->on_event([&self](core::machine& machine, core::time_point now) {
            machine.tick(now);
            self->armed_for_ = core::never;
        });
    });
}

template <driver Driver>
stats pool_state<Driver>::snapshot() {
    if (in_child()) {
        stats nothing;
        nothing.name = settings_.name;
        return nothing;
    }
    const lock guard(mutex_);
    const core::time_point now = clock_now();
    stats figures = machine_.snapshot(now);
    for (core::slot_id slot = 0; slot < machine_.connections().size(); ++slot) {
        const core::slot& leased = machine_.connections()[slot];
        const bool overdue = settings_.leak_threshold && leased.status == core::slot_status::leased &&
                             now - leased.since >= *settings_.leak_threshold;
        if (overdue) figures.overdue.push_back(held(*cells_[slot], now));
    }
    return figures;
}

template <driver Driver>
error pool_state<Driver>::make_error(boost::system::error_code code, role wanted) {
    const auto reason = static_cast<errc>(code.value());
    if (reason == errc::forked) return error(reason, explain_fork(settings_.name, fork_guard_.owner()));
    if (reason == errc::role_excluded)
        return error(reason, explain_exclusion(wanted, settings_.name, tells_roles));
    return error(reason, explain(reason, snapshot(), wanted));
}

template <driver Driver>
void pool_state<Driver>::resize(std::size_t max_conns) {
    // Only the size itself: the machine cuts minimum sizes above it.
    options size_only;
    size_only.max_conns = max_conns;
    size_only.validate();
    if (in_child()) return;
    on_event([max_conns](core::machine& machine, core::time_point now) { machine.resize(max_conns, now); });
}

template <driver Driver>
bool pool_state<Driver>::close(std::chrono::nanoseconds timeout) {
    if (in_child()) return false;
    const core::time_point deadline = core::later(clock_now(), timeout);
    close();
    const auto ended = std::make_shared<one_shot_event>();
    on_closed(std::make_unique<blocking_close_waiter>(ended));
    return ended->wait_until(deadline);
}

template <driver Driver>
void pool_state<Driver>::close() {
    if (in_child()) return;
    source_->stop();
    on_event([](core::machine& machine, core::time_point now) { machine.close(now); });
    // Wakes the timer's handler, which then finds the pool closed.
    boost::asio::post(timer_strand_, [self = this->shared_from_this()] { self->timer_.cancel(); });
}

template <driver Driver>
void pool_state<Driver>::on_closed(std::unique_ptr<close_waiter> waiting) {
    if (in_child()) return waiting->complete(make_error_code(errc::forked));
    lock held(mutex_);
    close_waiters_.push_back(std::move(waiting));
    dispatch(held);
}

template <driver Driver>
void pool_state<Driver>::abandon() {
    close();
    lock held(mutex_);
    const auto& totals = machine_.connections().totals();
    // Only leases need it: whatever else is under way holds this state itself.
    if (totals.active + totals.draining > 0) self_ = this->shared_from_this();
    // Nobody may be left to run their handlers when the last lease is back.
    const auto waiting = std::exchange(close_waiters_, {});
    held.unlock();
    for (const auto& waiter : waiting) waiter->complete(boost::asio::error::operation_aborted);
}

template <driver Driver>
void pool_state<Driver>::wait_for_dispatchers() const noexcept {
    while (dispatchers_.load(std::memory_order_acquire) != 0) std::this_thread::yield();
}

}  // namespace podpool::detail
