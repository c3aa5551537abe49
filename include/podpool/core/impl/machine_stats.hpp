// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/machine.hpp>

#include <cmath>

namespace podpool::core {

inline void machine::note_renewal(time_point now) {
    ++counters_.renewals;
    renewal_rate_ = renewal_rate(now) + 1.0 / 60;
    renewal_rate_at_ = now;
}

/// An average that forgets with a time constant of one minute.
inline double machine::renewal_rate(time_point now) const {
    const std::chrono::duration<double> since = now - renewal_rate_at_;
    return renewal_rate_ * std::exp(-since.count() / 60);
}

inline endpoint_stats machine::endpoint_snapshot(endpoint_id id, time_point now) const {
    const endpoint_entry& entry = endpoints_[id];
    const endpoint_counts& counts = connections_.at(id);
    endpoint_stats figures;
    figures.where = entry.info.where;
    figures.host = entry.info.host;
    figures.zone = entry.info.zone;
    const bool failing = entry.failures > 0 || entry.silent || entry.ejection.ejected;
    figures.state = entry.removed        ? endpoint_state::removed
                    : entry.is_leaving() ? endpoint_state::terminating
                    : !entry.is_member() ? endpoint_state::absent
                    : failing            ? endpoint_state::failing
                    : counts.share <= 0  ? endpoint_state::spare
                                         : endpoint_state::ready;
    figures.role = counts.is;
    figures.in_state_for = now - entry.state_since;
    figures.open = counts.open();
    figures.opening = counts.opening;
    figures.idle = counts.idle + counts.maintaining;
    figures.maintaining = counts.maintaining;
    figures.active = counts.active;
    figures.draining = counts.draining;
    figures.closing = counts.closing;
    if (entry.total.known) figures.server_sessions = entry.total.sessions;
    const std::size_t all = connections_.totals().open();
    if (all > 0) figures.share = static_cast<double>(figures.open) / static_cast<double>(all);
    figures.opens = entry.opens;
    figures.open_failures = entry.open_failures;
    figures.ejections = entry.ejection.ejections;
    figures.leases = counts.leases;
    figures.closes = entry.closes;
    figures.last_failure = entry.last_failure;
    if (entry.last_failure) figures.last_failure_age = now - entry.last_failure_at;
    const time_point retry_at = entry.failures > 0       ? entry.retry_at
                                : entry.ejection.ejected ? entry.ejection.probe_at
                                                         : now;
    if (retry_at > now) figures.retry_in = retry_at - now;
    return figures;
}

inline stats machine::snapshot(time_point now) const {
    stats figures;
    const tally& totals = connections_.totals();
    figures.name = settings_.name;
    figures.max_conns = max_;
    figures.open = totals.open();
    figures.opening = totals.opening;
    figures.idle = totals.idle + totals.maintaining;
    figures.maintaining = totals.maintaining;
    figures.active = totals.active;
    figures.draining = totals.draining;
    figures.closing = totals.closing;
    figures.waiters = waiters_.size();
    if (!waiters_.empty()) figures.oldest_wait = now - waiters_.front_since();
    figures.acquires = counters_.acquires_of_gone;
    figures.opens = counters_.opens_of_gone;
    figures.open_failures = counters_.open_failures_of_gone;
    figures.closes = counters_.closes_of_gone;
    figures.waits = counters_.waits;
    figures.timeouts = counters_.timeouts;
    figures.cancellations = counters_.cancellations;
    figures.refusals = counters_.refusals;
    figures.sheds = counters_.sheds;
    figures.leaks = counters_.leaks;
    figures.renewals = counters_.renewals;
    figures.renewals_per_second = renewal_rate(now);
    figures.wait_time = wait_time_;
    figures.use_time = use_time_;
    figures.open_time = open_time_;
    figures.discovery_source = discovery_source_;
    figures.discovery_answers = counters_.discovery_answers;
    figures.discovery_failures = counters_.discovery_failures;
    figures.discovery_error = discovery_error_;
    if (answered_at_) figures.discovery_age = now - *answered_at_;
    figures.closed = closing_;

    std::vector<std::size_t> open_counts;
    std::vector<std::size_t> leased_counts;
    std::size_t newest = 0;
    time_point newest_added{};
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (!endpoints_[id].known) continue;
        figures.endpoints.push_back(endpoint_snapshot(id, now));
        const endpoint_stats& one = figures.endpoints.back();
        figures.acquires += one.leases;
        figures.opens += one.opens;
        figures.open_failures += one.open_failures;
        for (std::size_t reason = 0; reason < close_reason_count; ++reason) {
            figures.closes[reason] += one.closes[reason];
        }
        if (!endpoints_[id].is_member()) continue;
        if (endpoints_[id].added_at >= newest_added) {
            newest_added = endpoints_[id].added_at;
            newest = open_counts.size();
        }
        open_counts.push_back(one.open);
        leased_counts.push_back(one.active);
    }
    figures.sessions = balance_figures::of(open_counts, newest);
    figures.leases = balance_figures::of(leased_counts, newest);
    return figures;
}

inline std::string machine::broken_invariant(time_point now) const {
    std::vector<tally> counted(endpoints_.size());
    std::size_t opening = 0;
    for (slot_id id = 0; id < connections_.size(); ++id) {
        const slot& seen = connections_[id];
        if (seen.status == slot_status::vacant) continue;
        if (!endpoints_[seen.endpoint].known) return "a connection belongs to an endpoint that is gone";
        tally& counts = counted[seen.endpoint];
        switch (seen.status) {
            case slot_status::opening:
                ++counts.opening, ++opening;
                break;
            case slot_status::idle:
                ++counts.idle;
                break;
            case slot_status::leased:
                ++(seen.doomed ? counts.draining : counts.active);
                break;
            case slot_status::closing:
                ++counts.closing;
                break;
            default:
                ++counts.maintaining;
                break;
        }
        if (seen.status == slot_status::idle && seen.doomed) return "an idle connection is doomed";
        if (seen.status == slot_status::leased && seen.unanswered) return "a lease's reset is unanswered";
        if (seen.status == slot_status::idle && seen.unanswered && read_answers_at_ == never)
            return "nobody will read the answer to a reset";
    }
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (!endpoints_[id].known) continue;
        const endpoint_counts& kept = connections_.at(id);
        const tally& real = counted[id];
        if (static_cast<const tally&>(kept) != real) {
            return "the counts of " + to_string(endpoints_[id].info.where) + " are wrong";
        }
        if (endpoints_[id].removed && kept.idle > 0) return "a removed endpoint has idle connections";
        if (const slot_id asked = endpoints_[id].asked_by; asked != none) {
            const slot_status status = connections_[asked].status;
            const bool is_asked = status == slot_status::opening || status == slot_status::checking;
            if (!endpoints_[id].doubtful || connections_[asked].endpoint != id || !is_asked)
                return "an endpoint in doubt is asked by nobody";
        }
    }
    if (opening != openings_.size()) return "the list of openings is wrong";
    if (surplus() && connections_.totals().idle > 0)
        return "more connections than max_conns, and an idle one";
    for (const role wanted : {role::any, role::primary, role::standby}) {
        if (waiters_.empty(wanted) || waiters_.next_deadline() <= now) continue;
        for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
            const slot_id newest = connections_.at(id).newest;
            if (!suits(id, wanted) || is_kept_back(id, wanted)) continue;
            if (newest != none && now < connections_[newest].ends_at) {
                return "somebody waits while an idle connection could serve";
            }
        }
    }
    if (closing_ && connections_.totals().idle > 0) return "a closed pool has idle connections";
    return {};
}

}  // namespace podpool::core
