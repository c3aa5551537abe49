// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/api_access.hpp"

#include <string>

namespace podpool::detail {

/// A Service of one API server, as it is asked with one token. Pools for which all of it is the same share a
/// watch.
struct service_key {
    api_access access;
    std::string in_namespace;
    std::string service;

    friend bool operator==(const service_key&, const service_key&) = default;
};

}  // namespace podpool::detail
