// SPDX-License-Identifier: BSL-1.0
// What the scenarios share: options to start from and readable assertions.
#pragma once

#include "simulation/world.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace podpool::simulation {

using namespace std::chrono_literals;

/// Defaults but for the size, and every lease leaves something to be cleared.
inline options pool_of(std::size_t max_conns) {
    options settings;
    settings.max_conns = max_conns;
    settings.reset = reset_mode::full;
    return settings;
}

/// That, and as many connections from the start.
inline options full_pool(std::size_t size) {
    options settings = pool_of(size);
    settings.min_conns = size;
    return settings;
}

inline std::size_t largest_gap(const std::vector<std::size_t>& counts) {
    const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
    return *most - *least;
}

inline std::size_t total(const std::vector<std::size_t>& counts) {
    std::size_t sum = 0;
    for (const std::size_t count : counts) sum += count;
    return sum;
}

/// Sessions on a pod that callers hold.
inline std::size_t leased_on(const pod& server) {
    return static_cast<std::size_t>(std::count_if(server.sessions.begin(), server.sessions.end(),
                                                  [](const auto& entry) { return entry.second->leased; }));
}

inline std::string listed(const std::vector<std::size_t>& counts) {
    std::ostringstream text;
    for (const std::size_t count : counts) text << count << ' ';
    return text.str();
}

inline double in_milliseconds(duration length) {
    return std::chrono::duration<double, std::milli>(length).count();
}

inline double in_seconds(duration length) { return std::chrono::duration<double>(length).count(); }

/// The most attempts on one pod that refuses, within a second: the pauses between them are 10 ms doubling,
/// each at least half of it, and 5 + 10 + ... + 640 ms are more than a second.
inline constexpr std::size_t refused_within_a_second = 8;

/// Closes by reason, those on pods that the pool has forgotten included.
inline std::uint64_t closes(const stats& figures, close_reason reason) {
    return figures.closes[static_cast<std::size_t>(reason)];
}

/// Moves that all pools have made.
inline std::uint64_t moves(world& here) {
    std::uint64_t sum = 0;
    for (const auto& pool : here.pools()) sum += closes(pool->snapshot(), close_reason::rebalanced);
    return sum;
}

}  // namespace podpool::simulation
