// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/machine.hpp>

namespace podpool::core {

inline grant machine::try_acquire(time_point now, role wanted) {
    if (wanted == role::any) return try_acquire(now);
    demand_[static_cast<std::size_t>(wanted)].asked = true;
    if (!waiters_.empty(wanted) || closing_) return {};
    const grant found = take_idle_of(wanted, now);
    if (lacks_idle()) settle(now);
    return found;
}

/// As take_idle(), among the endpoints of one role.
inline grant machine::take_idle_of(role wanted, time_point now) {
    for (;;) {
        candidates_.clear();
        for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
            if (!suits(id, wanted) || connections_.at(id).newest == none) continue;
            if (!is_kept_back(id, wanted)) candidates_.push_back(id);
        }
        if (candidates_.empty()) return {};
        const endpoint_id chosen = role_balancers_[static_cast<std::size_t>(wanted)].pick(
            candidates_, [this](endpoint_id id) { return connections_.at(id).leased(); }, rng_);
        const slot_id id = connections_.at(chosen).newest;
        if (now < connections_[id].ends_at) return lease_newest(chosen, now);
        end_of_life(id);
        maintenance_at_ = std::min(maintenance_at_, now);
    }
}

/// Whether an idle connection to the endpoint may be handed to one who wants this role.
inline bool machine::suits(endpoint_id id, role wanted) const {
    const endpoint_counts& counts = connections_.at(id);
    return wanted == role::any ? counts.usable : counts.reachable && counts.is == wanted;
}

/// Whether an endpoint may be dialled for one who wants this role: it has the role as far as is known, or
/// has to be asked and can't be on an idle connection. What isn't well isn't dialled while others serve.
inline bool machine::may_suit(endpoint_id id, role wanted, open_purpose purpose) const {
    const endpoint_counts& counts = connections_.at(id);
    if (purpose == open_purpose::verdict) return true;
    if (is_kept_back(id, wanted)) return false;
    if (wanted == role::any) {
        return serves_all(id) && counts.share > 0 && (!standbys_serve_ || counts.is != role::primary);
    }
    if (counts.is == wanted) return true;
    if (endpoints_[id].role_told || counts.newest != none || is_checked(id)) return false;
    return purpose == open_purpose::demand || counts.is == role::unknown;
}

/// Whether whoever waits for a connection to the endpoint may hope to get one soon.
inline bool machine::can_serve(endpoint_id id, time_point now) const {
    const endpoint_entry& entry = endpoints_[id];
    if (connections_.at(id).reachable && connections_.at(id).newest != none) return true;
    return entry.takes_connections() && entry.failures == 0 && !has_slow_opening(id, now);
}

inline bool machine::can_open_for(role wanted, time_point now) const {
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (may_suit(id, wanted, open_purpose::demand) && may_dial(id, now)) return true;
    }
    return false;
}

inline std::size_t machine::open_for(role wanted) const {
    const bool all_serve = !standbys_serve_ && !any_unwell_ && !any_leaving_;
    if (wanted == role::any && all_serve) return connections_.totals().open();
    std::size_t open = 0;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (suits(id, wanted) && !is_kept_back(id, wanted)) open += connections_.at(id).open();
    }
    return open;
}

inline bool machine::is_checked(endpoint_id id) const {
    for (slot_id slot = 0; slot < connections_.size(); ++slot) {
        const core::slot& seen = connections_[slot];
        if (seen.endpoint == id && seen.status == slot_status::checking) return true;
    }
    return false;
}

// --- What is known of roles ---

inline void machine::role_seen(slot_id id, role seen, time_point now) {
    if (connections_[id].former) return;
    const endpoint_id where = connections_[id].endpoint;
    const bool news = seen != connections_.at(where).is;
    learn_role(where, seen, now);
    if (news) settle(now);
}

inline void machine::role_doubted(slot_id id, time_point now) {
    const endpoint_id where = connections_[id].endpoint;
    if (connections_[id].former || connections_.at(where).is != role::primary) return;
    forget_role(where);
    if (!closing_) ask_role(where, now);
    settle(now);
}

inline void machine::learn_role(endpoint_id id, role seen, time_point now) {
    endpoints_[id].role_told = true;
    const role before = connections_.at(id).is;
    if (seen == before) return;
    connections_.set_role(id, seen);
    if (roles_.prefer_standby) {
        update_usable();
        allow_moves(now);
    }
    if (before != role::standby || seen != role::primary) return;
    // A promotion: the primary before it is none any more, or will be told so.
    for (endpoint_id other = 0; other < endpoints_.size(); ++other) {
        if (other == id || !endpoints_[other].known || connections_.at(other).is != role::primary) continue;
        forget_role(other);
        if (!closing_) ask_role(other, now);
    }
}

/// The endpoint may have another role from now on: nobody who wants one is served by it until it has told.
inline void machine::forget_role(endpoint_id id) {
    endpoints_[id].role_told = false;
    if (connections_.at(id).is == role::unknown) return;
    connections_.set_role(id, role::unknown);
    if (roles_.prefer_standby) update_usable();
}

