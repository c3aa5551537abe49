// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/machine.hpp>

namespace podpool::core {

/// Asks an idle connection for a sign of life and notes the question.
inline void machine::start_check(slot_id id, time_point now, bool in_doubt) {
    connections_.move(id, slot_status::checking);
    connections_[id].unanswered = false;  // read before the question is asked
    connections_[id].since = now;
    connections_[id].in_doubt = in_doubt;
    checks_.push_back(id);
    actions_.push_back(action::on_slot(action_kind::check, id));
}

/// One connection of the endpoint was lost. Whether its server is gone shows at the others' sockets; whether
/// it hangs shows only when one of them is asked.
inline void machine::ask_a_sibling(endpoint_id where, time_point now) {
    const slot_id asked = connections_.at(where).oldest;
    if (!closing_ && asked != none && !is_checked(where)) start_check(asked, now, true);
}

/// Whether the endpoint's connections are kept from callers who want this role: it is in doubt, or it isn't
/// well and another endpoint can serve them.
inline bool machine::is_kept_back(endpoint_id id, role wanted) const {
    const endpoint_entry& entry = endpoints_[id];
    if (entry.doubtful) return true;
    const bool unwell = entry.silent || (entry.ejection.ejected && !connections_.at(id).half_open);
    return unwell && others_serve_[static_cast<std::size_t>(wanted)];
}

// --- Doubt: did a server end one session, or does it end them all? ---
//
// PostgreSQL says the same (SQLSTATE 57P01) when an administrator ends one session and when it shuts down.
// But a server that shuts down refuses logins before it ends its sessions. So the replacement of the lost
// connection is dialled at once, and its login decides about the endpoint's idle connections. Nobody gets one
// of them meanwhile.

/// Begins to doubt an endpoint that has ended a session; ask_doubtful() asks it.
inline void machine::doubt(endpoint_id id, role wanted) {
    endpoint_entry& entry = endpoints_[id];
    if (closing_ || entry.doubtful) return;
    entry.doubtful = true;
    entry.doubted_for = wanted;
    entry.asked_by = none;
    any_unwell_ = true;
    update_usable();
}

/// Asks each endpoint in doubt that isn't being asked: by a login, or, where there is no room for one or the
/// server has none, on an idle connection.
inline void machine::ask_doubtful(time_point now) {
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        const endpoint_entry& entry = endpoints_[id];
        if (!entry.doubtful || entry.asked_by != none) continue;
        const bool known_down = entry.last_failure.kind == failure_kind::endpoint_down &&
                                entry.failures > 0 && now < entry.retry_at;
        if (known_down) close_idle_of(id, close_reason::endpoint_failed);
        const slot_id oldest = connections_.at(id).oldest;
        const bool may_dial = entry.dialable(now) && connections_.live() < max_;
        // Without an idle connection to ask on, those that are leased find out by themselves.
        const bool can_ask = may_dial || oldest != none;
        if (known_down || entry.removed || connections_.at(id).open() == 0 || !can_ask) {
            end_doubt(id);
        } else if (may_dial) {
            // The socket of the lost connection may still take the place of the new one.
            if (hard_room() == 0) continue;
            start_open_on(id, open_purpose::verdict, now, none, entry.doubted_for);
            endpoints_[id].asked_by = openings_.back();
        } else {
            start_check(oldest, now, true);
            endpoints_[id].asked_by = oldest;
        }
    }
}

/// Notes that the question of an endpoint in doubt has ended; false if this slot didn't ask it.
inline bool machine::drop_question(endpoint_id id, slot_id asked) {
    endpoint_entry& entry = endpoints_[id];
    if (entry.asked_by != asked) return false;
    entry.asked_by = none;
    return true;
}

/// What a failed login says of an endpoint in doubt. `was_asked`: it began after the doubt.
inline void machine::login_failed(endpoint_id id, failure_kind why, bool was_asked) {
    if (!endpoints_[id].doubtful) return;
    switch (why) {
        case failure_kind::endpoint_down:
        case failure_kind::connection_lost:
        case failure_kind::session_terminated:
            close_idle_of(id, close_reason::endpoint_failed);
            forget_role(id);
            end_doubt(id);
            break;
        case failure_kind::overloaded:
            break;  // an idle connection is asked next
        default:
            // A server that refuses this login for its own sake is up.
            if (was_asked) end_doubt(id);
    }
}

inline void machine::end_doubt(endpoint_id id) {
    endpoint_entry& entry = endpoints_[id];
    if (!entry.doubtful) return;
    entry.doubtful = false;
    entry.asked_by = none;
    update_usable();
}

