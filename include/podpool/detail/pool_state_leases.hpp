// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/pool_state.hpp>

namespace podpool::detail {

template <driver Driver>
auto pool_state<Driver>::try_acquire(std::source_location site) -> cell* {
    answer_wait only_looks;
    return try_take([](core::machine& machine, core::time_point now) { return machine.try_acquire(now); },
                    site, only_looks);
}

template <driver Driver>
auto pool_state<Driver>::try_acquire(role wanted, std::source_location site) -> cell* {
    answer_wait only_looks;
    return try_take(
        [wanted](core::machine& machine, core::time_point now) { return machine.try_acquire(now, wanted); },
        site, only_looks);
}

template <driver Driver>
template <class Take>
auto pool_state<Driver>::try_take(Take take, std::source_location site, answer_wait& may_wait) -> cell* {
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
        if (!make_ready(*leased, granted.verify, may_wait)) continue;
        if (granted.timed) start_timing(*leased);
        return leased;
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

/// Whether a leased connection may be handed to its caller; one that may not has been given back.
template <driver Driver>
bool pool_state<Driver>::make_ready(cell& leased, bool verify, answer_wait& may_wait) {
    if (leased.unanswered) [[unlikely]]
        return read_answer(leased, may_wait);
    if (!verify || driver_->is_alive(*leased.connection)) return true;
    report_lost(leased);
    return false;
}

/// Reads the answer to the reset that was sent when the connection's last lease ended.
template <driver Driver>
bool pool_state<Driver>::read_answer(cell& leased, answer_wait& may_wait) {
    reset_answer answer;
    if constexpr (reset_sending_driver<Driver>) {
        answer = driver_->read_reset_answer(*leased.connection, to_steady(may_wait.until()));
    }
    leased.unanswered = false;
    const bool good = !answer.late && !answer.why;
    const role told = good ? role_of(*leased.connection) : role::unknown;
    if (good && told == leased.told) return true;
    if (!good) leased.timed_since = {};
    lock held(mutex_);
    if (good) {
        note_role(leased, told, clock_now());
    } else if (answer.late && may_wait.waits()) {
        machine_.answer_is_late(leased.slot, clock_now());
    } else {
        machine_.released(leased.slot, answer.why, answer.late, clock_now());
    }
    dispatch(held);
    return good;
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
    answer_wait may_wait(timeout);
    const auto take = [](core::machine& machine, core::time_point now) { return machine.try_acquire(now); };
    if (cell* const found = try_take(take, site, may_wait)) return found;
    return wait_for(role::any, may_wait.deadline(), site);
}

template <driver Driver>
auto pool_state<Driver>::acquire(role wanted, std::chrono::nanoseconds timeout, std::source_location site)
    -> cell* {
    answer_wait may_wait(timeout);
    const auto take = [wanted](core::machine& machine, core::time_point now) {
        return machine.try_acquire(now, wanted);
    };
    if (cell* const found = try_take(take, site, may_wait)) return found;
    return wait_for(wanted, may_wait.deadline(), site);
}

template <driver Driver>
auto pool_state<Driver>::wait_for(role wanted, core::time_point deadline, std::source_location site)
    -> cell* {
    // A caller whose connection failed its reset waits again, before all others.
    for (core::queue_end end = core::queue_end::back;; end = core::queue_end::front) {
        blocking_waiter<Driver> queued;
        queued.wanted = wanted;
        queued.site = site;
        const auto [error, found] = acquire_or_queue(queued, deadline, end, [](core::waiter_id) {});
        if (found != nullptr) return found;
        if (error) throw make_error(error, wanted);
        if (!queued.wait_until(deadline)) {
            // The machine decides whether we were served or came too late; either way it answers.
            on_event([](core::machine& machine, core::time_point now) { machine.tick(now); });
            queued.wait();
        }
        if (queued.error()) throw make_error(queued.error(), wanted);
        answer_wait may_wait(deadline);
        // The thread that served this caller has looked at the socket.
        if (make_ready(*queued.cell(), false, may_wait)) return queued.cell();
    }
}

template <driver Driver>
template <class Install>
auto pool_state<Driver>::acquire_or_queue(waiter<Driver>& queued, core::time_point deadline,
                                          core::queue_end end, Install install)
    -> std::pair<boost::system::error_code, cell*> {
    if (in_child()) return {make_error_code(errc::forked), nullptr};
    queued.deadline = deadline;
    answer_wait may_wait = queued.blocks() ? answer_wait(deadline) : answer_wait();
    for (;; end = core::queue_end::front) {
        lock held(mutex_);
        const core::acquire_result result =
            machine_.acquire(clock_now(), deadline, queued.cookie(), end, queued.wanted);
        cell* const leased = lease_of(result.granted, queued.site);
        if (leased == nullptr && !result.refused) install(queued.id = result.waiter);
        dispatch(held);
        if (result.refused) return {make_error_code(*result.refused), nullptr};
        if (leased == nullptr) return {};
        if (!make_ready(*leased, result.granted.verify, may_wait)) continue;
        start_timing(*leased);
        return {{}, leased};
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

/// Sends the reset that a lease asks for, where the driver can; its answer is the next user's.
template <driver Driver>
bool pool_state<Driver>::send_reset(cell& returned, const return_state& state) noexcept {
    if constexpr (reset_sending_driver<Driver>) {
        const bool healthy = !state.why || state.why.kind == failure_kind::server_error;
        if (healthy && !state.oversized && !state.replace) {
            return driver_->send_reset(*returned.connection, settings_.reset);
        }
    }
    return false;
}

template <driver Driver>
void pool_state<Driver>::give_back(cell& returned, bool discard) noexcept {
    // The connection is the parent's, who goes on using it.
    if (in_child()) [[unlikely]]
        return;
    return_state state = driver_->inspect(*returned.connection, settings_.reset);
    const bool sent = !discard && state.needs_reset && send_reset(returned, state);
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
    } else if (sent) {
        machine_.released_unanswered(returned.slot, now);
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
