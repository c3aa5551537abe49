// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/machine.hpp>

#include <limits>

namespace podpool::core {

inline void machine::discovered(const endpoint_set& answer, time_point now) {
    ++counters_.discovery_answers;
    discovery_source_ = answer.source;
    discovery_error_.clear();
    answered_at_ = now;
    by_authority_ = answer.removal != removal_kind::tentative;
    if (answer.own_zone) settings_.zone = *answer.own_zone;
    endpoints_.reserve(answer.endpoints.size());
    connections_.reserve_endpoints(answer.endpoints.size());
    // First everybody is one answer more missing; those in the answer are set right by merge().
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        endpoint_entry& entry = endpoints_[id];
        if (entry.known && !entry.removed) ++entry.missed_answers;
    }
    for (const endpoint_info& info : answer.endpoints) merge(info, answer.removal, now);
    drop_missing(answer.removal, now);
    update_usable();
    update_shares(now);
    settle(now);
}

inline void machine::discovered_again(time_point now) {
    ++counters_.discovery_answers;
    discovery_error_.clear();
    answered_at_ = now;
    if (!all_present_) {
        for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
            endpoint_entry& entry = endpoints_[id];
            if (entry.known && !entry.removed && entry.missed_answers > 0) ++entry.missed_answers;
        }
        drop_missing(removal_kind::tentative, now);
        update_usable();
        update_shares(now);
    }
    settle(now);
}

/// Judges the endpoints that an answer lacks.
inline void machine::drop_missing(removal_kind removal, time_point now) {
    all_present_ = none_missing_ = true;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        endpoint_entry& entry = endpoints_[id];
        if (!entry.known) continue;
        all_present_ = all_present_ && entry.present();
        if (entry.removed) continue;
        if (entry.missed_answers == 1) entry.state_since = now;
        if (entry.missed_answers > 0) judge_missing(id, removal, now);
        any_leaving_ = any_leaving_ || entry.vanished || entry.superseded || entry.is_leaving();
        const bool judged = entry.removed || entry.vanished || entry.superseded;
        none_missing_ = none_missing_ && (judged || entry.missed_answers == 0);
    }
}

/// What an authority lacks has vanished; what only a former source has is left to the moves; anything else is
/// removed when some answers in a row have lacked it.
inline void machine::judge_missing(endpoint_id id, removal_kind removal, time_point now) {
    endpoint_entry& entry = endpoints_[id];
    if (removal == removal_kind::superseding && !entry.superseded) {
        entry.superseded = true;
        allow_moves(now);
    }
    if (entry.superseded) {
        if (connections_.at(id).unused()) remove_endpoint(id, now);
    } else if (removal == removal_kind::authoritative) {
        entry.vanished = true;
    } else if (entry.missed_answers >= answers_until_removed) {
        remove_endpoint(id, now);
    }
}

inline void machine::merge(const endpoint_info& info, removal_kind removal, time_point now) {
    endpoint_id id = endpoints_.find(info.where);
    if (id == none) {
        if (info.terminating && !info.serving) return;
        id = endpoints_.add(info, now);
        connections_.add_endpoint(id);
        endpoints_[id].late = counters_.discovery_answers > 1;
        note_new_member(id, removal, now);
        return;
    }
    endpoint_entry& entry = endpoints_[id];
    // The present answer is counted as missed until here.
    entry.missed_answers = entry.missed_answers > 1 ? entry.missed_answers : 0;
    const bool was_member = entry.is_member();
    const std::string known = std::move(entry.info.identity);
    const bool another = !known.empty() && !info.identity.empty() && known != info.identity;
    entry.info = info;
    // What isn't told isn't another one.
    if (info.identity.empty()) entry.info.identity = known;
    if (another) replace_server(id, now);
    entry.removed = false;
    entry.vanished = false;
    entry.superseded = false;
    entry.missed_answers = 0;
    if (entry.is_member() == was_member) return;
    entry.state_since = now;
    note_new_member(id, removal, now);
    // It was listed before it was ready: its server's sessions begin now.
    if (entry.is_member() && entry.opens == 0) {
        entry.added_at = now;
        entry.late = true;
    }
}

/// Moves make the pool even again. Who learns of a pod when it becomes ready needn't wait with its first
/// session.
inline void machine::note_new_member(endpoint_id id, removal_kind removal, time_point now) {
    const endpoint_entry& entry = endpoints_[id];
    const bool at_once = removal == removal_kind::authoritative && counters_.discovery_answers > 1;
    allow_moves(now);
    if (at_once && entry.is_member() && connections_.at(id).unused()) expect_first_session(id, now);
}

