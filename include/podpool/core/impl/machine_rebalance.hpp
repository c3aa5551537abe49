// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/machine.hpp>

namespace podpool::core {

/// Moving surplus connections is allowed from now on, until the endpoints are even: the endpoint set has
/// changed, or an endpoint fails and misses its turns until a move finds it well again. What load does to
/// the counts moves nothing.
inline void machine::allow_moves(time_point now) {
    allow_shedding(now);
    if (!settings_.rebalance || moves_allowed_) return;
    moves_allowed_ = true;
    // At a random moment, since the other clients have learnt of the same change; never sooner after the
    // last move than the pace says.
    next_move_ = std::max(later(now, rng_.up_to(move_interval())), next_move_);
    maintenance_at_ = std::min(maintenance_at_, next_move_);
}

/// Moves one surplus connection when it is time to: it is replaced by one on the endpoint with the fewest.
inline void machine::rebalance(time_point now) {
    if (!moves_allowed_) return;
    if (next_move_ > now) {
        maintenance_at_ = std::min(maintenance_at_, next_move_);
        return;
    }
    next_move_ = later(now, move_interval() * 3 / 4 + rng_.up_to(move_interval() / 2));
    maintenance_at_ = std::min(maintenance_at_, next_move_);
    // An address that one answer lacks may be back in the next.
    if (!set_is_certain()) return;
    const endpoint_id from = fullest_with_surplus(now);
    if (from == none) {
        moves_allowed_ = openings_pending();
        return;
    }
    if (replacements_opening() >= renewals_at_once(connections_.totals().open())) return;
    move_one(from, now);
}

/// The time between two moves: `rebalance_pace` percent of the pool, at least one connection, in ten seconds.
inline duration machine::move_interval() const {
    constexpr duration period = std::chrono::seconds(10);
    constexpr std::size_t whole = 100;
    const std::size_t moves = (connections_.totals().open() * settings_.rebalance_pace + whole - 1) / whole;
    return period / static_cast<duration::rep>(std::max<std::size_t>(moves, 1));
}

inline bool machine::set_is_certain() const {
    if (!discovery_error_.empty()) return false;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        const endpoint_entry& entry = endpoints_[id];
        if (entry.known && !entry.removed && !entry.present()) return false;
    }
    return true;
}

/// Whether an endpoint that is discovered has yet to show whether it can be used.
inline bool machine::openings_pending() const {
    if (connections_.totals().open() == 0) return false;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        const endpoint_entry& entry = endpoints_[id];
        if (entry.present() && (!entry.proven || entry.failures > 0)) return true;
    }
    return false;
}

/// The endpoint with the most connections, if it has two more than one that may be dialled: a move then
/// makes the pool more even, and none moves back.
inline endpoint_id machine::fullest_with_surplus(time_point now) {
    count_loads();
    endpoint_id fullest = none;
    endpoint_id emptiest = none;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (!endpoints_[id].present()) continue;
        if (fullest == none || loads_[id] > loads_[fullest]) fullest = id;
        if (may_dial(id, now) && (emptiest == none || loads_[id] < loads_[emptiest])) emptiest = id;
    }
    if (emptiest == none || loads_[fullest] < loads_[emptiest] + 2) return none;
    return fullest;
}

/// Connections per endpoint, open and opening; those that are being replaced don't count.
inline void machine::count_loads() {
    loads_.assign(endpoints_.size(), 0);
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (endpoints_[id].known) loads_[id] = connections_.at(id).open() + connections_.at(id).opening;
    }
    for (slot_id id = 0; id < connections_.size(); ++id) {
        const slot& leaving = connections_[id];
        const bool counted = leaving.status != slot_status::closing && leaving.status != slot_status::vacant;
        if (leaving.renewing && counted) --loads_[leaving.endpoint];
    }
}

/// Replaces the endpoint's connection that was unused for longest; one that is in use when it comes back.
inline void machine::move_one(endpoint_id from, time_point now) {
    slot_id victim = none;
    for (slot_id id = 0; id < connections_.size(); ++id) {
        const slot& held = connections_[id];
        if (held.endpoint != from || held.renewing || held.doomed || held.due) continue;
        if (held.status != slot_status::idle && held.status != slot_status::leased) continue;
        const auto order = [](const slot& one) {
            return std::pair(one.status == slot_status::leased, one.last_used);
        };
        if (victim == none || order(held) < order(connections_[victim])) victim = id;
    }
    if (victim == none) return;
    slot& surplus = connections_[victim];
    surplus.moving = true;
    if (surplus.status == slot_status::leased) {
        surplus.due = true;
    } else if (!start_renewal(victim, now)) {
        connections_[victim].moving = false;
    }
}

}  // namespace podpool::core
