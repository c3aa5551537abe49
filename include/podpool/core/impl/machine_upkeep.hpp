// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/machine.hpp>

namespace podpool::core {

/// Draws every conclusion from what has changed; called at the end of each event.
inline void machine::settle(time_point now) {
    if (fallback_ != none_reachable()) {
        update_usable();
        // What stands in for its role has a share from now on, or none.
        if (any_leaving_) update_shares(now);
    }
    if (any_leaving_) review_leaving(now);
    if (roles_.prefer_standby) review_preference(now);
    if (any_unwell_ && !closing_) ask_doubtful(now);
    serve(now);
    if (!waiters_.empty() && all_rejected(now)) refuse_all(errc::connection_rejected);
    if (!closing_) {
        read_answers(now);
        if (now >= maintenance_at_) maintain(now);
        grow(now);
        keep_minimum(now);
        pay_renewal_debt(now);
        trim();
    }
    answer_ready(now);
    crowded_ = connections_.live() > max_;
    settled_ = true;
    next_deadline_ = earliest_deadline(now);
}

inline std::size_t machine::hard_room() const {
    const std::size_t bound = max_ + settings_.renew_overshoot;
    return bound > connections_.sockets() ? bound - connections_.sockets() : 0;
}

inline std::size_t machine::room() const {
    const std::size_t live = connections_.live();
    return std::min(max_ > live ? max_ - live : 0, hard_room());
}

inline bool machine::start_open(open_purpose purpose, time_point now, slot_id replaces, role wanted) {
    const endpoint_id leaving = replaces == none ? none : connections_[replaces].endpoint;
    const endpoint_id where = choose_for_opening(now, leaving, wanted, purpose);
    return where != none && start_open_on(where, purpose, now, replaces, wanted);
}

inline bool machine::start_open_on(endpoint_id where, open_purpose purpose, time_point now, slot_id replaces,
                                   role wanted) {
    const slot_id id = connections_.allocate(where, now);
    slot& opening = connections_[id];
    opening.purpose = purpose;
    opening.wanted = wanted;
    // Whatever it is opened for, it makes up for a connection that has gone.
    if (purpose != open_purpose::renewal && renewal_debt_ > 0) --renewal_debt_;
    if (replaces != none) {
        opening.replaces = replaces;
        opening.replaces_generation = connections_[replaces].generation;
        connections_[replaces].renewing = true;
    }
    openings_.push_back(id);
    endpoints_[where].spend(now, settings_.max_opens_per_second);
    endpoints_[where].expected = false;
    actions_.push_back(action::on_slot(action_kind::open, id));
    return true;
}

/// Attempts under way for those who want this role, but for the ones that hang.
inline std::size_t machine::patient_openings(role wanted, time_point now) const {
    return static_cast<std::size_t>(std::count_if(openings_.begin(), openings_.end(), [&](slot_id id) {
        const slot& opening = connections_[id];
        return opening.wanted == wanted && !opening.doomed && !is_slow(opening, now);
    }));
}

inline growth_view machine::growth(role wanted, time_point now) const {
    growth_view view;
    view.waiters = waiters_.size(wanted);
    view.opening = patient_openings(wanted, now);
    view.open = open_for(wanted);
    view.room = room();
    view.use_time = estimated_use_;
    view.open_time = estimated_open_;
    view.oldest_wait = now - waiters_.front_since(wanted);
    return view;
}

/// Opens what those who wait need: first for those whose first one waits for longest.
inline void machine::grow(time_point now) {
    std::array<bool, role_count> done{};
    while (const std::optional<role> next = waiters_.first(done)) {
        done[static_cast<std::size_t>(*next)] = true;
        grow_for(*next, now);
    }
}

inline void machine::grow_for(role wanted, time_point now) {
    if (wanted != role::any) look_for(wanted, now);
    growth_view view = growth(wanted, now);
    if (view.waiters > view.opening && view.room == 0) {
        make_room_from_parked(view.waiters - view.opening);
        make_room_from_others(wanted, view.waiters - view.opening, now);
        view.room = room();
    }
    for (std::size_t count = opens_wanted(view); count > 0; --count) {
        if (!start_open(open_purpose::demand, now, none, wanted)) return;
    }
}

/// Closes idle connections of endpoints that are absent or not ready, which serve nobody, when they take the
/// room that waiting callers need.
inline void machine::make_room_from_parked(std::size_t wanted) {
    if (fallback_) return;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        const endpoint_entry& entry = endpoints_[id];
        if (!entry.known || entry.takes_connections() || entry.superseded) continue;
        while (connections_.at(id).oldest != none) {
            if (wanted == 0) return;
            close_slot(connections_.at(id).oldest, close_reason::endpoint_removed);
            --wanted;
        }
    }
}

