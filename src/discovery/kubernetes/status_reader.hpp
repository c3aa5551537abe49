// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/answer_object.hpp"
#include "discovery/kubernetes/api_status.hpp"

#include <string_view>

namespace podpool::detail {

/// Reads a Status of v1. Throws malformed_answer if it is none.
api_status read_status(const answer_object& object);

/// What an answer that is no success says. `code`: of HTTP. `body`: a Status, or whatever a proxy on the way
/// sends instead; then the code is all that is taken from it.
api_status status_of_answer(int code, std::string_view body);

}  // namespace podpool::detail
