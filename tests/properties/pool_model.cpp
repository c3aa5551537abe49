// SPDX-License-Identifier: BSL-1.0
// The events: what happens to the machine, and what the model makes of it.
#include "pool_model.hpp"

#include <sstream>

namespace podpool::properties {

using namespace std::chrono_literals;
using core::slot_status;

namespace {

constexpr std::uint16_t endpoint_count = 5;

endpoint address(std::size_t number) { return {"10.0.0." + std::to_string(number + 1), 5432}; }

/// Takes the `pick`th element, counted round and round; the vector isn't empty.
template <class Element>
Element take_out(std::vector<Element>& from, std::size_t pick) {
    const auto place = from.begin() + static_cast<std::ptrdiff_t>(pick % from.size());
    const Element taken = *place;
    from.erase(place);
    return taken;
}

}  // namespace

pool_model::pool_model(const pool_shape& shape)
    : settings_(shape.settings()),
      machine_(settings_, shape.seed, time_point(1h)),
      now_(1h),
      max_(settings_.max_conns),
      bound_(max_ + settings_.renew_overshoot),
      primary_(address(0)) {
    discovered(7, false);  // three endpoints
}

void pool_model::apply(const command& given) {
    std::ostringstream text;
    text << given;
    note(text.str());
    const std::size_t pick = given.pick;
    constexpr std::array<core::duration, 4> timeouts{5ms, 300ms, 5s, 30s};
    switch (given.what) {
        case event::acquire:
            acquire(timeouts[pick % 4]);
            break;
        case event::acquire_patiently:
            acquire(core::duration::max());
            break;
        case event::acquire_primary:
            acquire(core::duration::max(), role::primary);
            break;
        case event::acquire_standby:
            acquire(core::duration::max(), role::standby);
            break;
        case event::give_back_refused:
            give_back_refused(pick);
            break;
        case event::give_back_failed:
            give_back_judged(pick, false);
            break;
        case event::give_back_served:
            give_back_judged(pick, true);
            break;
        case event::change_roles:
            primary_ = address(pick % endpoint_count);
            break;
        case event::try_acquire:
            try_acquire();
            break;
        case event::cancel:
            cancel(pick);
            break;
        case event::give_back:
            give_back_clean(pick);
            break;
        case event::give_back_dirty:
            give_back(pick, failure_kind::none, true);
            break;
        case event::give_back_unanswered:
            give_back_unanswered(pick);
            break;
        case event::give_back_lost:
            give_back(pick, failure_kind::connection_lost, false);
            break;
        case event::give_back_down:
            give_back(pick, failure_kind::endpoint_down, false);
            break;
        case event::give_back_terminated:
            give_back(pick, failure_kind::session_terminated, false);
            break;
        case event::give_back_demoted:
            give_back(pick, failure_kind::wrong_role, false);
            break;
        case event::discard:
            discard(pick);
            break;
        case event::find_dead:
            find_unusable(pick, {failure_kind::connection_lost, "looked at"});
            break;
        case event::find_late:
            find_unusable(pick, {});
            break;
        case event::begin_open:
            begin_open(pick);
            break;
        case event::opened:
            opened(pick);
            break;
        case event::open_refused:
            open_failed(pick, failure_kind::endpoint_down);
            break;
        case event::open_rejected:
            open_failed(pick, failure_kind::rejected);
            break;
        case event::open_overloaded:
            open_failed(pick, failure_kind::overloaded);
            break;
        case event::open_wrong_role:
            open_failed(pick, failure_kind::wrong_role);
            break;
        case event::maintained:
            maintained(pick, failure_kind::none);
            break;
        case event::maintenance_failed:
            maintained(pick, pick % 2 == 0 ? failure_kind::connection_lost : failure_kind::endpoint_down);
            break;
        case event::closed:
            closed(pick);
            break;
        case event::discovered:
            discovered(pick, false);
            break;
        case event::terminating:
            discovered(pick, true);
            break;
        case event::discovery_failed:
            machine_.discovery_failed("SERVFAIL", now_);
            break;
        case event::pass_time:
            pass(steps[pick % steps.size()]);
            break;
        case event::tick:
            tick();
            break;
        case event::retire_all:
            machine_.retire_all(now_);
            break;
        case event::resize:
            resize(pick);
            break;
        case event::close:
            closing_ = true;
            machine_.close(now_);
            break;
    }
    absorb();
    check();
}

// --- Callers ---

void pool_model::acquire(core::duration timeout, role wanted) {
    const std::uintptr_t cookie = ++last_cookie_;
    const time_point deadline = core::later(now_, timeout);
    if (wanted != role::any && !closing_) asked_.insert(wanted);
    take_result(machine_.acquire(now_, deadline, cookie, core::queue_end::back, wanted), cookie, deadline,
                core::queue_end::back, wanted);
}

void pool_model::take_result(const core::acquire_result& result, std::uintptr_t cookie, time_point deadline,
                             core::queue_end end, role wanted) {
    if (result.granted) {
        const slot_id slot = result.granted.slot;
        const bool overtakes = std::any_of(queue_.begin(), queue_.end(), [&](const waiter& each) {
            return waits_for(slot, each) && !is_spared(slot, each, wanted);
        });
        expect(end == core::queue_end::front || !overtakes, "a newcomer overtakes those who wait");
        check_choice(slot, wanted);
        take(result.granted, cookie, deadline, wanted);
    } else if (result.refused) {
        ++totals_.refusals;
        const bool full = *result.refused == errc::too_many_waiters && queue_.size() >= settings_.max_waiters;
        const bool rejected = *result.refused == errc::connection_rejected && all_rejected();
        const bool shut = *result.refused == errc::pool_closed && closing_;
        expect(full || rejected || shut, "an acquire is refused without a reason");
    } else {
        const waiter added{cookie, deadline, result.waiter, wanted};
        end == core::queue_end::front ? queue_.push_front(added) : queue_.push_back(added);
    }
}

void pool_model::try_acquire() {
    const core::grant granted = machine_.try_acquire(now_);
    if (!granted) return;
    expect(!somebody_wants(role::any), "try_acquire() overtakes those who wait");
    check_choice(granted.slot, role::any);
    take(granted, ++last_cookie_, now_, role::any);
}

void pool_model::cancel(std::size_t pick) {
    if (queue_.empty()) return;
    const auto gone = queue_.begin() + static_cast<std::ptrdiff_t>(pick % queue_.size());
    expect(machine_.cancel(gone->id), "a waiter can't be cancelled");
    expect(!machine_.cancel(gone->id), "a waiter can be cancelled twice");
    ++totals_.cancellations;
    queue_.erase(gone);
}

void pool_model::give_back(std::size_t pick, failure_kind why, bool dirty) {
    if (leases_.empty()) return;
    const lease returned = take_out(leases_, pick);
    note_failure(returned.slot, why, false);
    const bool clean = why == failure_kind::none && !dirty;
    machine_.note_use_time(now_ - machine_.connections()[returned.slot].since);
    if (clean) becomes_idle(returned.slot, false);
    machine_.released(returned.slot, {why, "in use"}, dirty, now_ - lag_);
}

void pool_model::give_back_unanswered(std::size_t pick) {
    if (leases_.empty()) return;
    const lease returned = take_out(leases_, pick);
    open_[returned.slot].unanswered = true;
    becomes_idle(returned.slot, false);
    machine_.released_unanswered(returned.slot, now_);
}

/// The hot path's clock may lag a few milliseconds behind.
void pool_model::give_back_clean(std::size_t pick) {
    constexpr std::array<core::duration, 4> lags{0ms, 0ms, 1ms, 4ms};
    lag_ = lags[pick % 4];
    give_back(pick / 4, failure_kind::none, false);
    absorb();
    lag_ = 0ms;
}

void pool_model::give_back_refused(std::size_t pick) {
    if (leases_.empty()) return;
    machine_.role_doubted(leases_[pick % leases_.size()].slot, now_);
    absorb();
    give_back(pick, failure_kind::none, false);
}

void pool_model::give_back_judged(std::size_t pick, bool served) {
    if (leases_.empty()) return;
    const core::slot_id slot = leases_[pick % leases_.size()].slot;
    if (served) {
        machine_.statement_served(slot, now_);
    } else {
        machine_.statement_failed(slot, {failure_kind::server_error, "no space left on device"}, now_);
    }
    absorb();
    give_back(pick, failure_kind::none, false);
}

void pool_model::discard(std::size_t pick) {
    if (leases_.empty()) return;
    const core::slot_id slot = take_out(leases_, pick / 2).slot;
    pick % 2 == 0 ? machine_.discarded(slot, now_) : machine_.replaced(slot, now_);
}

/// A caller's look at what it was given fails: the connection is lost, or, without `why`, cleared elsewhere.
void pool_model::find_unusable(std::size_t pick, const failure& why) {
    if (leases_.empty()) return;
    const lease given = leases_[pick % leases_.size()];
    if (given.deadline <= now_) return;
    take_out(leases_, pick);
    if (!why && pick % 2 == 1) {
        machine_.answer_is_late(given.slot, now_);
    } else {
        machine_.released(given.slot, why, !why, now_);
    }
    absorb();
    take_result(machine_.acquire(now_, given.deadline, given.cookie, core::queue_end::front, given.wanted),
                given.cookie, given.deadline, core::queue_end::front, given.wanted);
}

// --- Connections ---

void pool_model::begin_open(std::size_t pick) {
    if (to_begin_.empty()) return;
    const slot_id slot = take_out(to_begin_, pick);
    const endpoint chosen = where(slot);
    const bool doomed = machine_.connections()[slot].doomed;
    const endpoint_info* const target = machine_.begin_open(slot, now_);
    if (target == nullptr) return;
    expect(!doomed && !closing_, "a doomed opening begins");
    expect(usable(chosen), "an attempt begins on an endpoint that isn't in the last answer");
    expect(target->where == chosen, "an opening goes to another endpoint than it was counted under");
    dialing_.push_back(slot);
}

void pool_model::opened(std::size_t pick) {
    if (dialing_.empty()) return;
    const slot_id slot = take_out(dialing_, pick);
    const bool doomed = machine_.connections()[slot].doomed;
    const endpoint at = where(slot);
    const role wanted = machine_.connections()[slot].wanted;
    ++totals_.opened;
    open_[slot] = {now_, totals_.opened, 0};
    becomes_idle(slot, false);
    endpoints_[at].failing = failure_kind::none;
    machine_.opened(slot, now_, role_of(at));
    absorb();
    // Whoever it was opened for: somebody gets it, or the pool keeps it. With no overshoot a young
    // connection may be closed for the sake of pacing, and one of the wrong role makes room for another.
    if (somebody_wants(role::primary) || somebody_wants(role::standby)) return;
    // Nor need one that was opened for a role be kept: its server may have another one, or the pool be full
    // of connections for others by now.
    if (wanted != role::any) return;
    // One of an endpoint that was ejected meanwhile makes way for one that may serve those who wait.
    if (!is_well(machine_.connections()[slot].endpoint) && !queue_.empty()) return;
    if (doomed || resized_ || !is_member(endpoints_[at]) || settings_.renew_overshoot == 0) return;
    const slot_status status = machine_.connections()[slot].status;
    // Checking: asked for its server's total at once.
    expect(status == slot_status::idle || status == slot_status::leased || status == slot_status::checking,
           "a good connection is thrown away");
}

void pool_model::open_failed(std::size_t pick, failure_kind why) {
    if (dialing_.empty()) return;
    const slot_id slot = take_out(dialing_, pick);
    if (!machine_.connections()[slot].doomed) {
        note_failure(slot, why, true);
        ++totals_.open_failures;
    }
    machine_.open_failed(slot, {why, "while opening"}, now_);
}

void pool_model::maintained(std::size_t pick, failure_kind why) {
    if (maintaining_.empty()) return;
    const maintenance ended = take_out(maintaining_, pick);
    const bool doomed = machine_.connections()[ended.slot].doomed;
    if (!doomed) note_failure(ended.slot, why, false);
    if (why == failure_kind::none && ended.is_check) {
        machine_.role_seen(ended.slot, role_of(where(ended.slot)), now_);
        absorb();
    }
    if (why == failure_kind::none) becomes_idle(ended.slot, ended.is_check);
    machine_.maintained(ended.slot, {why, "in maintenance"}, now_);
}

void pool_model::closed(std::size_t pick) {
    if (closing_slots_.empty()) return;
    const slot_id slot = take_out(closing_slots_, pick);
    ++totals_.closed;
    open_.erase(slot);
    machine_.closed(slot, now_);
}

// --- Discovery, time and orders ---

void pool_model::discovered(std::size_t pick, bool one_terminates) {
    endpoint_set answer;
    std::set<endpoint> listed;
    for (std::size_t number = 0; number < endpoint_count; ++number) {
        if ((pick >> number & 1U) != 0) listed.insert(address(number));
    }
    if (listed.empty()) listed.insert(address(pick % endpoint_count));
    // One answer in eight is an authority: what it lacks has vanished.
    const bool for_good = pick % 8 == 5;
    if (for_good) answer.removal = removal_kind::authoritative;
    for (auto& [each, known] : endpoints_) {
        if (known.removed || listed.contains(each)) continue;
        ++known.missed;
        known.vanished = known.vanished || for_good;
        known.removed = known.missed >= 3 && !known.vanished;
    }
    for (const endpoint& each : listed) {
        endpoint_info& info = answer.endpoints.emplace_back(each);
        info.terminating = std::exchange(one_terminates, false);
        info.ready = !info.terminating;
        endpoint_model& known = endpoints_[each];
        known.missed = 0;
        known.leaving = info.terminating;
        known.vanished = known.removed = false;
    }
    machine_.discovered(answer, now_);
    absorb();
}

/// Time passes and the machine is called when it wants to be, unless the step is so short that a busy
/// process might be late.
void pool_model::pass(core::duration length) {
    const time_point end = now_ + length;
    for (int ticks = 0; ticks < 200 && length > 80ms && machine_.next_deadline() <= end; ++ticks) tick();
    now_ = std::max(now_, end);
}

void pool_model::tick() {
    if (machine_.next_deadline() != core::never) now_ = std::max(now_, machine_.next_deadline());
    machine_.tick(now_);
    absorb();
    expect(machine_.next_deadline() > now_, "tick() doesn't move next_deadline()");
    check();
}

void pool_model::resize(std::size_t pick) {
    resized_ = true;
    max_ = 1 + pick % 8;
    bound_ = std::max(max_ + settings_.renew_overshoot, sockets());
    machine_.resize(max_, now_);
}

}  // namespace podpool::properties
