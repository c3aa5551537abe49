// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/endpoint_slice.hpp"

#include <cstdint>
#include <string>

namespace podpool::detail {

/// Which of a slice's ports is dialled, or why that can't be said.
struct port_choice {
    /// 0: see `problem`.
    std::uint16_t port = 0;
    std::string problem;
};

/// Chooses among the TCP ports of a slice: they are the pods', while a connection string has the Service's.
/// `wanted`: the name or the number of one of them (`pool_kubernetes_port`), or empty. `service_port`: what
/// is written in the connection string. Without a wish the slice's only port is taken, else the one of the
/// same number. Where the slice allows every port, or doesn't say (a headless Service needs no ports), the
/// number that is wanted or written is taken, as it would be with DNS.
port_choice choose_port(const endpoint_slice& slice, const std::string& wanted, std::uint16_t service_port);

}  // namespace podpool::detail
