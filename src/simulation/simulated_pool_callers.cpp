// SPDX-License-Identifier: BSL-1.0
// The callers of a simulated pool: they ask, wait, hold, give back, give up.
#include "simulation/simulated_pool.hpp"

#include "simulation/world.hpp"

namespace podpool::simulation {

using core::queue_end;
using core::slot_id;
using namespace std::chrono_literals;

void simulated_pool::call(const caller_plan& plan, std::function<void()> when_done) {
    const std::size_t id = new_caller(plan);
    caller& asking = callers_[id];
    asking.deadline = core::later(now(), plan.timeout.value_or(settings_.acquire_timeout));
    asking.when_done = std::move(when_done);
    ++outcomes_.asked;
    ask(id, queue_end::back);
}

bool simulated_pool::try_call(const caller_plan& plan) {
    const core::grant given = machine_.try_acquire(now(), plan.wanted);
    if (given) {
        if (first_waiting(plan.wanted) != no_caller) broken("try_acquire() overtakes those who wait");
        const std::size_t id = new_caller(plan);
        callers_[id].deadline = now();
        ++outcomes_.asked;
        granted(id, given);
    }
    follow_up();
    return static_cast<bool>(given);
}

/// A place for one more caller: an hour of load has many, but few at once.
std::size_t simulated_pool::new_caller(const caller_plan& plan) {
    std::size_t id = callers_.size();
    if (gone_callers_.empty()) {
        callers_.emplace_back();
    } else {
        id = gone_callers_.back();
        gone_callers_.pop_back();
        callers_[id] = caller{};
    }
    callers_[id].plan = plan;
    callers_[id].since = now();
    return id;
}

void simulated_pool::ask(std::size_t id, queue_end end) {
    caller& asking = callers_[id];
    trace(end == queue_end::back ? "acquire" : "acquire again", id);
    const core::acquire_result result =
        machine_.acquire(now(), asking.deadline, static_cast<std::uintptr_t>(id), end, asking.plan.wanted);
    if (result.granted) {
        if (end == queue_end::back && first_waiting(asking.plan.wanted) != no_caller) {
            broken("a newcomer overtakes those who wait");
        }
        granted(id, result.granted);
    } else if (result.refused) {
        refused(id, *result.refused);
    } else {
        callers_[id].waiter = result.waiter;
        queue(id, end);
    }
    follow_up();
}

void simulated_pool::queue(std::size_t id, queue_end end) {
    caller& waiting = callers_[id];
    waiting.now = caller::stage::waiting;
    if (end == queue_end::front) returned_.push_back(id);
    places_[id] = queue_.insert(end == queue_end::back ? queue_.end() : queue_.begin(), id);
    if (waiting.overdue.number == 0 && waiting.deadline != core::never) {
        waiting.overdue =
            events().at(waiting.deadline + 1ms, [this] { broken("a waiter has no answer at its deadline"); });
    }
    if (waiting.plan.patience && waiting.give_up.number == 0) {
        waiting.give_up = events().after(waiting.plan.patience->draw(rng_), [this, id] {
            caller& leaving = callers_[id];
            if (leaving.now != caller::stage::waiting) return;
            trace("cancel", id);
            if (!machine_.cancel(leaving.waiter)) broken("a waiter can't be cancelled");
            leave_queue(id);
            ++outcomes_.cancelled;
            done(id);
            follow_up();
        });
    }
}

/// Who of those that want a role must be served first; no_caller: none of them waits.
std::size_t simulated_pool::first_waiting(role wanted) const {
    const auto first = std::find_if(queue_.begin(), queue_.end(), [this, wanted](std::size_t id) {
        return callers_[id].plan.wanted == wanted;
    });
    return first == queue_.end() ? no_caller : *first;
}

/// Whether a caller is served in its turn. Who came back to the head of the queue after the machine had
/// decided on this grant doesn't come before it.
bool simulated_pool::is_first(std::size_t id) const {
    for (const std::size_t waiting : queue_) {
        if (waiting == id) return true;
        const bool same_role = callers_[waiting].plan.wanted == callers_[id].plan.wanted;
        const bool came_back = std::find(returned_.begin(), returned_.end(), waiting) != returned_.end();
        if (same_role && !came_back) return false;
    }
    return false;
}

void simulated_pool::leave_queue(std::size_t id) {
    const auto place = places_.find(id);
    if (place == places_.end()) broken("an answer for somebody who doesn't wait");
    queue_.erase(place->second);
    places_.erase(place);
    callers_[id].now = caller::stage::asking;
}

/// A connection for a caller: after a look at the socket, or with the answer to its reset, as the runtime
/// does.
void simulated_pool::granted(std::size_t id, core::grant given) {
    check_grant(id, given);
    socket& handed = sockets_[given.slot];
    trace("grant", id, given.slot);
    if ((given.verify || given.unanswered) && !handed.established->alive) {
        const failure why(handed.lost_with, "the server closed the idle connection");
        note_failure(*handed.where, why);
        machine_.released(given.slot, why, false, now());
        return ask(id, queue_end::front);
    }
    hold(id, given);
}

void simulated_pool::hold(std::size_t id, core::grant given) {
    caller& holder = callers_[id];
    holder.now = caller::stage::holding;
    holder.slot = given.slot;
    holder.held_since = now();
    holder.timed = given.timed;
    events().cancel(holder.overdue);
    events().cancel(holder.give_up);
    socket& held = sockets_[given.slot];
    held.holder = id;
    held.established->leased = true;
    ++held.where->leases;
    ++outcomes_.served;
    outcomes_.wait.record(now() - holder.since);
    outcomes_.longest_wait = std::max(outcomes_.longest_wait, now() - holder.since);
    duration length = holder.plan.hold.draw(rng_);
    // The caller's own work begins when the reset is answered.
    if (given.unanswered) length += std::max(duration{0}, held.answered_at - now());
    if (!held.established->alive) {
        // Not noticed: the caller's first query fails.
        ++outcomes_.got_dead;
        length = 0ms;
    } else if (held.where->fails_statements) {
        length = held.where->answer_time.draw(rng_);
    }
    holder.hold_end = events().after(length, [this, id] { end_hold(id); });
}

void simulated_pool::end_hold(std::size_t id) {
    caller& holder = callers_[id];
    const socket& held = sockets_[holder.slot];
    if (!held.established->alive) return give_back(id, {held.lost_with, "the connection was lost"});
    if (held.where->mood != pod_mood::hangs) return give_back(id, {});
    // The server is silent: the statement waits until it answers again or the client has enough.
    const time_point limit = holder.held_since + holder.plan.statement_timeout;
    if (now() >= limit) {
        ++outcomes_.lost_in_use;
        return give_back(id, {failure_kind::connection_lost, "no answer to a statement"});
    }
    holder.hold_end = events().at(std::min(limit, now() + 50ms), [this, id] { end_hold(id); });
}

void simulated_pool::give_back(std::size_t id, const failure& why) {
    caller& holder = callers_[id];
    socket& held = sockets_[holder.slot];
    if (held.holder != id) broken("a lease comes back from somebody else");
    held.holder = no_caller;
    held.established->leased = false;
    if (why) note_failure(*held.where, why);
    trace(why ? "back broken" : "back", id, holder.slot);
    if (holder.timed) machine_.note_use_time(now() - holder.held_since);
    if (!why && held.where->fails_statements) {
        ++outcomes_.server_errors;
        machine_.statement_failed(holder.slot, {failure_kind::server_error, "no space left on device"},
                                  now());
    } else if (!why && machine_.any_errors()) {
        machine_.statement_served(holder.slot, now());
    }
    if (!why && holder.plan.wanted == role::primary && held.where->is == role::standby) {
        refuse_write(holder.slot);
    }
    const bool clears = !why && settings_.reset == reset_mode::full;
    if (clears && world_.sends_resets) {
        held.answered_at = now() + held.where->answer_time.draw(rng_);
        machine_.released_unanswered(holder.slot, now());
    } else {
        machine_.released(holder.slot, why, clears, now());
    }
    done(id);
    follow_up();
}

/// The server no longer takes writes, which the holder of a connection to it has just been told.
void simulated_pool::refuse_write(slot_id slot) {
    ++outcomes_.refused_writes;
    trace("write refused", slot);
    // One that is known to be a standby has told so since the lease began.
    role& told = told_[sockets_[slot].where->where];
    if (told == role::primary) told = role::unknown;
    machine_.role_doubted(slot, now());
}

void simulated_pool::refused(std::size_t id, errc reason) {
    trace("refuse", id, static_cast<std::uint64_t>(reason));
    if (reason == errc::acquire_timeout && now() < callers_[id].deadline) broken("a waiter times out early");
    ++outcomes_.refused[reason];
    outcomes_.refusal.record(now() - callers_[id].since);
    done(id);
}

void simulated_pool::done(std::size_t id) {
    caller& gone = callers_[id];
    gone.now = caller::stage::done;
    events().cancel(gone.overdue);
    events().cancel(gone.give_up);
    if (gone.when_done) after(0ms, std::exchange(gone.when_done, {}));
    gone_callers_.push_back(id);
}

void simulated_pool::session_lost(const session& lost, failure_kind why) {
    socket& broken_socket = sockets_[lost.slot];
    broken_socket.lost_with = why;
    if (broken_socket.holder != no_caller) {
        // Whoever uses it reads the end at once.
        const std::size_t id = broken_socket.holder;
        events().cancel(callers_[id].hold_end);
        ++outcomes_.lost_in_use;
        callers_[id].hold_end = events().after(100us, [this, id] { end_hold(id); });
    } else if (broken_socket.operation.number != 0) {
        events().cancel(broken_socket.operation);
        broken_socket.operation = events().after(100us, [this, slot = lost.slot] { maintained(slot); });
    }
}

}  // namespace podpool::simulation
