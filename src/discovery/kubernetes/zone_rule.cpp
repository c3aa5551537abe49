// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/zone_rule.hpp"

#include "discovery/kubernetes/zone_choice.hpp"

#include <podpool/detail/zone_words.hpp>

#include <utility>

namespace podpool::detail {

zone_rule::zone_rule(const std::string& option, std::string zone, std::string node)
    : source_(option == zone_of_environment ? source_kind::environment
              : option == zone_of_service   ? source_kind::hints
                                            : source_kind::option),
      zone_(std::move(zone)),
      node_(std::move(node)) {}

void zone_rule::apply(const std::vector<slice_member>& members, endpoint_set& answer) {
    if (source_ == source_kind::option) return;
    if (zone_.empty()) zone_ = zone_of_node(members, node_);
    if (source_ == source_kind::environment) {
        answer.own_zone = zone_;
        return;
    }
    const hinted_members hinted = members_by_hints(members, node_, zone_);
    if (hinted.reason == hinted_members::reason_kind::none) {
        answer.own_zone = std::string();
        return;
    }
    const bool by_node = hinted.reason == hinted_members::reason_kind::node;
    answer.own_zone = by_node ? node_ : zone_;
    for (std::size_t index = 0; index < members.size(); ++index) {
        const auto& hints = by_node ? members[index].hint_nodes : members[index].hint_zones;
        std::string& meant_for = answer.endpoints[index].meant_for;
        if (hinted.preferred[index]) {
            meant_for = *answer.own_zone;
        } else if (!hints.empty()) {
            meant_for = hints.front();
        }
    }
}

}  // namespace podpool::detail
