// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/role_policy.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace podpool::detail {

/// libpq's six values of target_session_attrs, which every driver has.
enum class session_attrs : std::uint8_t { any, read_write, read_only, primary, standby, prefer_standby };

inline constexpr std::array<std::pair<std::string_view, session_attrs>, 6> session_attrs_names{{
    {"any", session_attrs::any},
    {"read-write", session_attrs::read_write},
    {"read-only", session_attrs::read_only},
    {"primary", session_attrs::primary},
    {"standby", session_attrs::standby},
    {"prefer-standby", session_attrs::prefer_standby},
}};

/// How a message names the six values.
inline constexpr std::string_view session_attrs_expected =
    "expected any, read-write, read-only, primary, standby or prefer-standby";

/// Reads one of the six values; nothing for another text.
inline std::optional<session_attrs> parse_session_attrs(std::string_view text) {
    for (const auto& [name, attrs] : session_attrs_names) {
        if (name == text) return attrs;
    }
    return std::nullopt;
}

inline std::string_view to_string(session_attrs attrs) noexcept {
    for (const auto& [name, value] : session_attrs_names) {
        if (value == attrs) return name;
    }
    return "any";
}

/// Whether these attributes need a server that takes writes.
inline bool wants_writes(session_attrs wanted) noexcept {
    return wanted == session_attrs::read_write || wanted == session_attrs::primary;
}

/// Whether a server has the wanted attributes. `writable`: it is no standby and not read-only otherwise.
inline bool satisfies(session_attrs wanted, bool standby, bool writable) noexcept {
    switch (wanted) {
        case session_attrs::any:
        case session_attrs::prefer_standby:
            return true;
        case session_attrs::read_write:
            return writable;
        case session_attrs::read_only:
            return !writable;
        case session_attrs::primary:
            return !standby;
        case session_attrs::standby:
            return standby;
    }
    return true;
}

/// What these attributes mean for the roles of servers. `primaries_may_be_read_only`: whether the database
/// has primaries that take no writes; where those that take none count as standbys, it hasn't.
inline role_policy roles_let_in(session_attrs wanted, bool primaries_may_be_read_only) noexcept {
    role_policy roles;
    roles.primary =
        satisfies(wanted, false, true) || (primaries_may_be_read_only && satisfies(wanted, false, false));
    roles.standby = satisfies(wanted, true, false);
    roles.prefer_standby = wanted == session_attrs::prefer_standby;
    return roles;
}

}  // namespace podpool::detail
