// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/endpoint.hpp>

#include <string>
#include <vector>

namespace podpool {

/// What a discovery source knows of the pod behind an endpoint, for people to look at; the pool doesn't read
/// it.
struct pod_details {
    /// The endpoint in `endpoint_set::endpoints` that this is about.
    endpoint where;
    /// The names of the pod and of the node that it runs on; empty when unknown.
    std::string pod;
    std::string node;
    /// The zones and the nodes whose programs Kubernetes would like to use it.
    std::vector<std::string> hint_zones;
    std::vector<std::string> hint_nodes;

    friend bool operator==(const pod_details&, const pod_details&) = default;
};

}  // namespace podpool
