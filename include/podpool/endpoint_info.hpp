// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/endpoint.hpp>

#include <cstdint>
#include <string>
#include <utility>

namespace podpool {

/// An endpoint as a discovery source knows it: a candidate until a connection to it is open.
struct endpoint_info {
    /// Where to dial.
    endpoint where;
    /// The name that was resolved to this address; TLS verifies it. Empty for a literal address.
    std::string host;
    /// Whether new connections may be opened to it. While it isn't ready its connections are kept, and handed
    /// out only when no other endpoint can serve.
    bool ready = true;
    /// Whether it still serves (a terminating pod may serve without being ready).
    bool serving = true;
    /// Whether the pod is shutting down: its idle connections are closed, and its leases finish. As long as
    /// nothing else can serve, one that still serves is used all the same.
    bool terminating = false;
    /// Which server has the address, such as the uid of a pod; empty when unknown. Another one at the same
    /// address is another server: connections to the former one are given up.
    std::string identity;
    /// The failure-domain zone, empty when unknown.
    std::string zone;
    /// The zone, or the node, whose programs the source would like to use it (`pool_zone=service`); empty:
    /// those of its zone.
    std::string meant_for;
    /// How much it should carry in relation to the other endpoints, 1 to 65535 (0 counts as 1).
    std::uint32_t weight = 1;

    endpoint_info() = default;
    explicit endpoint_info(endpoint where_, std::string host_ = {})
        : where(std::move(where_)), host(std::move(host_)) {}

    friend bool operator==(const endpoint_info&, const endpoint_info&) = default;
};

}  // namespace podpool
