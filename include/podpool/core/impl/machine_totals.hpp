// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/machine.hpp>

#include <limits>

namespace podpool::core {

namespace totals {

/// A guess where to look may use a report of this age.
inline constexpr duration memory = std::chrono::minutes(1);
/// For how long an endpoint that was added later is taken to be empty until it says otherwise.
inline constexpr duration newness = std::chrono::minutes(5);
/// How long servers get to tell their totals.
inline constexpr duration time_to_answer = std::chrono::seconds(1);
/// Rounds after the last change or the last move; a trial that failed counts for some more.
inline constexpr unsigned most_rounds = 12;
inline constexpr unsigned rounds_per_failure = 3;
/// The chance per round to look at an endpoint that never told its total.
inline constexpr double curiosity = 1.0 / 6;
/// Of the fuller server's sessions: totals that differ by less are even.
inline constexpr double least_difference = 0.02;

}  // namespace totals

inline void machine::reported(slot_id id, std::size_t total, time_point now) {
    const slot& asked = connections_[id];
    if (asked.former) return;
    const endpoint_counts& counts = connections_.at(asked.endpoint);
    server_total& noted = endpoints_[asked.endpoint].total;
    noted.sessions = total;
    // What is being opened elsewhere on this server isn't part of the total yet.
    noted.own = counts.open() + (asked.status == slot_status::opening ? 1U : 0U);
    noted.at = now;
    noted.known = true;
}

/// Sessions on an endpoint by its last report, as on one of mean weight; the pool's own are counted as they
/// are now.
inline std::optional<double> machine::total_of(endpoint_id id, time_point now, duration oldest) const {
    const server_total& noted = endpoints_[id].total;
    if (!noted.known || now - noted.at > oldest) return std::nullopt;
    const endpoint_counts& counts = connections_.at(id);
    const double own = static_cast<double>(counts.open() + counts.opening) - static_cast<double>(noted.own);
    return std::max(0.0, static_cast<double>(noted.sessions) + own) / endpoints_[id].relative_weight;
}

/// Of two of the candidates, which have as few connections, the one whose server has fewer sessions. "The
/// fewest of all" would send every client to one pod for as long as the totals are old.
inline endpoint_id machine::less_used_of_two(endpoint_id first, time_point now) {
    std::erase_if(candidates_, [first](endpoint_id id) { return id == first; });
    if (candidates_.empty()) return first;
    const endpoint_id second = candidates_[rng_.below(static_cast<std::uint32_t>(candidates_.size()))];
    const auto one = total_of(first, now, freshness);
    const auto other = total_of(second, now, freshness);
    return one && other && *other < *one ? second : first;
}

/// From now on sessions may be shed, until the totals are even: the endpoint set has changed.
inline void machine::allow_shedding(time_point now) {
    if (!settings_.server_totals || !settings_.rebalance) return;
    rounds_left_ = totals::most_rounds;
    informed_ = false;
    if (shedding_) return;
    shedding_ = true;
    next_round_ = later(now, rng_.up_to(shedding_round));
    maintenance_at_ = std::min(maintenance_at_, next_round_);
}

/// Once a round: asks the servers for their totals, and a moment later acts on the answers.
inline void machine::shed(time_point now) {
    if (!shedding_) return;
    if (next_round_ <= now) {
        if (std::exchange(totals_asked_, !totals_asked_)) {
            next_round_ = later(now, shedding_round / 2 + rng_.up_to(shedding_round));
            play_round(now);
        } else {
            ask_for_totals(now);
            next_round_ = later(now, totals::time_to_answer);
        }
    }
    if (shedding_) maintenance_at_ = std::min(maintenance_at_, next_round_);
}

/// Asks each endpoint whose total is old through the idle connection that was unused for longest; nobody if
/// the pool is so even by itself that nothing could move.
inline void machine::ask_for_totals(time_point now) {
    count_loads();
    double least = std::numeric_limits<double>::infinity();
    double most = 0;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (next_seat(id) < least && may_dial(id, now)) least = next_seat(id);
        if (endpoints_[id].is_member()) most = std::max(most, last_seat(id));
    }
    if (most < least) return;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        const slot_id asked = connections_.at(id).oldest;
        if (!endpoints_[id].is_member() || asked == none) continue;
        if (!total_of(id, now, freshness - totals::time_to_answer)) start_check(asked, now);
    }
}

inline void machine::play_round(time_point now) {
    if (rounds_left_ == 0) {
        shedding_ = false;
        return;
    }
    // First the pool becomes even by itself; both kinds of moves keep to one pace.
    if (now < next_turn_ || (moves_allowed_ && fullest_with_surplus(now).where != none)) return;
    --rounds_left_;
    // An address that one answer lacks may be back in the next; with callers waiting nothing is spare.
    if (!set_is_certain() || !waiters_.empty() || trial_ != none || replacements_opening() > 0) return;
    const shedding_view view = look_at_totals(now);
    informed_ = informed_ || view.from != none;
    if (view.from == none || rng_.unit() >= view.chance) return;
    const slot_id victim = connections_.at(view.from).oldest;
    if (connections_.live() >= max_ + settings_.renew_overshoot || hard_room() == 0) return;
    // What was opened for a role would be missed where it is.
    if (connections_[victim].wanted != role::any) return;
    if (!start_open_on(view.to, open_purpose::renewal, now, victim)) return;
    take_turn(now);
    connections_[victim].moving = true;
    slot& newcomer = connections_[openings_.back()];
    newcomer.on_trial = true;
    newcomer.chance = view.chance;
}