/// How many connections are kept open.
inline std::size_t machine::minimum() const {
    const std::size_t least = readiness_.asked() ? 1 : 0;
    return std::min(std::max(settings_.min_conns, least), max_);
}

/// The pool is ready when its minimum is open.
inline void machine::answer_ready(time_point now) {
    if (!readiness_.asked()) return;
    const tally& totals = connections_.totals();
    readiness::state standing = readiness::state::not_yet;
    if (closing_) {
        standing = readiness::state::closed;
    } else if (totals.idle + totals.maintaining + totals.active >= minimum()) {
        standing = readiness::state::ready;
    } else if (all_rejected(now)) {
        standing = readiness::state::rejected;
    }
    readiness_.answer(standing, now, actions_);
}

inline void machine::keep_minimum(time_point now) {
    const tally& totals = connections_.totals();
    const std::size_t kept = connections_.live() - connections_.doomed() - replacements_opening();
    const std::size_t unclaimed =
        openings_.size() > waiters_.size() ? openings_.size() - waiters_.size() : std::size_t{0};
    const std::size_t spare = totals.idle + totals.maintaining + unclaimed;
    for (std::size_t wanted =
             opens_for_minimum(kept, spare, minimum(), std::min(settings_.min_idle_conns, max_), room());
         wanted > 0; --wanted) {
        if (!start_open(open_purpose::minimum, now)) return;
    }
}

/// Opens what lifetime ends have taken before a replacement was there.
inline void machine::pay_renewal_debt(time_point now) {
    while (renewal_debt_ > 0 && room() > 0) {
        if (!start_open(open_purpose::renewal, now)) return;
        --renewal_debt_;
    }
    // A pool that is full again owes nothing.
    if (connections_.live() >= max_) renewal_debt_ = 0;
}

inline std::size_t machine::replacements_opening() const {
    const std::size_t on_trial = trial_ != none && !connections_[trial_].doomed ? 1 : 0;
    return on_trial +
           static_cast<std::size_t>(std::count_if(openings_.begin(), openings_.end(), [&](slot_id id) {
               return connections_[id].replaces != none && !connections_[id].doomed;
           }));
}

/// More connections than max_conns, those on their way out and their replacements not counted.
inline bool machine::surplus() const {
    return connections_.live() > max_ &&
           connections_.live() > max_ + connections_.doomed() + replacements_opening();
}

/// Closes surplus connections that nobody uses: of the fullest endpoint, the one unused for longest.
inline void machine::trim() {
    while (surplus()) {
        endpoint_id fullest = none;
        for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
            if (!endpoints_[id].known || connections_.at(id).oldest == none) continue;
            const auto seat = [this](endpoint_id of) {
                return seat_at(of, connections_.at(of).open() - 1.0);
            };
            if (fullest == none || seat(id) > seat(fullest)) fullest = id;
        }
        if (fullest == none) return;
        close_slot(connections_.at(fullest).oldest, close_reason::surplus);
    }
}

/// Looks at every connection's age; sets when to look again.
inline void machine::maintain(time_point now) {
    maintenance_at_ = never;
    if (shares_vary_) update_shares(now);
    renew(now);
    renew_older(now);
    rebalance(now);
    shed(now);
    close_unused(now);
    check_idle(now);
    report_leaks(now);
    // What is in use comes back unseen by this, and is due for a check or for closing no sooner.
    if (connections_.totals().leased() + connections_.totals().maintaining > 0) {
        const duration soonest = std::min(settings_.health_check_period, settings_.max_conn_idle_time);
        maintenance_at_ = std::min(maintenance_at_, later(now, soonest));
    }
    // Whatever is overdue but had to wait is looked at again soon, not at once for ever.
    maintenance_at_ = std::max(maintenance_at_, now + std::chrono::milliseconds(10));
}

