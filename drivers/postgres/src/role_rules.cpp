// SPDX-License-Identifier: BSL-1.0
#include "role_rules.hpp"

#include <string_view>

namespace podpool::detail {

namespace {

std::optional<bool> reported(const PGconn* connection, const char* parameter) noexcept {
    const char* value = PQparameterStatus(connection, parameter);
    if (value == nullptr) return std::nullopt;
    return std::string_view(value) == "on";
}

}  // namespace

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
            return false;
        case session_attrs::primary:
        case session_attrs::standby:
        case session_attrs::prefer_standby:
            return !known.in_recovery;
        case session_attrs::read_write:
        case session_attrs::read_only:
            return !known.in_recovery || !known.read_only;
    }
    return false;
}

std::string unmet(session_attrs wanted, const server_state& known) {
    const bool standby = known.in_recovery.value_or(false);
    const bool writable = !standby && !known.read_only.value_or(false);
    if (satisfies(wanted, standby, writable)) return {};
    const std::string is = standby ? "a standby" : writable ? "a read-write primary" : "a read-only primary";
    return "the server is " + is + " and target_session_attrs is " + std::string(to_string(wanted));
}

}  // namespace podpool::detail
