// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace podpool::detail {

namespace libmariadb {
struct session;
}

/// A session's handle in libmariadb, which the connector keeps to itself: for what the connector doesn't
/// tell.
///
/// Unknown with Oracle's connector. Valid as long as the connector's connection.
/// Thread safety: used by whoever may use the connection.
class client_handle {
public:
    client_handle() = default;
    explicit client_handle(libmariadb::session* session) noexcept : session_(session) {}

    [[nodiscard]] bool known() const noexcept { return session_ != nullptr; }
    /// The id that the last statement generated, if it was one without rows that succeeded; 0: none.
    [[nodiscard]] std::uint64_t last_insert_id() const noexcept;
    /// Whether a transaction was open when the server answered the last statement that didn't fail.
    [[nodiscard]] bool in_transaction() const noexcept;

private:
    libmariadb::session* session_ = nullptr;
};

/// Watches the session that the connector opens on this thread while this object lives, at the place where
/// libmariadb makes its socket.
///
/// The socket is made close-on-exec: while it is being connected, and at the latest before anything is read
/// from it. Sessions that a program opens without podpool are left as they are. Watches nothing with
/// Oracle's connector. Thread safety: one object per thread.
class login_watch {
public:
    login_watch() noexcept;
    login_watch(const login_watch&) = delete;
    login_watch& operator=(const login_watch&) = delete;
    ~login_watch();

    /// Makes watching possible in this process; called before the first session is opened. Throws
    /// podpool::error where the library below the connector isn't libmariadb 3.
    static void prepare();

    /// The handle of the session that was opened, or whose login failed; unknown before it was begun.
    [[nodiscard]] client_handle handle() const noexcept { return handle_; }
    /// Whether the library has sent anything: what the server said first was good enough for that.
    [[nodiscard]] bool has_sent() const noexcept { return sent_; }

private:
    friend struct watched_io;

    client_handle handle_;
    bool sent_ = false;
};

}  // namespace podpool::detail
