// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/failure.hpp>

#include <algorithm>
#include <array>

namespace podpool::detail {

/// Whether the candidate says more than the current failure; an earlier one stays when they are equal.
inline bool is_worse(failure_kind candidate, failure_kind current) noexcept {
    using enum failure_kind;
    constexpr std::array rising{none,       server_error,  overloaded, connection_lost, session_terminated,
                                wrong_role, endpoint_down, rejected};
    return std::find(rising.begin(), rising.end(), candidate) >
           std::find(rising.begin(), rising.end(), current);
}

}  // namespace podpool::detail