/// Another server has the address now: connections to the former one are given up, and an attempt that is
/// under way is thrown away when it ends. Whatever they still tell says nothing about the new server.
inline void machine::replace_server(endpoint_id id, time_point now) {
    drain(id);
    for (slot_id slot = 0; slot < connections_.size(); ++slot) {
        if (connections_[slot].endpoint == id) connections_[slot].former = true;
    }
    end_doubt(id);
    forget_role(id);
    connections_.set_half_open(id, false);
    endpoints_.replaced(id, now);
    allow_moves(now);
}

inline void machine::discovery_failed(std::string_view why, time_point now) {
    ++counters_.discovery_failures;
    discovery_error_ = why;
    settle(now);
}

inline void machine::remove_endpoint(endpoint_id id, time_point now) {
    allow_moves(now);
    endpoints_[id].removed = true;
    endpoints_[id].stands_in = false;
    endpoints_[id].state_since = now;
    drain(id);
    forget_if_unused(id);
}

/// Lets those endpoints go that are shutting down or have vanished, unless nothing else can serve in their
/// place: then one that is shutting down is used like any other, and of one that has vanished what is open.
inline void machine::review_leaving(time_point now) {
    any_leaving_ = false;
    bool changed = false;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        endpoint_entry& entry = endpoints_[id];
        const bool leaving = entry.is_leaving();
        any_leaving_ = any_leaving_ || leaving || entry.superseded || (entry.vanished && !entry.removed);
        const bool needed = leaving && entry.info.serving && (fallback_ || is_missed(connections_.at(id).is));
        changed = changed || needed != entry.stands_in;
        entry.stands_in = needed;
    }
    if (changed) {
        update_usable();
        update_shares(now);
    }
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        const endpoint_entry& entry = endpoints_[id];
        if (entry.is_leaving() && !entry.stands_in) {
            drain(id);
        } else if (entry.vanished && !entry.removed && (!fallback_ || connections_.at(id).unused())) {
            remove_endpoint(id, now);
        }
    }
}

/// Whether callers have asked for this role and no endpoint that is to stay has it.
inline bool machine::is_missed(role wanted) const {
    if (wanted == role::any || wanted == role::unknown) return false;
    if (!demand_[static_cast<std::size_t>(wanted)].asked) return false;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        const bool able = endpoints_[id].failures == 0 || connections_.at(id).open() > 0;
        if (endpoints_[id].is_member() && able && connections_.at(id).is == wanted) return false;
    }
    return true;
}

/// Closes an endpoint's idle connections now and the leased ones when they come back.
inline void machine::drain(endpoint_id id) {
    for (slot_id slot = 0; slot < connections_.size(); ++slot) {
        if (connections_[slot].endpoint == id) doom_or_close(slot, close_reason::endpoint_removed);
    }
}

inline void machine::forget_if_unused(endpoint_id id) {
    const endpoint_entry& gone = endpoints_[id];
    if (!connections_.at(id).unused() || (!gone.removed && !gone.superseded)) return;
    counters_.acquires_of_gone += connections_.at(id).leases;
    counters_.opens_of_gone += gone.opens;
    counters_.open_failures_of_gone += gone.open_failures;
    for (std::size_t reason = 0; reason < close_reason_count; ++reason) {
        counters_.closes_of_gone[reason] += gone.closes[reason];
    }
    connections_.set_usable(id, false);
    connections_.set_reachable(id, false);
    endpoints_.erase(id);
}

/// Connections of endpoints that are absent or not ready are kept but not handed out, unless nothing else can
/// serve.
inline void machine::update_usable() {
    fallback_ = none_reachable();
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        const endpoint_entry& entry = endpoints_[id];
        if (!entry.known) continue;
        const bool last_resort = fallback_ && !entry.removed && !entry.is_leaving();
        const bool reachable = entry.takes_connections() || entry.superseded || last_resort;
        connections_.set_reachable(id, reachable);
        connections_.set_usable(
            id, reachable && serves_all(id) && !gives_way(id) && !is_kept_back(id, role::any));
    }
}

/// Whether callers without a wish may be served by an endpoint: one that stands in for others of its role
/// serves nobody else.
inline bool machine::serves_all(endpoint_id id) const {
    return endpoints_[id].is_member() || endpoints_[id].superseded || fallback_;
}

/// Every endpoint that is to serve fails, and none has a connection.
inline bool machine::none_reachable() const {
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        const endpoint_entry& entry = endpoints_[id];
        if (entry.is_member() && (entry.failures == 0 || connections_.at(id).open() > 0)) return false;
    }
    return true;
}

/// Whether the endpoint may be chosen for another connection as far as its own state goes.
inline bool machine::may_open_more(endpoint_id id, time_point now) const {
    const endpoint_counts& counts = connections_.at(id);
    const std::size_t bound = settings_.max_conns_per_endpoint.value_or(max_ + settings_.renew_overshoot);
    const bool has_credit = endpoints_[id].credit_at <= now;
    return endpoints_[id].dialable(now) && has_credit && counts.open() + counts.opening < bound;
}