/// Finds out which endpoints aren't well, and whether others serve meanwhile: then callers are kept from
/// those.
///
/// An endpoint isn't well that lets a question wait, one that was asked in doubt at once, another after the
/// patience that an attempt to open has; nor is one that is ejected. When there is nobody else it serves all
/// the same: waiting for an answer is then no better than trying.
inline void machine::review_health(time_point now) {
    if (checks_.empty() && !any_unwell_) return;
    std::erase_if(checks_, [&](slot_id id) { return connections_[id].status != slot_status::checking; });
    const auto waits = [&](slot_id id) {
        return connections_[id].in_doubt || is_slow(connections_[id], now);
    };
    if (!any_unwell_ && std::none_of(checks_.begin(), checks_.end(), waits)) return;
    any_unwell_ = false;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) endpoints_[id].silent = false;
    for (const slot_id id : checks_) {
        if (waits(id)) endpoints_[connections_[id].endpoint].silent = true;
    }
    others_serve_ = {};
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        const endpoint_entry& entry = endpoints_[id];
        const bool ejected = entry.known && entry.ejection.ejected;
        any_unwell_ = any_unwell_ || entry.silent || entry.doubtful || ejected;
        if (ejected && now >= entry.ejection.probe_at && !connections_.at(id).half_open) {
            connections_.set_half_open(id, true);
            // Its connections may have made way.
            allow_moves(now);
        }
        if (!is_sound(id)) continue;
        others_serve_[static_cast<std::size_t>(connections_.at(id).is)] = true;
        if (serves_all(id) && !gives_way(id)) others_serve_[static_cast<std::size_t>(role::any)] = true;
    }
    update_usable();
}

/// Whether an endpoint serves whoever comes.
inline bool machine::is_sound(endpoint_id id) const {
    const endpoint_entry& entry = endpoints_[id];
    const bool well = entry.failures == 0 && !entry.silent && !entry.doubtful && !entry.ejection.ejected;
    return entry.takes_connections() && well && connections_.at(id).open() > 0;
}

inline void machine::statement_failed(slot_id id, const failure& why, time_point now) {
    if (connections_[id].former) return;
    const endpoint_id where = connections_[id].endpoint;
    endpoint_entry& entry = endpoints_[where];
    entry.last_failure = why;
    entry.last_failure_at = now;
    if (!settings_.eject_after || closing_) return;
    any_errors_ = true;
    ejection_record& record = entry.ejection;
    if (record.ejected) {
        // What was leased before belongs to the trouble that it was ejected for.
        if (connections_[id].since <= record.judged_at) return;
    } else if (++record.errors < *settings_.eject_after || !may_eject(where)) {
        return;
    } else {
        entry.state_since = now;
    }
    record.eject(now, rng_);
    connections_.set_half_open(where, false);
    any_unwell_ = true;
    settle(now);
}

inline void machine::statement_served(slot_id id, time_point now) {
    if (connections_[id].former) return;
    const endpoint_id where = connections_[id].endpoint;
    endpoint_entry& entry = endpoints_[where];
    ejection_record& record = entry.ejection;
    if (record.ejected) {
        if (connections_[id].since <= record.judged_at) return;
        record.readmit(now);
        entry.state_since = now;
        connections_.set_half_open(where, false);
        allow_moves(now);
        settle(now);
    }
    record.errors = 0;
    any_errors_ = false;
    for (endpoint_id other = 0; other < endpoints_.size(); ++other) {
        const ejection_record& seen = endpoints_[other].ejection;
        any_errors_ = any_errors_ || seen.ejected || seen.errors > 0;
    }
}

/// Half of the endpoints at most (Envoy has a tenth, but with few of them that is none): errors that all of
/// them have are the statements' fault, and the others must carry the load.
inline bool machine::may_eject(endpoint_id id) const {
    if (!endpoints_[id].is_member()) return false;
    std::size_t ejected = 1;
    for (endpoint_id other = 0; other < endpoints_.size(); ++other) {
        if (endpoints_[other].is_member() && endpoints_[other].ejection.ejected) ++ejected;
    }
    return 2 * ejected <= endpoints_.members();
}

/// The lease that finds out whether an ejected endpoint is well has begun: the others wait for what it finds,
/// or for as long again.
inline void machine::note_probe(endpoint_id where, time_point now) {
    ejection_record& record = endpoints_[where].ejection;
    record.wait(now, rng_);
    connections_.set_half_open(where, false);
    update_usable();
    next_deadline_ = std::min(next_deadline_, record.probe_at);
    settled_ = true;
}

}  // namespace podpool::core
