// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace podpool {

/// Where the endpoints behind a name come from.
enum class discovery_kind : std::uint8_t {
    automatic,   ///< literal addresses and sockets are static, names are resolved by DNS
    dns,         ///< A and AAAA records
    srv,         ///< SRV records: ports come from the answer
    kubernetes,  ///< the EndpointSlices of a Kubernetes Service
    fixed,       ///< `static` in the connection string: literal addresses only, never resolved
};

}  // namespace podpool
