// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/endpoint.hpp>

#include <string>
#include <vector>

namespace podpool::detail {

/// One pod of a Service: an endpoint and what its slices say of it.
struct slice_member {
    endpoint where;
    /// Tells it from another one at the same address; empty for an endpoint that somebody wrote by hand.
    std::string pod_uid;
    std::string pod_name;
    std::string node;
    std::string zone;
    /// The zones and the nodes that Kubernetes would like to use it.
    std::vector<std::string> hint_zones;
    std::vector<std::string> hint_nodes;
    bool ready = true;
    bool serving = true;
    bool terminating = false;

    /// Whether new sessions may be opened to it.
    [[nodiscard]] bool is_open_to_all() const { return ready && !terminating; }

    friend bool operator==(const slice_member&, const slice_member&) = default;
};

}  // namespace podpool::detail
