// SPDX-License-Identifier: BSL-1.0
// What a lease leaves in its session: noted while it runs, and cleared by a reset that is sent when it ends.
#include "plain_statement.hpp"
#include "session.hpp"

#include <podpool/driver.hpp>

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

namespace podpool::detail {

namespace {

/// Whether a text in the session's client encoding can be read byte by byte: each ASCII byte is the ASCII
/// character. Of the encodings with several bytes per character only UTF-8 is looked at as one.
bool is_readable(const PGconn* connection) {
    const std::string_view encoding = pg_encoding_to_char(PQclientEncoding(connection));
    constexpr std::array<std::string_view, 6> families{"UTF8", "SQL_ASCII", "LATIN",
                                                       "WIN",  "ISO_8859",  "KOI8"};
    return std::any_of(families.begin(), families.end(),
                       [encoding](std::string_view family) { return encoding.starts_with(family); });
}

}  // namespace

/// Scanning a text depends on this setting of the server's, which it reports.
bool postgres_session::standard_strings() const {
    const char* setting = PQparameterStatus(connection_.get(), "standard_conforming_strings");
    return setting == nullptr || std::string_view(setting) == "on";
}

void postgres_session::note_use(std::string_view sql) noexcept {
    touched_ = true;
    if (left_something_) return;
    left_something_ = settings_->pool.reset != reset_mode::automatic || !(plain_.knows(sql) || is_plain(sql));
}

/// Reads a statement that isn't known yet. The encoding only changes by a statement that isn't plain; how
/// backslashes are meant may change by the server's configuration.
bool postgres_session::is_plain(std::string_view sql) noexcept {
    const PGconn* connection = connection_.get();
    const bool backslash = sql.find('\\') != std::string_view::npos;
    const bool standard = !backslash || standard_strings();
    if (!is_readable(connection) || !leaves_nothing(sql, standard)) return false;
    if (!backslash) plain_.remember(sql);
    return true;
}

bool postgres_session::send_reset() noexcept {
    const lock held = lock_if_shared();
    PGconn* connection = connection_.get();
    if (running_ != 0 || lost_ || PQtransactionStatus(connection) != PQTRANS_IDLE) return false;
    by_user_ = false;
    announced_.in_statement = true;
    role_is_read_ = false;
    commits_.begin({});
    unregister();
    // In blocking mode a send may wait for the server to read.
    PQsetnonblocking(connection, 1);
    reset_sent_ = PQsendQuery(connection, full_reset) == 1;
    return reset_sent_ && PQflush(connection) == 0;
}

reset_answer postgres_session::read_reset_answer(std::chrono::steady_clock::time_point until) {
    const lock held = lock_if_shared();
    PGconn* connection = connection_.get();
    while (!collect()) {
        if (!wait_to_read(until)) return {true, {}};
        // After a failure the connection is bad, and collect() gets the reason.
        static_cast<void>(PQconsumeInput(connection));
    }
    reset_sent_ = false;
    drop_notifications();
    const outcome end = end_of(std::exchange(collected_, nullptr));
    if (!end.failed) return {false, state_after_reset(reset_mode::full)};
    try {
        std::rethrow_exception(end.failed);
    } catch (const postgres_error& problem) {
        return {false, failure_of(problem)};
    }
}

/// Waits for the server to say something, until `until` at most; whether it did.
bool postgres_session::wait_to_read(std::chrono::steady_clock::time_point until) {
    pollfd waiting{PQsocket(connection_.get()), POLLIN, 0};
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        const auto limit = std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 60'000);
        const int ready = poll(&waiting, 1, static_cast<int>(limit));
        const bool interrupted = ready < 0 && errno == EINTR;
        if (ready != 0 && !interrupted) return true;
        if (std::chrono::steady_clock::now() >= until) return false;
    }
}

}  // namespace podpool::detail
