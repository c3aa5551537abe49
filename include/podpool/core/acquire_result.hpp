// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/slot.hpp>
#include <podpool/core/waiter_queue.hpp>
#include <podpool/errc.hpp>

#include <optional>

namespace podpool::core {

/// A connection for a caller; `verify` asks for a look at its socket first, `timed` for its use time.
struct grant {
    slot_id slot = none;
    bool verify = false;
    bool timed = false;       ///< note_use_time() wants this lease's length
    bool unanswered = false;  ///< the answer to its reset is to be read first; then there is no need to look
    explicit operator bool() const noexcept { return slot != none; }
};

/// What became of an acquire: a connection now, a place in the queue, or a refusal.
struct acquire_result {
    grant granted;
    waiter_id waiter;
    std::optional<errc> refused;
};

}  // namespace podpool::core
