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
    next_move_ = std::max(later(now, rng_.up_to(move_interval() * 6 / 5)), next_turn_);
    maintenance_at_ = std::min(maintenance_at_, next_move_);
}

/// A member has come of which the pool was told at once: it gets a session within half a second, whatever
/// else is being moved. Where many pools were told at the same time they take longer, so that about a hundred
/// a second come, but no longer than a move may take.
inline void machine::expect_first_session(endpoint_id id, time_point now) {
    constexpr duration usual = std::chrono::milliseconds(500);
    constexpr duration apart = std::chrono::milliseconds(10);
    if (!settings_.rebalance) return;
    const auto for_all = std::chrono::duration_cast<duration>(apart * pools_like_this());
    const duration longest = std::min(std::max(usual, for_all), move_interval() * 6 / 5);
    endpoints_[id].expected = true;
    first_session_at_ = std::min(first_session_at_, later(now, rng_.up_to(longest)));
    maintenance_at_ = std::min(maintenance_at_, first_session_at_);
}

/// How many pools as large as this one use the servers, by what these have told of their sessions.
inline double machine::pools_like_this() const {
    std::size_t sessions = 0;
    std::size_t own = 0;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        const server_total& told = endpoints_[id].total;
        if (!endpoints_[id].is_member() || !told.known) continue;
        sessions += told.sessions;
        own += told.own;
    }
    return own > 0 ? static_cast<double>(sessions) / static_cast<double>(own) : 1;
}

/// Gives a member that is expected its first session when it is time to. It takes a turn if there is one.
inline void machine::begin_first_session(time_point now) {
    constexpr duration pause = std::chrono::milliseconds(50);
    if (first_session_at_ <= now) {
        const surplus_place from = any_expected() ? fullest_with_surplus(now) : surplus_place{};
        const bool wanted = from.missing_at != none && endpoints_[from.missing_at].expected;
        first_session_at_ = wanted ? later(now, pause) : never;
        const bool busy = replacements_opening() >= renewals_at_once(connections_.totals().open());
        if (wanted && !busy && set_is_certain() && !move_pending()) {
            if (next_turn_ <= now) take_turn(now);
            move_one(from, now);
        }
    }
    maintenance_at_ = std::min(maintenance_at_, first_session_at_);
}

/// Moves one surplus connection when it is time to: it is replaced by one on the endpoint with the fewest.
inline void machine::rebalance(time_point now) {
    if (!moves_allowed_) return;
    begin_first_session(now);
    if (next_move_ > now) {
        maintenance_at_ = std::min(maintenance_at_, next_move_);
        return;
    }
    next_move_ = later(now, move_interval());
    maintenance_at_ = std::min(maintenance_at_, next_move_);
    // An address that one answer of DNS lacks may be back in the next.
    if (!set_is_certain()) return;
    const surplus_place from = fullest_with_surplus(now);
    if (from.where == none) {
        moves_allowed_ = openings_pending();
        return;
    }
    if (now < next_turn_ || replacements_opening() >= renewals_at_once(connections_.totals().open())) return;
    take_turn(now);
    move_one(from, now);
}

/// The time between two moves: `rebalance_pace` percent of the pool, at least one connection, in ten seconds.
inline duration machine::move_interval() const {
    constexpr duration period = std::chrono::seconds(10);
    constexpr std::size_t whole = 100;
    const std::size_t moves = (connections_.totals().open() * settings_.rebalance_pace + whole - 1) / whole;
    return period / static_cast<duration::rep>(std::max<std::size_t>(moves, 1));
}

/// A connection is being moved, or one that was due anyway is opened where it is wanted: the next move waits.
inline void machine::take_turn(time_point now) {
    next_turn_ = later(now, move_interval() * 11 / 10 + rng_.up_to(move_interval() / 20));
    next_move_ = std::max(next_move_, next_turn_);
}

/// An authority's last word holds, whatever it complains about since; an answer of others may be old.
inline bool machine::set_is_certain() const {
    return (by_authority_ || discovery_error_.empty()) && none_missing_;
}

/// Whether an endpoint that is discovered has yet to show whether it can be used.
inline bool machine::openings_pending() const {
    if (connections_.totals().open() == 0) return false;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        const endpoint_entry& entry = endpoints_[id];
        const bool wanted = entry.is_member() && connections_.at(id).share > 0;
        if (wanted && (!entry.proven || entry.failures > 0)) return true;
    }
    return false;
}

/// Whether a member of which the pool was told at once has had no session yet.
inline bool machine::any_expected() const {
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (endpoints_[id].expected && endpoints_[id].is_member()) return true;
    }
    return false;
}

/// Whether a connection moves as soon as its lease ends.
inline bool machine::move_pending() const {
    for (slot_id id = 0; id < connections_.size(); ++id) {
        const slot& held = connections_[id];
        if (held.moving && held.due && held.status != slot_status::closing && !held.renewing) return true;
    }
    return false;
}

