// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace podpool {

/// Which addresses of a name are endpoints. A pod with an IPv4 and an IPv6 address is one pod, and DNS can't
/// say which addresses belong together.
enum class address_family : std::uint8_t {
    automatic,  ///< the family with more addresses, IPv4 when there are as many of both
    ipv4,
    ipv6,
    both,  ///< each address is an endpoint
};

}  // namespace podpool
