// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

namespace podpool::detail {

/// Words that `pool_zone` takes in place of a zone.
inline constexpr std::string_view zone_of_environment = "auto";
inline constexpr std::string_view zone_of_service = "service";

/// The zone that the environment names for this program, or nothing.
inline std::string zone_in_environment() {
    const char* const zone = std::getenv("PODPOOL_ZONE");
    return zone != nullptr ? zone : "";
}

/// The zone to begin with by `pool_zone`; a source of endpoints may know better later.
inline std::string first_zone(const std::string& option) {
    if (option == zone_of_environment) return zone_in_environment();
    return option == zone_of_service ? std::string() : option;
}

}  // namespace podpool::detail
