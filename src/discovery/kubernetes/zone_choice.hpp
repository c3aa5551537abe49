// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/slice_member.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::detail {

/// The zone of a node by the endpoints that are on it (`pool_zone=auto`): a program may not ask for the node
/// itself. Empty where none is there, or `node` is empty.
std::string zone_of_node(const std::vector<slice_member>& members, std::string_view node);

/// The members that Kubernetes would like this program to use (`pool_zone=service`).
struct hinted_members {
    enum class reason_kind : std::uint8_t { none, node, zone };

    /// By which hints; none: everybody is as good.
    reason_kind reason = reason_kind::none;
    /// For each of the members, in their order, whether it is preferred.
    std::vector<bool> preferred;
};

/// Reads the hints as kube-proxy does: where every ready member has hints for nodes and some hint names this
/// node, those are preferred; else the same with zones; else all of them are. One member without hints makes
/// them void, since whoever wrote the others didn't reckon with it. `node`, `zone`: where this program runs;
/// empty: not known.
hinted_members members_by_hints(const std::vector<slice_member>& members, std::string_view node,
                                std::string_view zone);

}  // namespace podpool::detail
