// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/pool_state.hpp>

namespace podpool::detail {

template <driver Driver>
auto pool_state<Driver>::try_acquire(std::source_location site) -> cell* {
    return try_take([](core::machine& machine, core::time_point now) { return machine.try_acquire(now); },
                    site);
}

template <driver Driver>
auto pool_state<Driver>::try_acquire(role wanted, std::source_location site) -> cell* {
    return try_take(
        [wanted](core::machine& machine, core::time_point now) { return machine.try_acquire(now, wanted); },
        site);
}

template <driver Driver>
template <class Take>
auto pool_state<Driver>::try_take(Take take, std::source_location site) -> cell* {
    // Before the mutex, which another thread may have held when this process was copied.
    if (in_child()) [[unlikely]]
        return nullptr;
    for (;;) {
        const core::time_point now = coarse_clock_now();
        lock held(mutex_);
        const core::grant granted = take(machine_, now);
        cell* const leased = lease_of(granted, site);
        if (machine_.has_news()) [[unlikely]] {
            dispatch(held);
        } else {
            held.unlock();
        }
        if (leased == nullptr) return nullptr;
        if (granted.timed) start_timing(*leased);
        if (usable(*leased, granted.verify)) return leased;
        report_lost(*leased);
    }
}

template <driver Driver>
void pool_state<Driver>::start_timing(cell& leased) noexcept {
    leased.timed_since = clock_now();
}

/// Passes on what a connection's server has told of itself.
template <driver Driver>
void pool_state<Driver>::note_role(cell& seen, role told, core::time_point now) {
    if (told == role::unknown) return;
    seen.told = told;
    machine_.role_seen(seen.slot, told, now);
}

/// Whether a leased connection may be handed to its caller.
template <driver Driver>
bool pool_state<Driver>::usable(cell& leased, bool verify) {
    return !verify || driver_->is_alive(*leased.connection);
}

/// Gives back a connection that was found dead before its caller saw it.
template <driver Driver>
void pool_state<Driver>::report_lost(cell& lost) {
    lost.timed_since = {};
    // It may have said that it shuts down.
    failure why = driver_->inspect(*lost.connection, settings_.reset).why;
    if (!why) why = failure(failure_kind::connection_lost, "the server closed the idle connection");
    lock held(mutex_);
    machine_.released(lost.slot, why, false, clock_now());
    dispatch(held);
}

template <driver Driver>
auto pool_state<Driver>::acquire(std::chrono::nanoseconds timeout, std::source_location site) -> cell* {
    if (cell* const found = try_acquire(site)) return found;
    return wait_for(role::any, timeout, site);
}

template <driver Driver>
auto pool_state<Driver>::acquire(role wanted, std::chrono::nanoseconds timeout, std::source_location site)
    -> cell* {
    if (cell* const found = try_acquire(wanted, site)) return found;
    return wait_for(wanted, timeout, site);
}

template <driver Driver>
auto pool_state<Driver>::wait_for(role wanted, std::chrono::nanoseconds timeout, std::source_location site)
    -> cell* {
    const core::time_point deadline = core::later(clock_now(), timeout);
    blocking_waiter<Driver> queued;
    queued.wanted = wanted;
    queued.site = site;
    const auto [error, found] = acquire_or_queue(queued, deadline, [](core::waiter_id) {});
    if (found != nullptr) return found;
    if (error) throw make_error(error, wanted);
    if (!queued.wait_until(deadline)) {
        // The machine decides whether we were served or came too late; either way it answers.
        on_event([](core::machine& machine, core::time_point now) { machine.tick(now); });
        queued.wait();
    }
    if (queued.error()) throw make_error(queued.error(), wanted);
    return queued.cell();
}

template <driver Driver>
template <class Install>
auto pool_state<Driver>::acquire_or_queue(waiter<Driver>& queued, core::time_point deadline, Install install)
    -> std::pair<boost::system::error_code, cell*> {
    if (in_child()) return {make_error_code(errc::forked), nullptr};
    queued.deadline = deadline;
    for (;;) {
        lock held(mutex_);
        const core::acquire_result result =
            machine_.acquire(clock_now(), deadline, queued.cookie(), core::queue_end::back, queued.wanted);
        cell* const leased = lease_of(result.granted, queued.site);
        if (leased == nullptr && !result.refused) install(queued.id = result.waiter);
        dispatch(held);
        if (result.refused) return {make_error_code(*result.refused), nullptr};
        if (leased == nullptr) return {};
        start_timing(*leased);
        if (usable(*leased, result.granted.verify)) return {{}, leased};
        report_lost(*leased);
    }
}

template <driver Driver>
bool pool_state<Driver>::cancel(core::waiter_id id) {
    const lock held(mutex_);
    if (machine_.cancel(id)) return true;
    const auto returning = find_returning(id);
    if (returning == returning_.end()) return false;
    if (machine_.cancel(returning->now)) {
        returning_.erase(returning);
        return true;
    }
    returning->cancelled = true;
    return false;
}

template <driver Driver>
void pool_state<Driver>::wait_until_ready(std::chrono::nanoseconds timeout) {
    refuse_child();
    const core::time_point deadline = core::later(clock_now(), timeout);
    blocking_waiter<Driver> queued;
    queue_until_ready(queued, deadline, [](std::uint64_t) {});
    if (!queued.wait_until(deadline)) {
        on_event([](core::machine& machine, core::time_point now) { machine.tick(now); });
        queued.wait();
    }
    if (queued.error()) throw make_error(queued.error());
}

template <driver Driver>
template <class Install>
void pool_state<Driver>::queue_until_ready(waiter<Driver>& queued, core::time_point deadline,
                                           Install install) {
    lock held(mutex_);
    install(machine_.await_ready(clock_now(), deadline, queued.cookie()));
    dispatch(held);
}

template <driver Driver>
bool pool_state<Driver>::cancel_ready(std::uint64_t number) {
    lock held(mutex_);
    const bool withdrawn = machine_.cancel_ready(number, clock_now());
    dispatch(held);
    return withdrawn;
}

template <driver Driver>
void pool_state<Driver>::give_back(cell& returned, bool discard) noexcept {
    // The connection is the parent's, who goes on using it.
    if (in_child()) [[unlikely]]
        return;
    return_state state = driver_->inspect(*returned.connection, settings_.reset);
    const bool timed = returned.timed_since != core::time_point{};
    // Whether a sibling was seen before or after a failure is a question of less than a tick.
    const bool precise = timed || state.why;
    core::time_point now = precise ? clock_now() : coarse_clock_now();
    lock held(mutex_);
    // It ends somebody's wait, which is measured, and which began by the precise clock.
    if (!precise && machine_.waiting() > 0) now = clock_now();
    if (timed) machine_.note_use_time(now - std::exchange(returned.timed_since, {}));
    // Only what this connection tells anew: an old answer may be older than a sibling's.
    if (state.role != returned.told) [[unlikely]]
        note_role(returned, state.role, now);
    if (state.role_doubtful) [[unlikely]]
        machine_.role_doubted(returned.slot, now);
    if (state.why.kind == failure_kind::server_error) [[unlikely]] {
        machine_.statement_failed(returned.slot, std::exchange(state.why, {}), now);
    } else if (machine_.any_errors() && state.served) [[unlikely]] {
        machine_.statement_served(returned.slot, now);
    }
    if (discard) {
        machine_.discarded(returned.slot, now);
    } else if (state.oversized && !state.why) {
        machine_.discarded(returned.slot, now, close_reason::oversized);
    } else if (state.replace && !state.why) {
        machine_.replaced(returned.slot, now);
    } else {
        machine_.released(returned.slot, state.why, state.needs_reset, now);
    }
    if (machine_.has_news() || self_) [[unlikely]] {
        // The pool object, or the last lease on another thread, may go while this thread acts.
        const auto hold = this->shared_from_this();
        dispatch(held);
    }
}

}  // namespace podpool::detail
