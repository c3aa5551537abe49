// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/random.hpp>
#include <podpool/core/time.hpp>

#include <algorithm>

namespace podpool::detail {

/// Pauses after failures of one kind: each is drawn between nothing and a bound that doubles, so that clients
/// which failed together don't come back together (full jitter). Two minutes without a failure begin it anew;
/// a success in between doesn't, since a server in trouble has some of those, too.
class pause_ladder {
public:
    static constexpr core::duration quiet_time = std::chrono::minutes(2);

    constexpr pause_ladder(core::duration first, core::duration longest) : first_(first), longest_(longest) {}

    /// The pause after a failure at this time.
    core::duration next(core::time_point now, core::random& rng) {
        if (now - last_ >= quiet_time) rung_ = first_;
        const core::duration bound = rung_;
        rung_ = std::min(rung_ * 2, longest_);
        last_ = now;
        return rng.up_to(bound);
    }

    /// Whether a failure at this time is another one of a row.
    [[nodiscard]] bool is_in_row(core::time_point now) const {
        return rung_ != first_ && now - last_ < quiet_time;
    }

private:
    core::duration first_;
    core::duration longest_;
    core::duration rung_ = first_;
    core::time_point last_;
};

}  // namespace podpool::detail
