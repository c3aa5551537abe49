// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/acquire_result.hpp>
#include <podpool/core/slot.hpp>
#include <podpool/errc.hpp>

#include <cstdint>

namespace podpool::core {

/// What the machine asks its driver (the runtime or a simulator) to do.
enum class action_kind : std::uint8_t {
    open,     ///< call begin_open(slot), dial what it returns, report opened() or open_failed()
    abort,    ///< end the operation under way on slot (opening, resetting, checking) early
    reset,    ///< clear the session's state, report maintained()
    check,    ///< ask the server for a sign of life, report maintained()
    close,    ///< close the socket, report closed()
    grant,    ///< give slot to the waiter, after a look at the socket (`verify`) or once the answer to its
              ///< reset is read (`unanswered`)
    refuse,   ///< answer the waiter with `reason`
    ready,    ///< tell who waits for the pool to be ready that it is
    report,   ///< tell that the lease of slot is out for long
    refresh,  ///< ask discovery again soon
};

/// One thing to do; actions on different slots and waiters may be done in any order.
struct action {
    action_kind kind;
    bool verify = false;
    bool unanswered = false;
    slot_id slot = none;
    errc reason = errc::pool_closed;
    std::uintptr_t cookie = 0;  ///< what acquire() was given for this waiter

    static action on_slot(action_kind kind, slot_id slot) {
        return {kind, false, false, slot, errc::pool_closed, 0};
    }
    static action grant(const core::grant& given, std::uintptr_t cookie) {
        return {action_kind::grant, given.verify, given.unanswered, given.slot, errc::pool_closed, cookie};
    }
    static action refuse(std::uintptr_t cookie, errc reason) {
        return {action_kind::refuse, false, false, none, reason, cookie};
    }
    static action ready(std::uintptr_t cookie) {
        return {action_kind::ready, false, false, none, errc::pool_closed, cookie};
    }
    static action refresh() { return {action_kind::refresh, false, false, none, errc::pool_closed, 0}; }
};

}  // namespace podpool::core
