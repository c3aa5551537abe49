// SPDX-License-Identifier: BSL-1.0
#include "role_rules.hpp"

#include <array>
#include <utility>

namespace podpool::detail {

namespace {

constexpr std::array<std::pair<std::string_view, session_attrs>, 6> names{{
    {"any", session_attrs::any},
    {"read-write", session_attrs::read_write},
    {"read-only", session_attrs::read_only},
    {"primary", session_attrs::primary},
    {"standby", session_attrs::standby},
    {"prefer-standby", session_attrs::prefer_standby},
}};

std::optional<bool> reported(const PGconn* connection, const char* parameter) noexcept {
    const char* value = PQparameterStatus(connection, parameter);
    if (value == nullptr) return std::nullopt;
    return std::string_view(value) == "on";
}

}  // namespace

std::optional<session_attrs> parse_session_attrs(std::string_view text) {
    for (const auto& [name, attrs] : names) {
        if (name == text) return attrs;
    }
    return std::nullopt;
}

std::string_view to_string(session_attrs attrs) noexcept {
    for (const auto& [name, value] : names) {
        if (value == attrs) return name;
    }
    return "any";
}

postgres_role server_state::role() const noexcept {
    if (!in_recovery) return postgres_role::unknown;
    return *in_recovery ? postgres_role::standby : postgres_role::primary;
}

server_state reported_state(const PGconn* connection) noexcept {
    return {reported(connection, "in_hot_standby"), reported(connection, "default_transaction_read_only")};
}

bool must_ask(session_attrs wanted, const server_state& known) noexcept {
    switch (wanted) {
        case session_attrs::any:
        case session_attrs::prefer_standby:
            return false;
        case session_attrs::primary:
        case session_attrs::standby:
            return !known.in_recovery;
        case session_attrs::read_write:
        case session_attrs::read_only:
            return !known.in_recovery || !known.read_only;
    }
    return false;
}

bool wants_writes(session_attrs wanted) noexcept {
    return wanted == session_attrs::read_write || wanted == session_attrs::primary;
}

std::string unmet(session_attrs wanted, const server_state& known) {
    const bool standby = known.in_recovery.value_or(false);
    const bool writable = !standby && !known.read_only.value_or(false);
    bool met = true;
    switch (wanted) {
        case session_attrs::any:
        case session_attrs::prefer_standby:
            break;
        case session_attrs::read_write:
            met = writable;
            break;
        case session_attrs::read_only:
            met = !writable;
            break;
        case session_attrs::primary:
            met = !standby;
            break;
        case session_attrs::standby:
            met = standby;
            break;
    }
    if (met) return {};
    const std::string is = standby ? "a standby" : writable ? "a read-write primary" : "a read-only primary";
    return "the server is " + is + " and target_session_attrs is " + std::string(to_string(wanted));
}

}  // namespace podpool::detail
