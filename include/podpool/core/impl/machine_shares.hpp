// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/machine.hpp>

#include <limits>
#include <map>

namespace podpool::core {

/// Works out how much of the pool each endpoint should carry, after whatever it depends on has changed: what
/// is discovered, with its weights and zones, and who fails. Without weights, zone and subset all shares are
/// the same and nothing is done.
inline void machine::update_shares(time_point now) {
    shares_vary_ = may_differ();
    if (!shares_vary_) {
        if (!uneven_shares_) return;
        shares_.assign(endpoints_.size(), 1);
    } else {
        shares_.assign(endpoints_.size(), 0);
        for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
            if (is_candidate(id)) shares_[id] = endpoints_[id].weight();
        }
        if (!settings_.zone.empty()) weigh_by_zone(now);
        if (settings_.subset) limit_to_subset(now);
    }
    if (apply_shares()) allow_moves(now);
}

inline bool machine::may_differ() const {
    if (settings_.subset || !settings_.zone.empty()) return true;
    std::optional<std::uint32_t> weight;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (!is_candidate(id)) continue;
        if (weight && *weight != endpoints_[id].weight()) return true;
        weight = endpoints_[id].weight();
    }
    return false;
}

inline bool machine::is_candidate(endpoint_id id) const {
    const endpoint_entry& entry = endpoints_[id];
    return entry.is_member() || (entry.stands_in && fallback_);
}

/// Whether an endpoint is taken to serve: it doesn't fail, or is due to be tried again. One that refuses the
/// credentials counts, too: the others would refuse them as well, one after the other.
inline bool machine::counts_as_well(endpoint_id id, time_point now) const {
    const endpoint_entry& entry = endpoints_[id];
    return is_candidate(id) && (entry.failures == 0 || now >= entry.retry_at ||
                                entry.last_failure.kind == failure_kind::rejected);
}

/// The own zone first, but never so much of the pool that its endpoints carry more than others.
///
/// Envoy's zone-aware rule, with the clients taken to be spread evenly over the zones: with Z zones a zone
/// has 1/Z of the clients. If the endpoints of the own zone are at least 1/Z of all, by weight, they get all
/// connections; else the part Z * own/all, and the rest goes to the zones that have more than their clients
/// need, in proportion to what they have more.
inline void machine::weigh_by_zone(time_point now) {
    std::map<std::string, double> zone_weights;
    double all = 0;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (!counts_as_well(id, now)) continue;
        zone_weights[endpoints_[id].near()] += shares_[id];
        all += shares_[id];
    }
    const auto own = zone_weights.find(settings_.zone);
    if (own == zone_weights.end()) return;
    const double even = 1 / static_cast<double>(zone_weights.size());
    const double kept = std::min(1.0, own->second / all / even);
    const auto residual = [&](double weight) { return std::max(0.0, weight / all - even); };
    double residuals = 0;
    for (const auto& [zone, weight] : zone_weights) residuals += residual(weight);
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        const auto zone = zone_weights.find(endpoints_[id].near());
        if (shares_[id] <= 0) continue;
        if (zone == own) {
            shares_[id] *= kept / own->second;
        } else if (zone == zone_weights.end() || kept >= 1) {
            shares_[id] = 0;
        } else {
            shares_[id] *= (1 - kept) * residual(zone->second) / residuals / zone->second;
        }
    }
}

/// Keeps the `subset` endpoints that come first by rendezvous hashing (gRPC A68): each pool has an order of
/// its own, in which an endpoint's place doesn't depend on the others, so one that comes or goes changes at
/// most one other. Those that fail keep their place but don't count.
inline void machine::limit_to_subset(time_point now) {
    candidates_.clear();
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        if (shares_[id] > 0) candidates_.push_back(id);
    }
    const auto score = [this](endpoint_id id) {
        return random(subset_seed_ ^ std::hash<endpoint>{}(endpoints_[id].info.where)).next();
    };
    std::sort(candidates_.begin(), candidates_.end(), [&](endpoint_id left, endpoint_id right) {
        return std::pair(score(left), left) < std::pair(score(right), right);
    });
    std::size_t serving = 0;
    for (const endpoint_id id : candidates_) {
        if (serving >= *settings_.subset) {
            shares_[id] = 0;
        } else if (counts_as_well(id, now)) {
            ++serving;
        }
    }
}

/// Puts the shares into force; false: they are as before.
///
/// Pools that round shares alike would all give one of them too much: where shares differ, each pool rounds
/// at a place of its own.
inline bool machine::apply_shares() {
    double weights = 0;
    double largest = 0;
    std::size_t present = 0;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        largest = std::max(largest, shares_[id]);
        if (!is_candidate(id)) continue;
        weights += endpoints_[id].weight();
        ++present;
    }
    // What isn't known, or is on its way out, has no share of its own and needs none.
    const auto none_or_largest = [&](double share) { return share <= 0 || share >= largest; };
    const bool alike = std::all_of(shares_.begin(), shares_.end(), none_or_largest);
    bool changed = false;
    uneven_shares_ = false;
    for (endpoint_id id = 0; id < endpoints_.size(); ++id) {
        endpoint_entry& entry = endpoints_[id];
        if (!entry.known) continue;
        if (present > 0) entry.relative_weight = entry.weight() * static_cast<double>(present) / weights;
        const auto share = static_cast<float>(largest > 0 ? shares_[id] / largest : 1);
        const std::uint64_t drawn = subset_seed_ + std::hash<endpoint>{}(entry.info.where);
        const auto offset = static_cast<float>(alike ? 0.5 : random(drawn).unit());
        changed = changed || share != connections_.at(id).share;
        uneven_shares_ = uneven_shares_ || share < 1;
        connections_.set_share(id, share, offset);
    }
    return changed;
}

/// By the Webster/Sainte-Lague method of apportionment the next connection goes where this is lowest: the one
/// after `count` others, over the endpoint's share.
inline double machine::seat_at(endpoint_id id, double count) const {
    const endpoint_counts& counts = connections_.at(id);
    const bool wanted = counts.share > 0;
    return wanted ? (count + counts.offset) / counts.share : std::numeric_limits<double>::infinity();
}

inline double machine::next_seat(endpoint_id id) const {
    return seat_at(id, static_cast<double>(loads_[id]));
}

inline double machine::last_seat(endpoint_id id) const {
    return loads_[id] == 0 ? -1 : seat_at(id, static_cast<double>(loads_[id]) - 1);
}

}  // namespace podpool::core
