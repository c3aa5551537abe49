// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace demo {

inline constexpr std::size_t connections = 30;
inline constexpr std::size_t callers = 24;
inline constexpr const char* service = "db.prod.svc.cluster.local";
inline constexpr const char* application_name = "podpool-demo";

/// What can be set about the demo.
struct settings {
    std::chrono::seconds per_phase{10};  ///< how long each phase takes at least
    std::chrono::seconds lifetime{8};    ///< pool_max_conn_lifetime
    int phases = 4;                      ///< how many of the four are told
    std::string output = "podpool-demo.svg";
};

}  // namespace demo
