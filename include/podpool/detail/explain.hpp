// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/errc.hpp>
#include <podpool/role.hpp>
#include <podpool/stats.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace podpool::detail {

/// A duration for reading: one unit, at most one decimal.
inline std::string rough_duration_text(std::chrono::nanoseconds value) {
    const std::int64_t tenths = value.count() / 100'000;
    if (tenths < 10'000) return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + "ms";
    const std::int64_t deciseconds = tenths / 1'000;
    return std::to_string(deciseconds / 10) + "." + std::to_string(deciseconds % 10) + "s";
}

/// What each endpoint's role is, for a caller who wants one of them.
inline std::string explain_roles(role wanted, const stats& now) {
    const auto of_role = std::count_if(now.endpoints.begin(), now.endpoints.end(),
                                       [wanted](const endpoint_stats& each) { return each.role == wanted; });
    std::string text = "; " + (of_role == 0 ? std::string("no") : std::to_string(of_role)) + " " +
                       std::string(to_string(wanted)) + " among " + std::to_string(now.endpoints.size()) +
                       (now.endpoints.size() == 1 ? " endpoint" : " endpoints");
    std::string_view separator = ": ";
    for (const endpoint_stats& each : now.endpoints) {
        text.append(separator).append(to_string(each.where) + " ").append(to_string(each.role));
        separator = ", ";
    }
    return text;
}

/// What keeps idle connections from being handed out.
inline std::string explain_upkeep(const stats& now) {
    if (now.maintaining == 0) return {};
    return ", " + std::to_string(now.maintaining) +
           " of them waiting for the server's answer to a reset or a check";
}

/// Says why a role can never be had.
inline std::string explain_exclusion(role wanted, const std::string& pool, bool tells_roles) {
    return "podpool " + pool + ": no connection to a " + std::string(to_string(wanted)) +
           " can ever be had: " +
           (tells_roles ? "target_session_attrs lets no " + std::string(to_string(wanted)) + " in"
                        : std::string("this driver's servers don't tell their roles"));
}

/// Says why a pool can't be used in a child process.
inline std::string explain_fork(const std::string& pool, long owner) {
    return "podpool " + pool + ": the pool was made by process " + std::to_string(owner) +
           " and its connections are that process's; this one is a copy of it by fork() and needs a pool of "
           "its "
           "own";
}

/// Says why an acquire failed, for whoever is on call: the pool's sizes and waiters, the roles if the caller
/// wanted one, and the last failure of each endpoint.
inline std::string explain(errc reason, const stats& now, role wanted = role::any) {
    std::string text = "podpool " + now.name + ": " + make_error_code(reason).message() + "; " +
                       std::to_string(now.open) + " of at most " + std::to_string(now.max_conns) +
                       " connections open (" + std::to_string(now.active + now.draining) + " leased, " +
                       std::to_string(now.idle) + " idle" + explain_upkeep(now) + "), " +
                       std::to_string(now.opening) + " opening, " + std::to_string(now.waiters) +
                       " other callers waiting";
    if (now.endpoints.empty()) text += "; no endpoint is known";
    if (wanted != role::any && !now.endpoints.empty()) text += explain_roles(wanted, now);
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