/// Where a connection is to be moved from.
///
/// What was opened for a role moves among the endpoints of that role only; it would be opened again where it
/// was as soon as somebody wants it.
inline machine::surplus_place machine::fullest_with_surplus(time_point now) {
    if (!has_two_on_one() && !shares_vary_ && !roles_.prefer_standby && !any_leaving_) return {};
    count_loads();
    if (const endpoint_id left = primary_to_leave(now); left != none) return {.where = left};
    for (const role wanted : {role::any, role::primary, role::standby}) {
        if (const surplus_place from = fullest_for(wanted, now); from.where != none) return from;
    }
    return {};
}

/// Whether any endpoint has two connections: without a look at every endpoint, for small pools on many pods.
inline bool machine::has_two_on_one() const {
    for (slot_id id = 0; id < connections_.size(); ++id) {
        if (connections_[id].endpoint == none) continue;
        const endpoint_counts& counts = connections_.at(connections_[id].endpoint);
        if (counts.open() + counts.opening >= 2) return true;
    }
    return false;
}

/// The fullest endpoint of those that have a connection for this role, if one that may be dialled wants it
/// more: a move then makes the pool more even, and none moves back. Where all shares are the same, it has two
/// connections more than the other. What serves only for want of a member is left whenever one may be tried:
/// it won't serve for long, and nobody else would find out that the member is well again. What only a former
/// source has comes before all of them.
inline machine::surplus_place machine::fullest_for(role wanted, time_point now) const {
    endpoint_id fullest = none;
    endpoint_id emptiest = none;
    const auto order = [this](endpoint_id id) { return std::pair(endpoints_[id].superseded, last_seat(id)); };
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        const endpoint_entry& entry = endpoints_[id];
        const bool is_member = entry.is_member();
        const bool is_left = is_member || entry.superseded || (fallback_ && connections_.at(id).reachable);
        if (is_left && holds(id, wanted) && (fullest == none || order(id) > order(fullest))) fullest = id;
        if (!is_member) continue;
        if (emptiest != none && next_seat(id) >= next_seat(emptiest)) continue;
        if (may_suit(id, wanted, open_purpose::renewal) && may_dial(id, now)) emptiest = id;
    }
    if (fullest == none || emptiest == none) return {};
    const bool is_even = last_seat(fullest) <= next_seat(emptiest);
    if (is_even && endpoints_[fullest].is_member()) return {};
    return {.where = fullest, .wanted = wanted, .missing_at = emptiest};
}

/// With prefer_standby: the primary with the most connections if it has one for anybody and a standby, or
/// what may be one, can be tried. So standbys that were down are found well again, too.
inline endpoint_id machine::primary_to_leave(time_point now) const {
    if (!roles_.prefer_standby) return none;
    endpoint_id left = none;
    bool any_standby = false;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (!endpoints_[id].is_member()) continue;
        if (connections_.at(id).is != role::primary) {
            any_standby = any_standby || may_dial(id, now);
        } else if (holds(id, role::any) && (left == none || last_seat(id) > last_seat(left))) {
            left = id;
        }
    }
    return any_standby ? left : none;
}

/// Connections per endpoint, open and opening; those that are being replaced don't count.
inline void machine::count_loads() {
    loads_.assign(endpoints_.size(), 0);
    held_for_.assign(endpoints_.size(), {});
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (endpoints_[id].known) loads_[id] = connections_.at(id).open() + connections_.at(id).opening;
    }
    for (slot_id id = 0; id < connections_.size(); ++id) {
        const slot& leaving = connections_[id];
        const bool counted = leaving.status != slot_status::closing && leaving.status != slot_status::vacant;
        if (leaving.renewing && counted) --loads_[leaving.endpoint];
        if (counted) held_for_[leaving.endpoint][static_cast<std::size_t>(leaving.wanted)] = true;
    }
}

/// Replaces the endpoint's connection that was unused for longest; one that is in use when it comes back.
inline void machine::move_one(surplus_place from, time_point now) {
    slot_id victim = none;
    for (slot_id id = 0; id < connections_.size(); ++id) {
        const slot& held = connections_[id];
        if (held.endpoint != from.where || held.wanted != from.wanted) continue;
        if (!may_be_renewed(held)) continue;
        const auto order = [](const slot& one) {
            return std::pair(one.status != slot_status::idle, one.last_used);
        };
        if (victim == none || order(held) < order(connections_[victim])) victim = id;
    }
    if (victim == none) return;
    slot& surplus = connections_[victim];
    surplus.moving = true;
    if (surplus.status != slot_status::idle) {
        surplus.due = true;
    } else if (!start_renewal(victim, now)) {
        connections_[victim].moving = false;
    }
}

}  // namespace podpool::core
