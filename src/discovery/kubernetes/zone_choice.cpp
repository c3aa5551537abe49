// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/zone_choice.hpp"

#include <algorithm>

namespace podpool::detail {
namespace {

using hints = std::vector<std::string> slice_member::*;

/// Prefers the members that a hint names `place`; false, and nothing is preferred, where the hints are void.
bool prefer(const std::vector<slice_member>& members, hints which, std::string_view place,
            std::vector<bool>& preferred) {
    if (place.empty()) return false;
    bool found = false;
    for (std::size_t index = 0; index < members.size(); ++index) {
        const std::vector<std::string>& names = members[index].*which;
        // Only those that get new sessions have hints.
        const bool counts = members[index].is_open_to_all();
        if (counts && names.empty()) return false;
        preferred[index] = std::find(names.begin(), names.end(), place) != names.end();
        found = found || (counts && preferred[index]);
    }
    return found;
}

}  // namespace

std::string zone_of_node(const std::vector<slice_member>& members, std::string_view node) {
    if (node.empty()) return {};
    const auto found = std::find_if(members.begin(), members.end(), [node](const slice_member& member) {
        return member.node == node && !member.zone.empty();
    });
    return found == members.end() ? std::string() : found->zone;
}

hinted_members members_by_hints(const std::vector<slice_member>& members, std::string_view node,
                                std::string_view zone) {
    hinted_members result;
    result.preferred.assign(members.size(), false);
    if (prefer(members, &slice_member::hint_nodes, node, result.preferred)) {
        result.reason = hinted_members::reason_kind::node;
    } else if (prefer(members, &slice_member::hint_zones, zone, result.preferred)) {
        result.reason = hinted_members::reason_kind::zone;
    } else {
        result.preferred.assign(members.size(), true);
    }
    return result;
}

}  // namespace podpool::detail
