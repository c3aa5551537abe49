// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/endpoint.hpp>

#include <cstdint>
#include <string_view>

namespace podpool::detail {

/// A second descriptor of a session's socket, which the connector keeps to itself: to look whether the
/// server has closed the session, and to cut off a call that hangs.
///
/// A descriptor of our own stays valid whatever the connector does, and never names another session.
/// Thread safety: one thread at a time, but cut() may be called while another thread uses the session.
class session_socket {
public:
    session_socket() = default;
    session_socket(session_socket&& other) noexcept;
    session_socket& operator=(session_socket&& other) noexcept;
    ~session_socket();

    /// Finds the socket of a session by the address that the server knows its client by (`10.0.0.7:51234`,
    /// as the process list has it). Returns an unknown one where that is another address, as behind NAT or
    /// a proxy, where it has no port, as over a Unix socket, or where there is no /proc.
    static session_socket find(const endpoint& server, std::string_view client) noexcept;

    [[nodiscard]] bool known() const noexcept { return descriptor_ >= 0; }

    /// Whether the peer has neither closed the connection nor said anything: a server says nothing unasked
    /// but goodbye. True for an unknown socket.
    [[nodiscard]] bool is_quiet() const noexcept;

    /// Makes the kernel notice a peer that is gone without a word: after 20 s of unanswered data, or a
    /// minute of silence.
    void watch_peer() const noexcept;

    /// Ends every call that waits on the socket, at once.
    void cut() const noexcept;

private:
    explicit session_socket(int descriptor) noexcept : descriptor_(descriptor) {}

    int descriptor_ = -1;
};

}  // namespace podpool::detail
