// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/machine.hpp>

namespace podpool::core {

inline acquire_result machine::acquire(time_point now, time_point deadline, std::uintptr_t cookie,
                                       queue_end end, role wanted) {
    const auto refuse = [this](errc reason) {
        ++counters_.refusals;
        return acquire_result{{}, {}, reason};
    };
    if (closing_) return refuse(errc::pool_closed);
    if (!roles_.admits(wanted)) return refuse(errc::role_excluded);
    demand_[static_cast<std::size_t>(wanted)].asked = true;
    // Those who wait for another role don't want what is idle, or they would have it.
    if (waiters_.empty(wanted) || end == queue_end::front) {
        if (const grant found = take_idle(now, wanted)) {
            if (lacks_idle()) settle(now);
            return {found, {}, {}};
        }
    }
    if (all_rejected(now)) return refuse(errc::connection_rejected);
    if (end == queue_end::back && waiters_.size() >= settings_.max_waiters) {
        return refuse(errc::too_many_waiters);
    }
    if (waiters_.empty()) queue_since_ = now;
    const waiter_id waiter = waiters_.push(cookie, now, deadline, end == queue_end::front, wanted);
    settle(now);
    return {{}, waiter, {}};
}

inline bool machine::cancel(waiter_id waiter) {
    if (!waiters_.erase(waiter)) return false;
    ++counters_.cancellations;
    return true;
}

inline void machine::note_use_time(duration used) {
    use_time_.record(used);
    blend(estimated_use_, used);
}

inline std::uint64_t machine::await_ready(time_point now, time_point deadline, std::uintptr_t cookie) {
    const std::uint64_t request = readiness_.ask(cookie, deadline);
    settle(now);
    return request;
}

inline bool machine::cancel_ready(std::uint64_t request, time_point now) {
    const bool withdrawn = readiness_.withdraw(request);
    if (withdrawn) settle(now);
    return withdrawn;
}

/// The idle connection for a caller without a wish, or none.
inline grant machine::take_idle(time_point now) {
    while (!connections_.with_idle().empty()) {
        const auto leased = [this](endpoint_id id) { return connections_.at(id).leased(); };
        const auto by_share = [&](endpoint_id id) { return seat_at(id, leased(id)); };
        const endpoint_id chosen = uneven_shares_
                                       ? acquire_balancer_.pick(connections_.with_idle(), by_share, rng_)
                                       : acquire_balancer_.pick(connections_.with_idle(), leased, rng_);
        const slot_id id = connections_.at(chosen).newest;
        if (now < connections_[id].ends_at) return lease_newest(chosen, now);
        end_of_life(id);
        maintenance_at_ = std::min(maintenance_at_, now);
    }
    return primaries_help_ ? take_idle_of(role::primary, now) : grant{};
}

inline grant machine::lease_newest(endpoint_id where, time_point now) {
    const slot_id id = connections_.lease_newest(where);
    slot& leased = connections_[id];
    leased.since = now;
    const endpoint_counts& counts = connections_.at(where);
    if (counts.half_open) [[unlikely]]
        note_probe(where, now);
    // Seen in the same tick of a coarse clock as the loss may mean seen before it.
    const bool verify = now - leased.last_seen > verify_window || leased.last_seen <= counts.suspect_since;
    const bool unanswered = std::exchange(leased.unanswered, false);
    return {id, verify && !unanswered, counts.leases % timed_share == 1, unanswered};
}

inline void machine::released_slowly(slot_id id, const failure& why, bool needs_reset, time_point now) {
    if (why) {
        connection_failed(id, why, now);
    } else if (!ends_with_lease(id, now)) {
        if (needs_reset) {
            start_reset(id, now);
        } else {
            connections_[id].last_seen = seen_at_end(connections_[id], now);
            back_to_idle(id, now);
            // The common case of a busy pool: hand over, nothing else has changed.
            if (connections_[id].status == slot_status::leased) return;
        }
    }
    settle(now);
}

/// Closes a connection whose lease has ended if there is a reason to; whether there was one.
inline bool machine::ends_with_lease(slot_id id, time_point now) {
    const slot& returned = connections_[id];
    if (returned.doomed) {
        close_slot(id, returned.doom);
    } else if (now >= returned.ends_at) {
        end_of_life(id);
    } else if (surplus()) {
        close_slot(id, close_reason::surplus);
    } else if (must_make_way(id, now)) {
        close_slot(id, close_reason::displaced);
    } else {
        return false;
    }
    return true;
}

inline void machine::discarded(slot_id id, time_point now, close_reason why) {
    close_slot(id, why);
    settle(now);
}

inline void machine::replaced(slot_id id, time_point now) {
    const slot& returned = connections_[id];
    if (!returned.renewing && !returned.doomed) ++renewal_debt_;
    close_slot(id, returned.doomed ? returned.doom : close_reason::discarded);
    settle(now);
}

/// Makes a healthy connection ready and gives it to the first waiter, if any.
inline void machine::back_to_idle(slot_id id, time_point now) {
    slot& ready = connections_[id];
    ready.last_used = now;
    connections_.move(id, slot_status::idle);
    // With no overshoot its replacement is opened once it is closed: for a move now, else at its end.
    const bool may_go = ready.moving || settings_.renew_overshoot > 0;
    if (std::exchange(ready.due, false) && !(may_go && start_renewal(id, now))) {
        maintenance_at_ = std::min(maintenance_at_, now + renewal_pause());
    }
    serve(now);
}

/// Closes a broken connection and draws the conclusions about its endpoint.
inline void machine::connection_failed(slot_id id, const failure& why, time_point now) {
    if (connections_[id].former) return close_slot(id, close_reason::broken);
    const endpoint_id where = connections_[id].endpoint;
    const role wanted = connections_[id].wanted;
    const bool endpoint_failed =
        why.kind == failure_kind::endpoint_down || why.kind == failure_kind::wrong_role;
    close_slot(id, endpoint_failed ? close_reason::endpoint_failed : close_reason::broken);
    if (endpoint_failed) {
        endpoints_.failed(where, why, now, rng_);
        if (shares_vary_) update_shares(now);
        forget_role(where);
        allow_moves(now);
        if (why.kind == failure_kind::wrong_role) {
            abandon_connections_of(where, close_reason::endpoint_failed);
        } else {
            close_idle_of(where, close_reason::endpoint_failed);
        }
        end_doubt(where);
    } else {
        connections_.suspect(where, now);
        // What it was is known no longer from anybody.
        if (connections_.at(where).open() == 0) forget_role(where);
        if (why.kind == failure_kind::session_terminated) {
            doubt(where, wanted);
        } else if (!endpoints_[where].doubtful) {
            ask_a_sibling(where, now);
        }
    }
    actions_.push_back(action::refresh());
}

/// Gives a connection up: from now on it is only a socket to close.
inline void machine::close_slot(slot_id id, close_reason reason) {
    endpoint_entry& entry = endpoints_[connections_[id].endpoint];
    ++entry.closes[static_cast<std::size_t>(reason)];
    connections_.move(id, slot_status::closing);
    actions_.push_back(action::on_slot(action_kind::close, id));
}

/// Closes a connection whose time has come before its replacement was there: the pool owes itself one.
inline void machine::end_of_life(slot_id id) {
    // Those that were opened for a role come back when somebody wants them.
    if (!connections_[id].renewing && connections_[id].wanted == role::any) ++renewal_debt_;
    close_slot(id, close_reason::lifetime);
}

inline void machine::close_idle_of(endpoint_id id, close_reason reason) {
    while (connections_.at(id).oldest != none) close_slot(connections_.at(id).oldest, reason);
}

/// Closes a connection now if nobody uses it, else when it is returned; ends an attempt early.
inline void machine::doom_or_close(slot_id id, close_reason reason) {
    const slot& marked = connections_[id];
    switch (marked.status) {
        case slot_status::idle:
            close_slot(id, reason);
            break;
        case slot_status::leased:
            connections_.doom(id, reason);
            break;
        case slot_status::opening:
        case slot_status::resetting:
        case slot_status::checking:
            if (marked.doomed) break;
            connections_.doom(id, reason);
            actions_.push_back(action::on_slot(action_kind::abort, id));
            break;
        case slot_status::vacant:
        case slot_status::closing:
            break;
    }
}

/// Of an endpoint that has changed its role: what is leased works on and fails nobody, so nothing but this
/// would keep it from coming back for the next caller. What is being opened asks for the role itself.
inline void machine::abandon_connections_of(endpoint_id id, close_reason reason) {
    for (slot_id slot = 0; slot < connections_.size(); ++slot) {
        const core::slot& held = connections_[slot];
        if (held.endpoint == id && held.status != slot_status::opening) doom_or_close(slot, reason);
    }
}

inline const endpoint_info* machine::begin_open(slot_id id, time_point now) {
    slot& opening = connections_[id];
    const endpoint_id where = opening.endpoint;
    // It left the answer, or isn't ready any more, since it was chosen; what would serve nobody isn't
    // dialled.
    const endpoint_entry& chosen = endpoints_[where];
    const bool barred =
        chosen.vanished || chosen.superseded || (chosen.present() && !chosen.takes_connections());
    const bool misplaced =
        barred || !connections_.at(where).reachable || !may_suit(where, opening.wanted, opening.purpose);
    // As grow() counts: an attempt that hangs holds back none that was begun because it hangs.
    const bool unwanted = opening.purpose == open_purpose::demand &&
                          waiters_.size(opening.wanted) < patient_openings(opening.wanted, now);
    if (!opening.doomed && !misplaced && !unwanted) {
        opening.begun = true;
        return &endpoints_[where].info;
    }
    // Another endpoint makes up for it.
    if (misplaced && !opening.doomed && opening.purpose == open_purpose::renewal) {
        if (opening.replaces == none) ++renewal_debt_;
        maintenance_at_ = std::min(maintenance_at_, now);
    }
    end_of_opening(id);
    drop_question(where, id);
    connections_.move(id, slot_status::vacant);
    forget_if_unused(where);
    settle(now);
    return nullptr;
}

inline void machine::end_of_opening(slot_id id) {
    std::erase(openings_, id);
    const slot& ended = connections_[id];
    if (ended.replaces == none) return;
    slot& victim = connections_[ended.replaces];
    if (victim.generation == ended.replaces_generation) victim.renewing = false;
}

inline void machine::opened(slot_id id, time_point now, role seen) {
    end_of_opening(id);
    slot& fresh = connections_[id];
    if (drop_question(fresh.endpoint, id)) end_doubt(fresh.endpoint);
    const duration took = now - fresh.since;
    open_time_.record(took);
    blend(estimated_open_, took);
    if (fresh.former) {
        ++endpoints_[fresh.endpoint].opens;
    } else {
        // It was passed over meanwhile.
        const bool recovered = endpoints_[fresh.endpoint].failures > 0;
        if (recovered || took >= patience) allow_moves(now);
        endpoints_.succeeded(fresh.endpoint, now);
        if (recovered && shares_vary_) update_shares(now);
        learn_role(fresh.endpoint, seen, now);
    }
    const auto draw = fresh.purpose == open_purpose::renewal ? draw_lifetime : draw_first_lifetime;
    fresh.opened_at = fresh.last_used = fresh.last_seen = now;
    fresh.ends_at = later(now, draw(settings_.max_conn_lifetime, settings_.effective_jitter(), rng_));
    maintenance_at_ = std::min(maintenance_at_, now);
    if (fresh.doomed) {
        close_slot(id, fresh.doom);
    } else if (fresh.on_trial) {
        begin_trial(id, now);
    } else {
        finish_renewal(fresh, now);
        connections_.move(id, slot_status::idle);
    }
    settle(now);
}

/// Closes the connection that a new one replaces, unless it has gone meanwhile.
inline void machine::finish_renewal(slot& replacement, time_point now) {
    if (replacement.purpose != open_purpose::renewal) return;
    // It was opened to an endpoint whose role wasn't known: what it should replace is still wanted.
    if (replacement.wanted != role::any && !suits(replacement.endpoint, replacement.wanted)) return;
    note_renewal(now);
    if (replacement.replaces == none) return;
    if (connections_[replacement.replaces].generation != replacement.replaces_generation) return;
    const slot& old = connections_[replacement.replaces];
    const close_reason reason = old.moving ? close_reason::rebalanced : close_reason::lifetime;
    if (old.status == slot_status::idle) {
        // Nobody has used either since: a renewal is no reason to keep what is surplus for longer.
        replacement.last_used = old.last_used;
        close_slot(replacement.replaces, reason);
    } else if (old.status != slot_status::vacant && old.status != slot_status::closing) {
        connections_.doom(replacement.replaces, reason);
    }
}

inline void machine::open_failed(slot_id id, const failure& why, time_point now) {
    end_of_opening(id);
    const slot ended = connections_[id];
    connections_.move(id, slot_status::vacant);
    const bool was_asked = drop_question(ended.endpoint, id);
    if (!ended.doomed) {
        endpoints_.failed(ended.endpoint, why, now, rng_);
        if (shares_vary_) update_shares(now);
        allow_moves(now);
        ++endpoints_[ended.endpoint].open_failures;
        if (why.kind == failure_kind::endpoint_down) connections_.suspect(ended.endpoint, now);
        if (why.kind == failure_kind::wrong_role) {
            abandon_connections_of(ended.endpoint, close_reason::endpoint_failed);
            forget_role(ended.endpoint);
        } else if (connections_.at(ended.endpoint).open() == 0) {
            forget_role(ended.endpoint);
        }
        login_failed(ended.endpoint, why.kind, was_asked);
        if (ended.replaces == none && ended.purpose == open_purpose::renewal) ++renewal_debt_;
        actions_.push_back(action::refresh());
    }
    maintenance_at_ = std::min(maintenance_at_, now);
    forget_if_unused(ended.endpoint);
    settle(now);
}

inline void machine::maintained(slot_id id, const failure& why, time_point now) {
    slot& ready = connections_[id];
    const bool lost = why || ready.doomed || now >= ready.ends_at;
    const bool unwanted = id == trial_ && !end_trial(id, lost, now);
    if (drop_question(ready.endpoint, id) && !why) end_doubt(ready.endpoint);
    if (why && !ready.doomed) {
        connection_failed(id, why, now);
    } else if (ready.doomed) {
        close_slot(id, ready.doom);
    } else if (now >= ready.ends_at) {
        end_of_life(id);
    } else if (must_make_way(id, now)) {
        close_slot(id, close_reason::displaced);
    } else if (unwanted) {
        close_slot(id, close_reason::surplus);
    } else {
        ready.last_seen = seen_at_end(ready, now);
        const time_point used = ready.status == slot_status::checking ? ready.last_used : now;
        back_to_idle(id, now);
        connections_[id].last_used = used;  // not `ready`: a renewal may have moved the slots
    }
    settle(now);
}

inline void machine::closed(slot_id id, time_point now) {
    const endpoint_id where = connections_[id].endpoint;
    connections_.move(id, slot_status::vacant);
    forget_if_unused(where);
    settle(now);
}

/// Gives ready connections to waiters, first come first served among those whom a connection suits.
inline void machine::serve(time_point now) {
    review_health(now);
    expire_waiters(now);
    shed_waiters(now);
    std::array<bool, role_count> in_vain{};
    while (const std::optional<role> first = waiters_.first(in_vain)) {
        const grant found = take_idle(now, *first);
        if (!found) {
            in_vain[static_cast<std::size_t>(*first)] = true;
            continue;
        }
        ++counters_.waits;
        wait_time_.record(now - waiters_.front_since(*first));
        actions_.push_back(action::grant(found, waiters_.front_cookie(*first)));
        waiters_.pop_front(*first);
    }
}

inline void machine::expire_waiters(time_point now) {
    while (waiters_.next_deadline() <= now) {
        ++counters_.timeouts;
        actions_.push_back(action::refuse(waiters_.pop_earliest_deadline(), errc::acquire_timeout));
    }
}

/// Refuses those who have waited for too long, so that the others are served soon.
///
/// As CoDel (RFC 8289) in the form that suits callers with deadlines (Maurer, "Fail at Scale", ACM Queue
/// 2015): a queue that has been empty within the last interval is a burst, and each may wait for an interval;
/// one that stands only gets longer by waiting, and nobody waits for more than twice the target. There is
/// always somebody to serve, since who came last is never refused. A pool that still opens connections isn't
/// overrun but cold.
inline void machine::shed_waiters(time_point now) {
    if (settings_.overload != overload_policy::codel || waiters_.empty()) return;
    if (!openings_.empty() || connections_.live() < max_) {
        queue_since_ = now;
        return;
    }
    const duration target = std::max(least_target, estimated_use_);
    const duration interval = targets_per_interval * target;
    const duration limit = now - queue_since_ > interval ? 2 * target : interval;
    for (const role wanted : {role::any, role::primary, role::standby}) {
        while (waiters_.size(wanted) > 1 && now - waiters_.front_since(wanted) > limit) {
            ++counters_.sheds;
            actions_.push_back(action::refuse(waiters_.front_cookie(wanted), errc::overloaded));
            waiters_.pop_front(wanted);
        }
    }
}

inline void machine::refuse_all(errc reason) {
    while (!waiters_.empty()) {
        ++counters_.refusals;
        actions_.push_back(action::refuse(waiters_.front_cookie(), reason));
        waiters_.pop_front();
    }
}

inline void machine::retire_all(time_point now) {
    for (slot_id id = 0; id < connections_.size(); ++id) doom_or_close(id, close_reason::retired);
    settle(now);
}

inline void machine::renew_all(time_point now) {
    renew_before_ = now;
    maintenance_at_ = std::min(maintenance_at_, now);
    settle(now);
}

inline void machine::resize(std::size_t max_conns, time_point now) {
    max_ = std::max<std::size_t>(max_conns, 1);
    settle(now);
}

inline void machine::close(time_point now) {
    if (std::exchange(closing_, true)) return;
    refuse_all(errc::pool_closed);
    for (slot_id id = 0; id < connections_.size(); ++id) doom_or_close(id, close_reason::pool_closed);
    settle(now);
}

}  // namespace podpool::core
