// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/machine.hpp>

namespace podpool::core {

inline void machine::released_unanswered(slot_id id, time_point now) {
    slot& returned = connections_[id];
    const bool plain = !returned.doomed && !returned.due && waiters_.empty() && now < returned.ends_at &&
                       !crowded_ && read_answers_at_ != never;
    if (!plain) return released_unanswered_slowly(id, now);
    returned.unanswered = true;
    returned.last_used = now;
    returned.last_seen = seen_at_end(returned, now);
    connections_.give_back(id);
}

inline void machine::released_unanswered_slowly(slot_id id, time_point now) {
    if (!ends_with_lease(id, now)) {
        slot& returned = connections_[id];
        returned.last_seen = seen_at_end(returned, now);
        returned.unanswered = true;
        back_to_idle(id, now);
        if (connections_[id].status == slot_status::leased) return;
        read_answers_at_ = std::min(read_answers_at_, later(now, answer_window));
    }
    settle(now);
}

inline void machine::answer_is_late(slot_id id, time_point now) {
    if (!ends_with_lease(id, now)) {
        start_reset(id, now);
        ask_a_sibling(connections_[id].endpoint, now);
    }
    settle(now);
}

/// Has a session cleared in the background, or the answer to its reset read there.
inline void machine::start_reset(slot_id id, time_point now) {
    connections_.move(id, slot_status::resetting);
    connections_[id].unanswered = false;
    connections_[id].since = now;
    actions_.push_back(action::on_slot(action_kind::reset, id));
}

/// Has the answers to resets read that nobody came for; sets when to look again.
inline void machine::read_answers(time_point now) {
    if (now < read_answers_at_) return;
    read_answers_at_ = never;
    for (slot_id id = 0; id < connections_.size(); ++id) {
        const slot& quiet = connections_[id];
        if (quiet.status != slot_status::idle || !quiet.unanswered) continue;
        const time_point due = later(quiet.last_used, answer_window);
        if (due <= now) {
            start_reset(id, now);
        } else {
            read_answers_at_ = std::min(read_answers_at_, due);
        }
    }
}

}  // namespace podpool::core
