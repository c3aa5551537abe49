// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/options.hpp>

#include <rapidcheck.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <vector>

namespace podpool::properties {

/// One thing that may happen to a pool.
enum class event : std::uint8_t {
    acquire,
    acquire_patiently,  ///< with no deadline
    acquire_primary,    ///< with no deadline, as the next one
    acquire_standby,
    try_acquire,
    cancel,
    give_back,
    give_back_dirty,       ///< needs a reset
    give_back_unanswered,  ///< a reset has been sent
    give_back_lost,        ///< the connection is gone
    give_back_down,        ///< the endpoint shuts down
    give_back_terminated,  ///< the server ended the session, alone or with all others
    give_back_demoted,     ///< the endpoint has another role
    give_back_refused,     ///< the endpoint refused to write
    give_back_failed,      ///< the endpoint failed a statement for a reason of its own
    give_back_served,      ///< the endpoint answered one
    change_roles,          ///< one endpoint becomes the primary, all others are standbys
    discard,
    find_dead,  ///< a grant's look at the socket fails: back to the head of the queue
    find_late,  ///< the answer to a grant's reset is late: the same, and the answer is read elsewhere
    begin_open,
    opened,
    open_refused,
    open_rejected,
    open_overloaded,
    open_wrong_role,
    maintained,
    maintenance_failed,
    closed,
    discovered,
    terminating,  ///< as discovered, and one more endpoint is on its way out
    discovery_failed,
    pass_time,
    tick,
    retire_all,
    resize,
    close,
};

/// An event and which of those it could concern: `pick` counts round and round through them, so that a
/// sequence makes sense whatever is taken out of it.
struct command {
    event what = event::tick;
    std::uint16_t pick = 0;
};

/// The pool under test, in small numbers.
struct pool_shape {
    std::uint8_t max_conns = 0;
    std::uint8_t min_conns = 0;
    std::uint8_t min_idle = 0;
    std::uint8_t per_endpoint = 0;
    std::uint8_t overshoot = 0;
    std::uint8_t times = 0;
    std::uint8_t policy = 0;
    std::uint8_t waiters = 0;
    std::uint64_t seed = 0;

    [[nodiscard]] options settings() const;
};

/// How much time pass_time lets pass.
inline constexpr std::array<std::chrono::nanoseconds, 10> steps{
    std::chrono::nanoseconds(1),   std::chrono::milliseconds(1),   std::chrono::milliseconds(10),
    std::chrono::milliseconds(80), std::chrono::milliseconds(300), std::chrono::seconds(1),
    std::chrono::seconds(5),       std::chrono::seconds(31),       std::chrono::minutes(4),
    std::chrono::minutes(11)};

std::ostream& operator<<(std::ostream& out, const command& shown);
std::ostream& operator<<(std::ostream& out, const pool_shape& shown);

/// Random sequences: mostly calls and answers, now and then something drastic.
rc::Gen<std::vector<command>> commands();
rc::Gen<pool_shape> pool_shapes();

}  // namespace podpool::properties
