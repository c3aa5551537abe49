// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/close_reason.hpp>
#include <podpool/core/time.hpp>
#include <podpool/role.hpp>

#include <cstdint>

namespace podpool::core {

/// Number of a slot; slots are reused.
using slot_id = std::uint32_t;
/// Number of an endpoint in the table; numbers are reused once an endpoint is gone.
using endpoint_id = std::uint32_t;
/// No slot, no endpoint.
inline constexpr std::uint32_t none = ~std::uint32_t{0};

/// Where one connection is in its life.
enum class slot_status : std::uint8_t {
    vacant,     ///< no connection
    opening,    ///< being dialled, counted under its endpoint already
    idle,       ///< ready for a caller
    leased,     ///< in a caller's hands
    resetting,  ///< its session state is being cleared, or the answer to its reset read
    checking,   ///< idle, being asked whether it lives
    closing,    ///< given up, its socket not yet closed
};

/// Whether a connection may go from one status to another.
constexpr bool can_move(slot_status from, slot_status to) {
    using enum slot_status;
    switch (from) {
        case vacant:
            return to == opening;
        case opening:
            return to == idle || to == vacant || to == closing;
        case idle:
            return to == leased || to == resetting || to == checking || to == closing;
        case leased:
            return to == idle || to == resetting || to == closing;
        case resetting:
        case checking:
            return to == idle || to == closing;
        case closing:
            return to == vacant;
    }
    return false;
}

/// Why a connection is opened.
enum class open_purpose : std::uint8_t {
    demand,   ///< callers wait
    minimum,  ///< a minimum size isn't met
    renewal,  ///< it replaces another one
    verdict,  ///< its login tells whether an endpoint in doubt is still up
};

/// One connection as the machine sees it; what a lease reads and writes is on the first cache line.
struct alignas(64) slot {
    slot_status status = slot_status::vacant;
    open_purpose purpose = open_purpose::demand;
    bool begun = false;                         ///< opening: the dial has started
    bool doomed = false;                        ///< is closed as soon as nobody uses it
    bool due = false;                           ///< in use when its renewal was due: renew when it is idle
    bool renewing = false;                      ///< its replacement is being opened
    bool in_doubt = false;                      ///< checking: because a sibling was lost
    bool moving = false;                        ///< it is replaced to make endpoints even, not for its age
    bool unanswered = false;                    ///< idle: a reset has been sent, its answer not been read
    close_reason doom = close_reason::surplus;  ///< why it is doomed
    role wanted = role::any;                    ///< for whom it was opened, and is renewed
    bool former = false;                        ///< to the server that had the address before
    endpoint_id endpoint = none;
    slot_id newer = none;                   ///< idle list of the endpoint: used later than this one
    slot_id older = none;                   ///< idle list of the endpoint: used before this one
    time_point since;                       ///< of the status opening, leased, resetting or checking
    time_point ends_at = never;             ///< not handed out from here on
    time_point last_used;                   ///< last return, or opening
    time_point last_seen;                   ///< last proof of life
    std::uint32_t generation = 0;           ///< counts the slot's connections
    slot_id replaces = none;                ///< opening: closes this slot when it is open
    std::uint32_t replaces_generation = 0;  ///< which connection of `replaces` is meant
    time_point opened_at;
    time_point reported_since;  ///< of the lease that was reported as out for long
    bool on_trial =
        false;          ///< opening or checking: closed again unless it makes the servers' totals more even
    double chance = 0;  ///< on trial: how likely it was to be opened
};

/// Whether a connection's replacement may be opened: at once if it is idle, else when it is idle again.
constexpr bool may_be_renewed(const slot& aged) {
    if (aged.renewing || aged.due || aged.doomed || aged.on_trial) return false;
    return aged.status == slot_status::idle || aged.status == slot_status::leased ||
           aged.status == slot_status::resetting || aged.status == slot_status::checking;
}

}  // namespace podpool::core