/// Asks on an idle connection, if there is one; the next one that is opened tells as well.
inline void machine::ask_role(endpoint_id id, time_point now) {
    const slot_id asked = connections_.at(id).oldest;
    if (asked == none || is_checked(id)) return;
    start_check(asked, now);
}

/// Callers wait for a role that nobody is known to have: everybody is asked, those first whose role isn't
/// known, and again in growing intervals, since a promotion takes its time and may not be announced.
inline void machine::look_for(role wanted, time_point now) {
    role_demand& demand = demand_[static_cast<std::size_t>(wanted)];
    bool unasked = false;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (!endpoints_[id].known || !can_serve(id, now)) continue;
        const endpoint_counts& counts = connections_.at(id);
        if (counts.is == wanted) {
            demand.searches = 0;
            demand.next_search = {};
            return;
        }
        unasked = unasked || (counts.is == role::unknown && !endpoints_[id].role_told && counts.open() == 0);
    }
    const bool again = now >= demand.next_search && !unasked;
    if (again) demand.next_search = now + backoff(failure_kind::wrong_role, ++demand.searches, rng_);
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        endpoint_entry& entry = endpoints_[id];
        if (!entry.known || entry.removed || connections_.at(id).is == wanted) continue;
        if (again) entry.role_told = false;
        if (!entry.role_told) ask_role(id, now);
    }
}

// --- Room for one role at the expense of another ---

/// Closes idle connections that are no use to those who wait, when they take the room of what is. Those of
/// an endpoint that only lets a question wait aren't among them: it may answer the next moment.
inline void machine::make_room_from_others(role wanted, std::size_t missing, time_point now) {
    if (wanted == role::any && !standbys_serve_ && !any_unwell_ && !any_leaving_) return;
    const auto is_of_use = [&](endpoint_id id) {
        if (endpoints_[id].ejection.ejected && is_kept_back(id, wanted)) return false;
        return wanted == role::any ? serves_all(id) && !gives_way(id) : connections_.at(id).is == wanted;
    };
    // Below it there is room, if only when sockets that are being closed have gone.
    if (connections_.live() < max_ || !can_open_for(wanted, now)) return;
    growth_view view = growth(wanted, now);
    view.room = missing;
    for (std::size_t count = opens_wanted(view); count > 0; --count) {
        endpoint_id idlest = none;
        for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
            if (!connections_.at(id).reachable || connections_.at(id).oldest == none) continue;
            if (is_of_use(id)) continue;
            if (idlest == none || connections_.at(id).idle > connections_.at(idlest).idle) idlest = id;
        }
        if (idlest == none) return;
        close_slot(connections_.at(idlest).oldest, close_reason::displaced);
    }
}

/// Whether a connection that comes back must be closed for the sake of somebody who came before all whom it
/// suits: nothing is open or being opened for his role, and without room nothing ever would be.
inline bool machine::must_make_way(slot_id returned, time_point now) const {
    if (waiters_.empty() || connections_.live() < max_) return false;
    const endpoint_id where = connections_[returned].endpoint;
    if (!connections_.at(where).reachable) return false;
    constexpr std::array all{role::any, role::primary, role::standby};
    return std::any_of(all.begin(), all.end(), [&](role wanted) {
        if (waiters_.empty(wanted) || suits(where, wanted)) return false;
        const bool late = std::any_of(all.begin(), all.end(), [&](role other) {
            return !waiters_.empty(other) && suits(where, other) && waiters_.comes_before(other, wanted);
        });
        return !late && open_for(wanted) == 0 && patient_openings(wanted, now) == 0 &&
               can_open_for(wanted, now);
    });
}

// --- prefer-standby ---

/// Whether an endpoint is a primary, while standbys are preferred and one can serve.
inline bool machine::gives_way(endpoint_id id) const {
    return standbys_serve_ && connections_.at(id).is == role::primary;
}

/// Finds out whether standbys can serve those who want no role. A server that doesn't tell its role counts
/// as one, and so does one that is yet to be asked.
inline void machine::review_preference(time_point now) {
    bool serve = false;
    for (endpoint_id id = 0; id < endpoints_.size() && !serve; ++id) {
        if (!endpoints_[id].known || endpoints_[id].ejection.ejected || !serves_all(id)) continue;
        serve = connections_.at(id).is != role::primary && can_serve(id, now);
    }
    if (serve != standbys_serve_) {
        standbys_serve_ = serve;
        // While the primaries stood in they were given connections: they go on serving until they have been
        // moved one by one, so that a standby that comes back isn't met by all callers at once.
        primaries_help_ = serve && has_stragglers();
        update_usable();
        allow_moves(now);
    } else if (primaries_help_) {
        primaries_help_ = has_stragglers();
    }
}

/// Whether a connection is where callers without a wish are served only for want of a standby.
inline bool machine::is_straggler(const slot& held) const {
    if (held.status == slot_status::vacant || held.status == slot_status::closing || held.doomed)
        return false;
    return held.status != slot_status::opening && held.wanted == role::any &&
           connections_.at(held.endpoint).is == role::primary;
}

inline bool machine::has_stragglers() const {
    for (slot_id id = 0; id < connections_.size(); ++id) {
        if (is_straggler(connections_[id])) return true;
    }
    return false;
}

}  // namespace podpool::core
