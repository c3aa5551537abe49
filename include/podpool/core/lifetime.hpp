// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/random.hpp>
#include <podpool/core/slot.hpp>
#include <podpool/core/time.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

namespace podpool::core {

/// How long one new connection may live: drawn once, never above `lifetime`.
///
/// In the pool's first generation the draw is from a third of the lifetime to all of it, since the pools
/// of a deployment are born together and a lifetime alone would renew them all in one jitter window
/// (2000 sessions: 47 dials/s with 2.5 % jitter). Later generations subtract up to `jitter`.
inline duration draw_lifetime(duration lifetime, duration jitter, bool first_generation, random& rng) {
    if (first_generation) jitter = std::max(jitter, lifetime - lifetime / 3);
    return lifetime - rng.up_to(jitter);
}

/// How long before its end a connection's replacement begins to open: time for an attempt and a second
/// one elsewhere, at most a tenth of the lifetime.
inline duration renewal_lead(duration lifetime, duration open_time) {
    return std::min(std::max<duration>(4 * open_time, std::chrono::seconds(1)), lifetime / 10);
}

/// The distance kept between renewals: half of lifetime / size, so that a pool whose connections end
/// together is renewed over the half lifetime before, and never faster than twice the steady rate.
/// (PgBouncer keeps lifetime / size; half of it leaves slack for renewals that fail or find no idle victim.)
inline duration renewal_gap(duration lifetime, std::size_t size) {
    return lifetime / static_cast<duration::rep>(2 * std::max<std::size_t>(size, 1));
}

/// When the next renewal must begin so that every one keeps its distance and none is late:
/// min over i of (end of i - lead - i * gap). `aging` holds each connection's end and slot, earliest first.
inline time_point next_renewal(std::span<const std::pair<time_point, slot_id>> aging, duration lead,
                               duration gap) {
    time_point start = never;
    duration ahead = lead;
    for (const auto& [end, slot] : aging) {
        start = std::min(start, end - ahead);
        ahead += gap;
    }
    return start;
}

}  // namespace podpool::core
