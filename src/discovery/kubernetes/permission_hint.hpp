// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/api_status.hpp"

#include <string>
#include <string_view>

namespace podpool::detail {

/// What gives a program the permission that it lacks: commands on one line, ready to be pasted into a shell.
/// `refusal`: the 403, whose message names the program's ServiceAccount. `in_namespace`: the Service's.
std::string permission_hint(const api_status& refusal, std::string_view in_namespace);

}  // namespace podpool::detail