/// Ends idle connections whose time has come and starts the renewals that are due.
inline void machine::renew(time_point now) {
    aging_.clear();
    std::size_t under_way = 0;
    for (slot_id id = 0; id < connections_.size(); ++id) {
        const slot& aged = connections_[id];
        if (aged.status == slot_status::idle && now >= aged.ends_at) {
            end_of_life(id);
            continue;
        }
        if (aged.renewing) ++under_way;
        if (aged.status == slot_status::idle) maintenance_at_ = std::min(maintenance_at_, aged.ends_at);
        if (may_be_renewed(aged)) aging_.emplace_back(aged.ends_at, id);
    }
    std::sort(aging_.begin(), aging_.end());
    const std::size_t allowed = renewals_at_once(connections_.totals().open());
    const duration lead = renewal_lead(settings_.max_conn_lifetime, estimated_open_);
    const duration gap = renewal_gap(settings_.max_conn_lifetime, aging_.size());
    for (std::span<const std::pair<time_point, slot_id>> left(aging_); !left.empty();
         left = left.subspan(1)) {
        const slot_id victim = left.front().second;
        const slot& next = connections_[victim];
        // A small pool would renew at once what it has just opened, if two short lives were drawn.
        const time_point half_way = next.opened_at + (next.ends_at - next.opened_at) / 2;
        const time_point start = std::max(next_renewal(left, lead, gap), half_way);
        if (start > now) {
            maintenance_at_ = std::min(maintenance_at_, start);
            return;
        }
        connections_[victim].moving = false;
        if (connections_[victim].status != slot_status::idle) {
            connections_[victim].due = true;
        } else if (under_way >= allowed || !start_renewal(victim, now)) {
            maintenance_at_ = std::min(maintenance_at_, now + renewal_pause());
            return;
        } else {
            ++under_way;
        }
    }
}

/// Renews one of those that renew_all() was about: an idle one first, else one that is in use when it comes
/// back.
inline void machine::renew_older(time_point now) {
    if (!renew_before_) return;
    if (next_turn_ > now) {
        maintenance_at_ = std::min(maintenance_at_, next_turn_);
        return;
    }
    slot_id victim = none;
    for (slot_id id = 0; id < connections_.size(); ++id) {
        const slot& held = connections_[id];
        if (!may_be_renewed(held) || held.opened_at >= *renew_before_) continue;
        if (victim == none || held.status == slot_status::idle) victim = id;
    }
    if (victim == none) {
        renew_before_.reset();
        return;
    }
    take_turn(now);
    maintenance_at_ = std::min(maintenance_at_, next_turn_);
    connections_[victim].moving = false;
    if (connections_[victim].status != slot_status::idle) {
        connections_[victim].due = true;
    } else {
        start_renewal(victim, now);
    }
}

/// Has each lease reported once that is out for longer than it should be.
inline void machine::report_leaks(time_point now) {
    if (!settings_.leak_threshold) return;
    const duration threshold = *settings_.leak_threshold;
    // Leases that begin meanwhile aren't seen before the next look.
    maintenance_at_ = std::min(maintenance_at_, later(now, threshold));
    for (slot_id id = 0; id < connections_.size(); ++id) {
        slot& held = connections_[id];
        if (held.status != slot_status::leased || held.reported_since == held.since) continue;
        const time_point overdue = later(held.since, threshold);
        if (overdue > now) {
            maintenance_at_ = std::min(maintenance_at_, overdue);
            continue;
        }
        held.reported_since = held.since;
        ++counters_.leaks;
        actions_.push_back(action::on_slot(action_kind::report, id));
    }
}

/// How long a renewal that can't start now waits.
inline duration machine::renewal_pause() const {
    const duration gap = renewal_gap(settings_.max_conn_lifetime, connections_.totals().open());
    return std::clamp<duration>(gap, std::chrono::milliseconds(10), std::chrono::seconds(1));
}

