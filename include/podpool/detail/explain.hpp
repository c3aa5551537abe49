// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/errc.hpp>
#include <podpool/stats.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace podpool::detail {

/// A duration for reading: one unit, at most one decimal.
inline std::string rough_duration_text(std::chrono::nanoseconds value) {
    const std::int64_t tenths = value.count() / 100'000;
    if (tenths < 10'000) return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + "ms";
    const std::int64_t deciseconds = tenths / 1'000;
    return std::to_string(deciseconds / 10) + "." + std::to_string(deciseconds % 10) + "s";
}

/// Says why an acquire failed, for whoever is on call: the pool's sizes and waiters, and the last
/// failure of each endpoint.
inline std::string explain(errc reason, const stats& now) {
    std::string text = "podpool " + now.name + ": " + make_error_code(reason).message() + "; " +
                       std::to_string(now.open) + " of at most " + std::to_string(now.max_conns) +
                       " connections open (" + std::to_string(now.active + now.draining) + " leased, " +
                       std::to_string(now.idle) + " idle), " + std::to_string(now.opening) + " opening, " +
                       std::to_string(now.waiters) + " other callers waiting";
    if (now.endpoints.empty()) text += "; no endpoint is known";
    for (const endpoint_stats& endpoint : now.endpoints) {
        if (!endpoint.last_failure) continue;
        text += "; " + to_string(endpoint.where) + " (" + std::string(to_string(endpoint.state)) +
                "): " + endpoint.last_failure.message;
        if (endpoint.last_failure_age) {
            text += ", " + rough_duration_text(*endpoint.last_failure_age) + " ago";
        }
    }
    if (!now.discovery_error.empty()) text += "; discovery: " + now.discovery_error;
    return text;
}

}  // namespace podpool::detail
