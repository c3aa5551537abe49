// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace podpool {

/// What a failure says about a connection and about its endpoint; each driver maps its errors to it.
enum class failure_kind : std::uint8_t {
    none,             ///< nothing failed
    connection_lost,  ///< this connection is gone; its siblings are looked at before they are used again
    endpoint_down,    ///< the endpoint refuses, times out or is shutting down: retry it after a back-off
    overloaded,       ///< the endpoint has no room for another connection; open ones stay good
    wrong_role,       ///< the endpoint works but isn't of the wanted role (a standby, read-only)
    rejected,         ///< login, database or TLS identity was refused: no retry helps until someone mends it
    server_error,     ///< a statement failed for the server's own reasons; its connection stays good
    /// The server ended this session: alone, or because it is about to shut down. The pool opens a connection
    /// to the endpoint at once, and hands out none of its idle ones until that login has told which.
    session_terminated,
};

/// How many kinds there are.
inline constexpr std::size_t failure_kind_count = 8;

/// A failure and its reason in words; the words never contain a password.
struct failure {
    failure_kind kind = failure_kind::none;
    std::string message;

    failure() = default;
    failure(failure_kind kind_, std::string message_) : kind(kind_), message(std::move(message_)) {}

    /// True when something failed.
    explicit operator bool() const noexcept { return kind != failure_kind::none; }
};

}  // namespace podpool