/// Opens the replacement of a connection; with no overshoot allowed an idle one is closed first.
inline bool machine::start_renewal(slot_id victim, time_point now) {
    if (connections_[victim].renewing) return true;
    if (connections_.live() >= max_ + settings_.renew_overshoot) {
        if (settings_.renew_overshoot > 0 || connections_[victim].status != slot_status::idle) return false;
        end_of_life(victim);
        return true;
    }
    if (hard_room() == 0) return false;
    if (!start_open(open_purpose::renewal, now, victim, connections_[victim].wanted)) return false;
    if (moves_allowed_ && !connections_[victim].moving) take_turn(now);
    return true;
}

/// Closes what was unused for the whole idle time, longest unused first, but keeps the minimum sizes.
inline void machine::close_unused(time_point now) {
    aging_.clear();
    for (slot_id id = 0; id < connections_.size(); ++id) {
        if (connections_[id].status == slot_status::idle) aging_.emplace_back(connections_[id].last_used, id);
    }
    std::sort(aging_.begin(), aging_.end());
    const std::size_t uncounted = connections_.doomed() + replacements_opening();
    for (const auto& [last_used, id] : aging_) {
        const tally& totals = connections_.totals();
        const bool above_minimum =
            connections_.live() - uncounted > settings_.min_conns && totals.idle > settings_.min_idle_conns;
        if (!above_minimum) return;
        const time_point end = later(last_used, settings_.max_conn_idle_time);
        if (end > now) {
            maintenance_at_ = std::min(maintenance_at_, end);
            return;
        }
        close_slot(id, close_reason::idle_timeout);
    }
}

/// Asks idle connections for a sign of life once a period, a few at a time.
inline void machine::check_idle(time_point now) {
    std::size_t under_way = 0;
    aging_.clear();
    for (slot_id id = 0; id < connections_.size(); ++id) {
        const slot& quiet = connections_[id];
        if (quiet.status == slot_status::checking) ++under_way;
        if (quiet.status == slot_status::idle) aging_.emplace_back(quiet.last_seen, id);
    }
    std::sort(aging_.begin(), aging_.end());
    const std::size_t allowed = renewals_at_once(aging_.size() + under_way);
    for (const auto& [last_seen, id] : aging_) {
        const time_point due = later(last_seen, settings_.health_check_period);
        if (due > now || under_way >= allowed) {
            maintenance_at_ = std::min(maintenance_at_, due);
            return;
        }
        ++under_way;
        start_check(id, now);
    }
}

/// When something happens by time alone: maintenance, an attempt that loses its patience, the end of a
/// back-off that somebody waits for.
inline time_point machine::earliest_deadline(time_point now) const {
    if (closing_) return never;
    time_point earliest = maintenance_at_;
    const auto at = [&](time_point when) {
        if (when > now) earliest = std::min(earliest, when);
    };
    for (const role wanted : {role::any, role::primary, role::standby}) {
        if (waiters_.empty(wanted)) continue;
        if (estimated_open_ > duration{0}) at(waiters_.front_since(wanted) + estimated_open_);
        if (wanted != role::any) at(demand_[static_cast<std::size_t>(wanted)].next_search);
    }
    at(readiness_.next_deadline());
    for (const slot_id id : checks_) at(connections_[id].since + std::max(patience, 4 * estimated_open_));
    for (endpoint_id id = 0; any_unwell_ && id < endpoints_.size(); ++id) {
        if (endpoints_[id].ejection.ejected) at(endpoints_[id].ejection.probe_at);
    }
    const tally& totals = connections_.totals();
    const bool wants_more = !waiters_.empty() || renewal_debt_ > 0 || connections_.live() < minimum() ||
                            totals.idle + totals.maintaining < std::min(settings_.min_idle_conns, max_);
    if (wants_more) {
        for (const slot_id id : openings_) {
            at(connections_[id].since + std::max(patience, 4 * estimated_open_));
        }
        for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
            if (!endpoints_[id].takes_connections()) continue;
            at(endpoints_[id].retry_at);
            at(endpoints_[id].credit_at);
        }
    }
    return earliest;
}

}  // namespace podpool::core
