// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/machine.hpp>

namespace podpool::core {

/// Asks an idle connection for a sign of life and notes the question.
inline void machine::start_check(slot_id id, time_point now, bool in_doubt) {
    connections_.move(id, slot_status::checking);
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

/// Keeps back the idle connections of endpoints that let a question wait: one that was asked in doubt at
/// once, another after the patience that an attempt to open has. Not when there is nobody else: waiting for
/// an answer is then no better than trying.
inline void machine::review_silence(time_point now) {
    if (checks_.empty() && !any_silent_) return;
    std::erase_if(checks_, [&](slot_id id) { return connections_[id].status != slot_status::checking; });
    const auto waits = [&](slot_id id) {
        return connections_[id].in_doubt || is_slow(connections_[id], now);
    };
    const bool any = std::any_of(checks_.begin(), checks_.end(), waits);
    if (!any && !any_silent_) return;
    any_silent_ = any;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) endpoints_[id].silent = false;
    for (const slot_id id : checks_) {
        if (waits(id)) endpoints_[connections_[id].endpoint].silent = true;
    }
    others_serve_ = false;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        const endpoint_entry& entry = endpoints_[id];
        const bool sound = entry.present() && entry.failures == 0 && !entry.silent && !gives_way(id);
        others_serve_ = others_serve_ || (sound && connections_.at(id).open() > 0);
    }
    update_usable();
}

}  // namespace podpool::core