/// Whether a question, or an attempt to open, takes longer than they usually do.
inline bool machine::is_slow(const slot& opening, time_point now) const {
    return now - opening.since >= std::max(patience, 4 * estimated_open_);
}

inline bool machine::has_slow_opening(endpoint_id id, time_point now) const {
    return std::any_of(openings_.begin(), openings_.end(), [&](slot_id opening) {
        return connections_[opening].endpoint == id && is_slow(connections_[opening], now);
    });
}

/// Whether an attempt on the endpoint may start: it is discovered and not in back-off, and one that
/// hasn't proven itself, or hangs, gets a single attempt at a time.
inline bool machine::may_dial(endpoint_id id, time_point now) const {
    if (!may_open_more(id, now)) return false;
    if (connections_.at(id).opening == 0) return true;
    return endpoints_[id].proven && !has_slow_opening(id, now);
}

/// Whether the very first attempt on the endpoint is under way and may still answer soon.
inline bool machine::is_on_trial(endpoint_id id, time_point now) const {
    const endpoint_entry& entry = endpoints_[id];
    return may_open_more(id, now) && !entry.proven && entry.failures == 0 &&
           connections_.at(id).opening > 0 && !has_slow_opening(id, now);
}

/// Takes the failing endpoints out of the candidates while a sound one has a lower load than this: an empty
/// endpoint that is down would else have every turn, and a new one none.
template <typename Load>
void machine::prefer_sound(const Load& load, double limit) {
    const auto failing = [&](endpoint_id id) { return endpoints_[id].failures > 0; };
    const auto better = [&](endpoint_id id) { return !failing(id) && load(id) < limit; };
    if (std::any_of(candidates_.begin(), candidates_.end(), better)) std::erase_if(candidates_, failing);
}

/// Takes those that serve only for want of a member out of the candidates if a member is among them.
inline void machine::prefer_members() {
    const auto is_member = [&](endpoint_id id) { return endpoints_[id].is_member(); };
    if (std::none_of(candidates_.begin(), candidates_.end(), is_member)) return;
    std::erase_if(candidates_, [&](endpoint_id id) { return !is_member(id); });
}

/// The endpoint for a new connection: the fewest open + opening, counted before the dial.
/// A connection of `leaving` is about to be replaced and isn't counted.
///
/// An endpoint on trial can't be chosen, but fuller ones aren't chosen in its place either: whichever pod
/// answers first would get nearly all connections of a cold pool.
/// What is asked for its role doesn't hold back those that are known to have it.
inline endpoint_id machine::choose_for_opening(time_point now, endpoint_id leaving, role wanted,
                                               open_purpose purpose) {
    const auto load = [&](endpoint_id id) {
        const endpoint_counts& counts = connections_.at(id);
        return seat_at(id, counts.open() + counts.opening - (id == leaving ? 1.0 : 0.0));
    };
    candidates_.clear();
    double least_on_trial = std::numeric_limits<double>::infinity();
    double least_without_credit = least_on_trial;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (!may_suit(id, wanted, purpose)) continue;
        if (may_dial(id, now)) {
            candidates_.push_back(id);
        } else if (is_on_trial(id, now) && suits(id, wanted)) {
            least_on_trial = std::min(least_on_trial, load(id));
        } else if (endpoints_[id].dialable(now) && endpoints_[id].credit_at > now) {
            least_without_credit = std::min(least_without_credit, load(id));
        }
    }
    std::erase_if(candidates_, [&](endpoint_id id) { return load(id) > least_on_trial; });
    if (leaving != none && fallback_) prefer_members();
    if (leaving != none) prefer_sound(load, load(leaving));
    if (candidates_.empty()) return none;
    const endpoint_id chosen = open_balancer_.pick(candidates_, load, rng_);
    // It gets later what its cap sends elsewhere now.
    if (load(chosen) > least_without_credit) allow_moves(now);
    if (settings_.balance != balance_policy::least_active || !settings_.server_totals) return chosen;
    std::erase_if(candidates_, [&](endpoint_id id) { return load(id) > load(chosen); });
    const bool ties = std::find(candidates_.begin(), candidates_.end(), leaving) != candidates_.end();
    if (ties && stays(leaving, now)) return leaving;
    return less_used_of_two(chosen, now);
}

/// Every discovered endpoint refuses us for a reason that only people can mend, and waits to be asked
/// again: a caller learns that now rather than at its deadline.
inline bool machine::all_rejected(time_point now) const {
    bool any = false;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        const endpoint_entry& entry = endpoints_[id];
        if (!entry.known) continue;
        if (connections_.at(id).open() + connections_.at(id).opening > 0) return false;
        if (!entry.takes_connections() || connections_.at(id).share <= 0) continue;
        if (entry.failures == 0 || entry.last_failure.kind != failure_kind::rejected) return false;
        if (now >= entry.retry_at) return false;
        any = true;
    }
    return any;
}

}  // namespace podpool::core
