// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/watch_pace.hpp"

#include <string>
#include <string_view>

namespace podpool::detail {

/// Everything but letters, digits and `-._~` in `%XX`, as in a query of a URI.
std::string percent_encoded(std::string_view text);

/// The path and query of the request that `pace` asks for next, for the slices of a Service.
/// `continue_token`: what the page of a list before this one said; empty: this is the first.
std::string slice_query(const watch_pace& pace, std::string_view in_namespace, std::string_view service,
                        std::string_view continue_token);

}  // namespace podpool::detail
