// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/endpoint_slice.hpp"

#include <string>
#include <vector>

namespace podpool::detail {

/// The slices of one Service at one moment, or a page of them.
struct slice_list {
    /// Where a watch goes on from.
    std::string resource_version;
    /// What to ask the next page with; empty: this is the last one.
    std::string continue_token;
    std::vector<endpoint_slice> items;

    friend bool operator==(const slice_list&, const slice_list&) = default;
};

}  // namespace podpool::detail
