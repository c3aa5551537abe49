// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/slice_set.hpp"

#include <podpool/core/time.hpp>

#include <memory>
#include <string>

namespace podpool::detail {

/// What a watch knows of its Service at one moment.
struct service_report {
    /// The slices; null until the API server has answered for the first time. What is good once stays.
    std::shared_ptr<const slice_set> slices;
    /// In a line, why the slices may not be up to date; empty: they are, or it is too early to tell.
    std::string problem;
    /// Since when the API server is asked.
    core::time_point asked_since;
};

}  // namespace podpool::detail
