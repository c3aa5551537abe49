// SPDX-License-Identifier: BSL-1.0
// The truths that are checked after every event, and how a sequence ends.
#include "pool_model.hpp"

#include <numeric>
#include <sstream>

namespace podpool::properties {

using namespace std::chrono_literals;
using core::slot_status;

const endpoint& pool_model::where(slot_id slot) const {
    return machine_.endpoints()[machine_.connections()[slot].endpoint].info.where;
}

bool pool_model::idle(slot_id slot) const { return machine_.connections()[slot].status == slot_status::idle; }

std::size_t pool_model::sockets() const { return open_.size() + dialing_.size() + to_begin_.size(); }

/// Connections that are open and not being closed.
std::size_t pool_model::open_on(const endpoint& at) const {
    return static_cast<std::size_t>(std::count_if(open_.begin(), open_.end(), [&](const auto& each) {
        return machine_.connections()[each.first].status != slot_status::closing && where(each.first) == at;
    }));
}

std::size_t pool_model::leased_on(core::endpoint_id at) const {
    return static_cast<std::size_t>(std::count_if(leases_.begin(), leases_.end(), [&](const lease& each) {
        return machine_.connections()[each.slot].endpoint == at;
    }));
}

/// Every endpoint that is to stay fails and none has a connection: only then may the others serve.
bool pool_model::nothing_reachable() const {
    return std::none_of(endpoints_.begin(), endpoints_.end(), [&](const auto& each) {
        const auto& [at, known] = each;
        return is_member(known) && (known.failing == failure_kind::none || open_on(at) > 0);
    });
}

/// Callers have asked for this role, and no endpoint that is to stay has it.
bool pool_model::is_missed(role wanted) const {
    if (!asked_.contains(wanted)) return false;
    return std::none_of(endpoints_.begin(), endpoints_.end(), [&](const auto& each) {
        const auto& [at, known] = each;
        const core::endpoint_id id = machine_.endpoints().find(at);
        const bool able = known.failing == failure_kind::none || open_on(at) > 0;
        return is_member(known) && able && id != core::none && machine_.connections().at(id).is == wanted;
    });
}

bool pool_model::usable(const endpoint& at) const {
    const auto found = endpoints_.find(at);
    if (found == endpoints_.end() || found->second.removed) return false;
    const endpoint_model& known = found->second;
    if (is_member(known) || nothing_reachable()) return true;
    const core::endpoint_id id = machine_.endpoints().find(at);
    return known.missed == 0 && id != core::none && is_missed(machine_.connections().at(id).is);
}

role pool_model::role_of(const endpoint& at) const { return at == primary_ ? role::primary : role::standby; }

role pool_model::believed(slot_id slot) const {
    return machine_.connections().at(machine_.connections()[slot].endpoint).is;
}

bool pool_model::somebody_wants(role wanted) const {
    return std::any_of(queue_.begin(), queue_.end(),
                       [wanted](const waiter& each) { return each.wanted == wanted; });
}

bool pool_model::all_rejected() const {
    bool any = false;
    for (const auto& [at, known] : endpoints_) {
        if (known.missed > 0) continue;
        const bool rejected = known.failing == failure_kind::rejected;
        if (is_member(known) && !rejected) return false;
        any = any || rejected;
    }
    return any;
}

/// Whether the machine has no reason to keep callers from an endpoint.
bool pool_model::is_well(core::endpoint_id at) const {
    const core::endpoint_entry& entry = machine_.endpoints()[at];
    const bool ejected = entry.ejection.ejected && !machine_.connections().at(at).half_open;
    return !entry.silent && !entry.doubtful && !ejected;
}

/// Whether another endpoint serves those who want this role, so that one that isn't well needn't.
bool pool_model::others_serve(core::endpoint_id at, role wanted) const {
    for (core::endpoint_id other = 0; other < machine_.endpoints().size(); ++other) {
        const core::endpoint_entry& entry = machine_.endpoints()[other];
        const core::endpoint_counts& counts = machine_.connections().at(other);
        const bool well = entry.failures == 0 && !entry.silent && !entry.doubtful && !entry.ejection.ejected;
        const bool suits = wanted == role::any || counts.is == wanted;
        if (other != at && entry.takes_connections() && well && suits && counts.open() > 0) return true;
    }
    return false;
}

/// Whether a waiter is spared a connection that one who wants another role is given: its server isn't well,
/// and others may serve the one but not the other; or it shuts down and stands in for its role only.
bool pool_model::is_spared(slot_id slot, const waiter& waiting, role other) const {
    const core::endpoint_id at = machine_.connections()[slot].endpoint;
    const bool serves_all = is_member(endpoints_.at(where(slot))) || nothing_reachable();
    if (waiting.wanted == role::any && !serves_all) return true;
    if (machine_.endpoints()[at].doubtful) return true;
    return waiting.wanted != other && (is_asked(where(slot)) || machine_.endpoints()[at].ejection.ejected);
}

/// A lease comes from the usable endpoint of the wanted role with the fewest leases, and there from the
/// connection used last.
void pool_model::check_choice(slot_id slot, role wanted) const {
    const core::endpoint_id chosen = machine_.connections()[slot].endpoint;
    for (const auto& [other, state] : open_) {
        if (!idle(other) || (wanted != role::any && believed(other) != wanted)) continue;
        const core::endpoint_id at = machine_.connections()[other].endpoint;
        if (at == chosen) {
            expect(open_.at(slot).order > state.order, "a lease isn't the connection used last");
        } else if (settings_.balance == balance_policy::least_active && usable(where(other)) && is_well(at)) {
            expect(leased_on(chosen) <= leased_on(at), "a lease isn't from the endpoint with the fewest");
        }
    }
}

void pool_model::check() {
    // What has vanished goes as soon as another one can serve, or when nothing of it is left.
    for (auto& [at, known] : endpoints_) {
        const bool useless = !nothing_reachable() || machine_.endpoints().find(at) == core::none;
        known.removed = known.removed || (known.vanished && useless);
    }
    // What the machine forgot, the model forgets, too: it may come back as a new one.
    std::erase_if(endpoints_, [&](const auto& each) {
        return each.second.removed && machine_.endpoints().find(each.first) == core::none;
    });
    if (const std::string wrong = machine_.broken_invariant(now_); !wrong.empty()) expect(false, wrong);
    check_slots();
    check_waiters();
    expect(sockets() <= bound_, "more sockets than max_conns + renew_overshoot");
    bound_ = std::max(max_ + settings_.renew_overshoot, std::min(bound_, sockets()));
    if (++events_ % 8 == 0) check_stats();
}

void pool_model::check_slots() const {
    const core::connection_table& believed = machine_.connections();
    std::vector<slot_status> expected(believed.size(), slot_status::vacant);
    for (const auto& [slot, state] : open_) expected[slot] = slot_status::idle;
    for (const slot_id slot : to_begin_) expected[slot] = slot_status::opening;
    for (const slot_id slot : dialing_) expected[slot] = slot_status::opening;
    for (const lease& each : leases_) expected[each.slot] = slot_status::leased;
    for (const maintenance& each : maintaining_) {
        expected[each.slot] = each.is_check ? slot_status::checking : slot_status::resetting;
    }
    for (const slot_id slot : closing_slots_) expected[slot] = slot_status::closing;
    for (slot_id slot = 0; slot < believed.size(); ++slot) {
        expect(believed[slot].status == expected[slot],
               "slot " + std::to_string(slot) + " has another status than the world");
    }
    std::map<endpoint, std::size_t> per_endpoint;
    for (slot_id slot = 0; slot < believed.size(); ++slot) {
        if (believed[slot].status == slot_status::vacant) continue;
        const bool closing = believed[slot].status == slot_status::closing;
        if (!closing) ++per_endpoint[where(slot)];
        const endpoint_model known = endpoints_.at(where(slot));
        expect(!known.removed || !idle(slot), "a removed endpoint keeps an idle connection");
        const bool leaves = known.missed == 0 && known.leaving && !usable(where(slot));
        expect(!leaves || !idle(slot), "an endpoint that shuts down keeps an idle connection");
    }
    if (!settings_.max_conns_per_endpoint) return;
    for (const auto& [at, count] : per_endpoint) {
        expect(count <= *settings_.max_conns_per_endpoint, "more connections than one endpoint may have");
    }
}

/// Nobody waits while an idle connection that suits him could serve him. One whose server lets a check wait
/// may be kept back (core/machine_silence_test.cpp), and one that fails statements while others serve.
void pool_model::check_waiters() const {
    expect(machine_.waiting() == queue_.size(), "the machine's queue has another length");
    for (const auto& [slot, state] : open_) {
        const bool serves = idle(slot) && machine_.connections()[slot].ends_at > now_ &&
                            is_member(endpoints_.at(where(slot))) && !is_asked(where(slot));
        const core::endpoint_id at = machine_.connections()[slot].endpoint;
        const bool wanted = std::any_of(queue_.begin(), queue_.end(), [&, held = slot](const waiter& each) {
            const bool kept_back =
                machine_.endpoints()[at].doubtful || (!is_well(at) && others_serve(at, each.wanted));
            return each.deadline > now_ && waits_for(held, each) && !kept_back;
        });
        expect(!serves || !wanted, "somebody waits while an idle connection could serve");
    }
}

void pool_model::check_stats() const {
    const stats seen = machine_.snapshot(now_);
    expect(seen.open == seen.idle + seen.active + seen.draining,
           "stats: open isn't idle + active + draining");
    expect(seen.active + seen.draining == leases_.size(), "stats: the leases are wrong");
    expect(seen.opening == to_begin_.size() + dialing_.size(), "stats: opening is wrong");
    expect(seen.closing == closing_slots_.size(), "stats: closing is wrong");
    expect(seen.maintaining == maintaining_.size(), "stats: maintaining is wrong");
    expect(seen.open + seen.closing == open_.size(), "stats: open is wrong");
    expect(seen.waiters == queue_.size(), "stats: waiters are wrong");
    expect(seen.acquires == totals_.grants, "stats: acquires are wrong");
    expect(seen.waits == totals_.waits && seen.wait_time.count() == totals_.waits, "stats: waits are wrong");
    expect(seen.timeouts == totals_.timeouts, "stats: timeouts are wrong");
    expect(seen.cancellations == totals_.cancellations, "stats: cancellations are wrong");
    expect(seen.refusals == totals_.refusals, "stats: refusals are wrong");
    expect(seen.opens == totals_.opened, "stats: opens are wrong");
    expect(seen.open_failures == totals_.open_failures, "stats: open failures are wrong");
    const std::uint64_t given_up = std::accumulate(seen.closes.begin(), seen.closes.end(), std::uint64_t{0});
    expect(given_up == totals_.closed + closing_slots_.size(), "stats: closes are wrong");
    stats sum;
    for (const endpoint_stats& each : seen.endpoints) {
        expect(each.open == each.idle + each.active + each.draining, "stats: an endpoint doesn't add up");
        sum.open += each.open;
        sum.opening += each.opening;
        sum.idle += each.idle;
        sum.active += each.active;
        sum.draining += each.draining;
        sum.closing += each.closing;
        sum.maintaining += each.maintaining;
    }
    expect(sum.open == seen.open && sum.opening == seen.opening && sum.idle == seen.idle &&
               sum.active == seen.active && sum.draining == seen.draining && sum.closing == seen.closing &&
               sum.maintaining == seen.maintaining,
           "stats: the endpoints don't add up to the pool");
}

// --- How a sequence ends ---

/// Ends well whatever is under way, and whatever follows from that.
void pool_model::work_off() {
    while (!to_begin_.empty() || !dialing_.empty() || !maintaining_.empty() || !closing_slots_.empty() ||
           !leases_.empty()) {
        begin_open(0);
        absorb();
        opened(0);
        absorb();
        maintained(0, failure_kind::none);
        absorb();
        closed(0);
        absorb();
        give_back(0, failure_kind::none, false);
        absorb();
    }
}

void pool_model::recover() {
    note("recover");
    const time_point from = now_;
    discovered((1U << 5U) - 1, false);
    check();
    // 30 s is the longest back-off; whoever waits is served within it and an opening or two.
    for (int round = 0; now_ - from < 60s || round < 10; ++round) {
        expect(round < 20'000, "recovery makes no progress");
        work_off();
        check();
        if (machine_.next_deadline() == core::never) now_ += 1s;
        tick();
    }
    work_off();
    check();
    check_recovered();
}

void pool_model::check_recovered() const {
    expect(queue_.empty(), "somebody waits for ever");
    const stats seen = machine_.snapshot(now_);
    const std::size_t live = seen.open + seen.opening;
    expect(live >= std::min(settings_.min_conns, max_), "the minimum size isn't restored");
    const bool may_grow = live < max_;
    expect(!may_grow || seen.idle + seen.opening >= std::min(settings_.min_idle_conns, max_),
           "the minimum of idle connections isn't restored");
    for (const endpoint_stats& each : seen.endpoints) {
        expect(each.state == endpoint_state::ready || each.state == endpoint_state::failing,
               "an endpoint that is back is still absent");
    }
}

void pool_model::finish() {
    apply({event::close, 0});
    apply({event::close, 0});
    expect(queue_.empty(), "somebody waits after close()");
    for (std::size_t step = 0; sockets() > 0; ++step) {
        expect(step < 1000, "close() makes no progress");
        apply({event::begin_open, 0});
        apply({step % 2 == 0 ? event::opened : event::open_refused, 0});
        apply({step % 3 == 0 ? event::maintenance_failed : event::maintained, 0});
        apply({step % 5 == 0 ? event::give_back_lost : event::give_back_dirty, 0});
        apply({event::closed, 0});
    }
    expect(machine_.finished(), "the pool doesn't finish");
    expect(totals_.opened == totals_.closed, "a connection that was opened was not closed exactly once");
    expect(machine_.next_deadline() == core::never, "a finished pool has a deadline");
    check_stats();
}

void pool_model::note(std::string what) { history_.push_back(std::move(what)); }

void pool_model::expect(bool holds, const std::string& what) const {
    if (holds) return;
    std::ostringstream text;
    text << what << "; the last events:";
    const std::size_t shown = std::min<std::size_t>(history_.size(), 40);
    for (std::size_t index = history_.size() - shown; index < history_.size(); ++index) {
        text << "\n    " << history_[index];
    }
    throw violation(text.str());
}

}  // namespace podpool::properties
