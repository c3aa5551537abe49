// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace podpool::detail {

/// A part of the endpoints of one Service, as the API server has it; what was left out there has its default.
struct endpoint_slice {
    enum class address_kind : std::uint8_t {
        ipv4,
        ipv6,
        other,  ///< FQDN, which Kubernetes gives no meaning, or something newer: has no endpoints here
    };

    /// The object behind an endpoint, such as a pod; all empty for an endpoint that was written by hand.
    struct reference {
        std::string kind;
        std::string name;
        std::string uid;
        friend bool operator==(const reference&, const reference&) = default;
    };

    struct endpoint_entry {
        /// Address literals in their canonical form, at least one. Kubernetes gives a meaning to the first
        /// only.
        std::vector<std::string> addresses;
        bool ready = true;
        bool serving = true;
        bool terminating = false;
        std::string hostname;
        std::string node;
        std::string zone;
        reference target;
        /// The zones and the nodes that Kubernetes would like to use it.
        std::vector<std::string> hint_zones;
        std::vector<std::string> hint_nodes;
        friend bool operator==(const endpoint_entry&, const endpoint_entry&) = default;
    };

    struct port_entry {
        std::string name;
        /// `TCP`, `UDP` or `SCTP`.
        std::string protocol = "TCP";
        /// Nothing: every port.
        std::optional<std::uint16_t> number;
        friend bool operator==(const port_entry&, const port_entry&) = default;
    };

    std::string name;
    /// Another one under the same name is another slice.
    std::string uid;
    std::string resource_version;
    /// The Service that it belongs to, by its label; empty: to none.
    std::string service;
    address_kind address_type = address_kind::ipv4;
    std::vector<endpoint_entry> endpoints;
    /// Those that each of the endpoints has. Empty: the slice doesn't say.
    std::vector<port_entry> ports;
    /// What was left out of it, and why, a line each: for people.
    std::vector<std::string> remarks;

    friend bool operator==(const endpoint_slice&, const endpoint_slice&) = default;
};

}  // namespace podpool::detail