/// What an endpoint's total is likely to be, and their mean: a report of the last minute; nothing for a new
/// endpoint, and the mean of what is known for one that never said.
inline std::optional<double> machine::estimate_totals(time_point now) {
    totals_.assign(endpoints_.size(), 0);
    double sum = 0;
    std::size_t known = 0;
    const auto is_new = [&](endpoint_id id) {
        return endpoints_[id].late && now - endpoints_[id].added_at < totals::newness;
    };
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (!endpoints_[id].is_member() || connections_.at(id).share <= 0 || is_new(id)) continue;
        if (const auto total = total_of(id, now, totals::memory)) sum += *total, ++known;
    }
    if (known == 0) return std::nullopt;
    const double typical = sum / static_cast<double>(known);
    sum = 0;
    std::size_t present = 0;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (!endpoints_[id].is_member() || connections_.at(id).share <= 0) continue;
        totals_[id] = total_of(id, now, is_new(id) ? totals::newness : totals::memory)
                          .value_or(is_new(id) ? 0 : typical);
        sum += totals_[id];
        ++present;
    }
    return sum / static_cast<double>(present);
}

/// From where to where a session might move, and how likely it should. Only to an endpoint on which this pool
/// has fewer connections: evenness over all pools never costs the evenness of one.
inline machine::shedding_view machine::look_at_totals(time_point now) {
    shedding_view view;
    const auto mean = estimate_totals(now);
    if (!mean) return view;
    count_loads();
    const auto may_be_given = [&](endpoint_id id) {
        return may_suit(id, role::any, open_purpose::renewal) && may_dial(id, now);
    };
    double least = std::numeric_limits<double>::infinity();
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (next_seat(id) < least && may_be_given(id)) least = next_seat(id);
    }
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (!endpoints_[id].is_member() || connections_.at(id).oldest == none) continue;
        if (connections_.at(id).share <= 0 || last_seat(id) < least) continue;
        if (!total_of(id, now, freshness)) continue;
        if (view.from == none || totals_[id] > totals_[view.from]) view.from = id;
    }
    if (view.from == none) return view;
    candidates_.clear();
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (next_seat(id) <= last_seat(view.from) && may_be_given(id)) candidates_.push_back(id);
    }
    view.to = balancer::least(candidates_, [this](endpoint_id id) { return totals_[id]; }, rng_);
    view.chance = totals_[view.from] - *mean < 1 ? 0 : chance_to_shed(*mean);
    // What isn't known can only be found out by going there.
    if (!total_of(view.to, now, totals::memory)) view.chance = std::max(view.chance, totals::curiosity);
    return view;
}

/// p = 0.5 * (total - mean) / total for each connection of this pool, as CockroachDB moves half of the excess
/// in a round; the sum, since a round moves one.
inline double machine::chance_to_shed(double mean) const {
    double chance = 0;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (!endpoints_[id].is_member() || totals_[id] - mean < 1) continue;
        chance += 0.5 * (totals_[id] - mean) / totals_[id] * static_cast<double>(loads_[id]);
    }
    return std::min(chance, 1.0);
}

/// Whether a connection that was opened to even out the totals stays, now that its server has told its own:
/// it does if the move makes them more even, and no more likely than the excess deserves.
inline bool machine::passes_trial(const slot& newcomer, time_point now) {
    if (!waiters_.empty()) return true;
    const slot& old = connections_[newcomer.replaces];
    if (old.generation != newcomer.replaces_generation || old.status == slot_status::vacant ||
        old.status == slot_status::closing) {
        return true;
    }
    const auto from = total_of(old.endpoint, now, freshness);
    const auto to = total_of(newcomer.endpoint, now, freshness);
    // The newcomer is one of its server's already.
    if (!from || !to || *from - *to < std::max(1.0, totals::least_difference * *from)) return false;
    const double deserved = 0.5 * (*from - *to) / *from * static_cast<double>(connections_.totals().open());
    return rng_.unit() * newcomer.chance < deserved;
}

/// Asks the server of a newcomer for its total, unless it has told it while the connection was opened.
inline void machine::begin_trial(slot_id id, time_point now) {
    slot& newcomer = connections_[id];
    slot& old = connections_[newcomer.replaces];
    if (old.generation == newcomer.replaces_generation) old.renewing = true;
    trial_ = id;
    connections_.move(id, slot_status::idle);
    if (endpoints_[newcomer.endpoint].total.at == now) {
        if (!end_trial(id, false, now)) close_slot(id, close_reason::surplus);
    } else {
        start_check(id, now);
    }
}

/// Whether a renewal stays on its endpoint: chance would undo what the totals have evened out. What was even
/// after the last change is taken to be so where nobody asks: connections in steady use need no checks.
inline bool machine::stays(endpoint_id leaving, time_point now) {
    if (!settings_.server_totals) return false;
    if (!total_of(leaving, now, totals::memory)) return informed_ && !shedding_;
    const double mean = estimate_totals(now).value_or(0);
    return totals_[leaving] <= 1.05 * mean;
}

/// Ends the trial of a newcomer, which has answered or is `lost`; false: it is to be closed again.
inline bool machine::end_trial(slot_id id, bool lost, time_point now) {
    trial_ = none;
    slot& newcomer = connections_[id];
    newcomer.on_trial = false;
    slot& old = connections_[newcomer.replaces];
    const bool still_there = old.generation == newcomer.replaces_generation;
    if (still_there) old.renewing = false;
    if (!lost && passes_trial(newcomer, now)) {
        rounds_left_ = totals::most_rounds;
        finish_renewal(newcomer, now);
        return true;
    }
    if (still_there) old.moving = false;
    rounds_left_ -= std::min(rounds_left_, totals::rounds_per_failure);
    return false;
}

}  // namespace podpool::core
