// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/member_choice.hpp"

#include "discovery/kubernetes/port_choice.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace podpool::detail {

/// An address that a pod could be used by.
struct member_choice::candidate {
    endpoint_slice::address_kind family = endpoint_slice::address_kind::ipv4;
    endpoint where;
    const endpoint_slice::endpoint_entry* entry = nullptr;

    [[nodiscard]] const std::string& uid() const { return entry->target.uid; }
};

namespace {

using address_kind = endpoint_slice::address_kind;

address_kind other_family(address_kind family) {
    return family == address_kind::ipv4 ? address_kind::ipv6 : address_kind::ipv4;
}

slice_member member_of(const endpoint& where, const endpoint_slice::endpoint_entry& newest) {
    slice_member member;
    member.where = where;
    member.pod_uid = newest.target.uid;
    if (newest.target.kind == "Pod") member.pod_name = newest.target.name;
    member.node = newest.node;
    member.zone = newest.zone;
    member.hint_zones = newest.hint_zones;
    member.hint_nodes = newest.hint_nodes;
    member.ready = newest.ready;
    member.serving = newest.serving;
    member.terminating = newest.terminating;
    return member;
}

/// The newest entry of each pod, whatever the family. Where two slices have one pod in two states, as for a
/// moment when endpoints move between slices or a Service is made again, the slice that was written last is
/// right: each writing puts down what the pod was at that moment. "Ready wins" would be wrong for a pod that
/// has begun to terminate, "not ready wins" for one that has just become ready, both until the older slice
/// goes.
std::map<std::string, const endpoint_slice::endpoint_entry*> newest_entries(const slice_set& slices) {
    std::map<std::string, const endpoint_slice::endpoint_entry*> newest;
    for (const endpoint_slice* slice : slices.newest_first()) {
        for (const auto& entry : slice->endpoints) {
            if (!entry.target.uid.empty()) newest.emplace(entry.target.uid, &entry);
        }
    }
    return newest;
}

}  // namespace

std::vector<member_choice::candidate> member_choice::collect(const slice_set& slices,
                                                             std::vector<std::string>& problems) const {
    std::vector<candidate> pods;
    std::vector<candidate> hand_made;
    // A pod whose address changes (its sandbox was made anew) may be in two slices with two addresses.
    std::set<std::pair<std::string, address_kind>> known_pods;
    for (const endpoint_slice* slice : slices.newest_first()) {
        if (slice->endpoints.empty()) continue;
        const port_choice port = choose_port(*slice, rules_.port, rules_.service_port);
        if (port.port == 0) {
            problems.push_back(port.problem);
            continue;
        }
        for (const auto& entry : slice->endpoints) {
            const candidate found{slice->address_type, {entry.addresses.front(), port.port}, &entry};
            if (entry.target.uid.empty()) {
                hand_made.push_back(found);
            } else if (known_pods.emplace(entry.target.uid, slice->address_type).second) {
                pods.push_back(found);
            }
        }
    }
    // Each address once: a pod's newest slice has it, and what somebody wrote by hand says nothing about a
    // pod.
    std::vector<candidate> result;
    std::set<std::string> known_addresses;
    for (const auto& list : {std::cref(pods), std::cref(hand_made)}) {
        for (const candidate& found : list.get()) {
            if (known_addresses.insert(found.where.address).second) result.push_back(found);
        }
    }
    return result;
}

void member_choice::choose_family(const std::vector<candidate>& candidates) {
    const auto first_of = [&](address_kind family) {
        return std::find_if(candidates.begin(), candidates.end(),
                            [&](const candidate& one) { return one.family == family; });
    };
    const auto count_of = [&](address_kind family) {
        return std::count_if(candidates.begin(), candidates.end(),
                             [&](const candidate& one) { return one.family == family; });
    };
    const auto is_routable = [&](address_kind family) {
        return !rules_.has_route ||
               rules_.has_route(boost::asio::ip::make_address(first_of(family)->where.address));
    };
    if (candidates.empty()) return;
    if (!chosen_ || first_of(*chosen_) == candidates.end()) {
        chosen_ = count_of(address_kind::ipv6) > count_of(address_kind::ipv4) ? address_kind::ipv6
                                                                              : address_kind::ipv4;
    }
    const address_kind other = other_family(*chosen_);
    if (first_of(other) != candidates.end() && !is_routable(*chosen_) && is_routable(other)) chosen_ = other;
}

bool member_choice::is_used(const candidate& one, const std::set<std::string_view>& pods_of_family) const {
    switch (rules_.family) {
        case address_family::both:
            return true;
        case address_family::ipv4:
            return one.family == address_kind::ipv4;
        case address_family::ipv6:
            return one.family == address_kind::ipv6;
        case address_family::automatic:
            break;
    }
    // Which addresses of two families belong together is known of pods only.
    return one.family == *chosen_ || (!one.uid().empty() && !pods_of_family.contains(one.uid()));
}

member_list member_choice::take(const slice_set& slices) {
    member_list result;
    const std::vector<candidate> candidates = collect(slices, result.problems);
    if (rules_.family == address_family::automatic) choose_family(candidates);
    std::set<std::string_view> pods_of_family;
    for (const candidate& found : candidates) {
        if (found.family == chosen_) pods_of_family.insert(found.uid());
    }
    const auto newest = newest_entries(slices);
    for (const candidate& found : candidates) {
        if (!is_used(found, pods_of_family)) {
            result.left_out.push_back(found.where);
            continue;
        }
        result.members.push_back(
            member_of(found.where, found.uid().empty() ? *found.entry : *newest.at(found.uid())));
    }
    std::sort(result.members.begin(), result.members.end(),
              [](const slice_member& left, const slice_member& right) { return left.where < right.where; });
    std::sort(result.left_out.begin(), result.left_out.end());
    std::sort(result.problems.begin(), result.problems.end());
    return result;
}

}  // namespace podpool::detail
