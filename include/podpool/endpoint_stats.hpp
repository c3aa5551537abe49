// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/close_reason.hpp>
#include <podpool/endpoint.hpp>
#include <podpool/endpoint_state.hpp>
#include <podpool/failure.hpp>
#include <podpool/role.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace podpool {

/// One endpoint at the moment of a snapshot; open is always idle + active + draining. Its counters begin when
/// it becomes known and go when it is forgotten; the pool's own in `stats` stay.
struct endpoint_stats {
    endpoint where;
    std::string host;  ///< the name it was resolved from
    std::string zone;  ///< empty when unknown
    endpoint_state state = endpoint_state::ready;
    podpool::role role = podpool::role::unknown;  ///< as far as is known
    std::chrono::nanoseconds in_state_for{0};
    std::size_t open = 0;         ///< established connections
    std::size_t opening = 0;      ///< being dialled, counted here before the dial
    std::size_t idle = 0;         ///< open and not leased, those being reset or checked included
    std::size_t maintaining = 0;  ///< of the idle ones: being reset or checked
    std::size_t active = 0;       ///< leased
    std::size_t draining = 0;     ///< leased, closed as soon as they come back
    std::size_t closing = 0;      ///< given up, socket not yet closed
    std::optional<std::size_t> server_sessions;              ///< of all clients, as the server last told
    double share = 0;                                        ///< of all open connections, 0 to 1
    std::uint64_t opens = 0;                                 ///< connections opened
    std::uint64_t open_failures = 0;                         ///< attempts that failed
    std::uint64_t ejections = 0;                             ///< times it was kept back for its errors
    std::uint64_t leases = 0;                                ///< times a caller got one of its connections
    std::array<std::uint64_t, close_reason_count> closes{};  ///< by close_reason
    failure last_failure;  ///< of an attempt or of a lease; none: never failed
    std::optional<std::chrono::nanoseconds> last_failure_age;
    std::optional<std::chrono::nanoseconds> retry_in;  ///< when failing: until it is tried again
};

}  // namespace podpool
