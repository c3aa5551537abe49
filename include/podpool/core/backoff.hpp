// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/random.hpp>
#include <podpool/core/time.hpp>
#include <podpool/failure.hpp>

#include <algorithm>

namespace podpool::core {

/// The first and the longest pause after a failure of one kind.
struct backoff_range {
    duration first;
    duration longest;
};

/// Pauses by kind: a refusing pod is back soon (HikariCP and sqlx: 10 ms doubling), a full server needs
/// its sessions to end, a refused login must not lock the account by retries, and each look at a server that
/// fails statements costs a caller one (Linkerd's failure accrual: 1 s doubling to 1 min).
constexpr backoff_range backoff_for(failure_kind kind) {
    using namespace std::chrono_literals;
    switch (kind) {
        case failure_kind::overloaded:
            return {100ms, 5s};
        case failure_kind::wrong_role:
            return {250ms, 5s};
        case failure_kind::rejected:
        case failure_kind::server_error:
            return {1s, 30s};
        case failure_kind::none:
        case failure_kind::connection_lost:
        case failure_kind::endpoint_down:
        case failure_kind::session_terminated:
            break;
    }
    return {10ms, 5s};
}

/// The pause before the next attempt on an endpoint after `failures` (at least 1) in a row: doubling,
/// then drawn between half and all of it, so that clients that failed together don't return together.
inline duration backoff(failure_kind kind, unsigned failures, random& rng) {
    const backoff_range range = backoff_for(kind);
    const unsigned doublings = std::min(failures - 1, 20U);
    const duration pause = std::min(range.first * (duration::rep{1} << doublings), range.longest);
    return pause / 2 + rng.up_to(pause / 2);
}

}  // namespace podpool::core
