// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <optional>

namespace podpool::detail {

/// Questions are never closer together than this, whatever the TTL says and however often one asks.
inline constexpr std::chrono::nanoseconds refresh_floor = std::chrono::seconds(1);

/// When to ask again after a good answer: after the TTL, but no later than `bound` (`pool_dns_refresh`)
/// and no sooner than the floor. `draw`, 0 to 1, shortens it by up to a tenth, so that pools which were
/// started together don't ask together.
std::chrono::nanoseconds refresh_after(std::optional<std::chrono::seconds> ttl,
                                       std::chrono::nanoseconds bound, double draw);

/// When to ask again after `failures` (at least 1) questions in a row went wrong: 1 s, doubling up to
/// `bound`, shortened by the same draw.
std::chrono::nanoseconds retry_after(unsigned failures, std::chrono::nanoseconds bound, double draw);

}  // namespace podpool::detail
