// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <functional>
#include <memory>
#include <string>

struct pg_conn;

namespace podpool::test {

/// A session whose state can be told: what a statement left in it.
///
/// Functions throw std::runtime_error if the server doesn't answer any more. Thread safety: one thread at a
/// time.
class leased_session {
public:
    /// What makes state() work, to be run once in the database.
    static const char* const definition;

    explicit leased_session(std::string conninfo);

    /// Runs a text as psql does. `copy_data` is asked for what a COPY FROM STDIN reads. Returns whether all
    /// of it succeeded. A session that breaks is replaced.
    bool run(const std::string& sql, const std::function<std::string()>& copy_data = {});
    /// Ends the transaction that is open.
    void rollback();
    [[nodiscard]] bool in_transaction() const;
    [[nodiscard]] bool standard_strings() const;
    /// Settings, roles, prepared statements, cursors, channels, temporary objects, advisory locks, and
    /// sequences that have a current value, with what draws from them: a line for each. Without a
    /// transaction; empty if the session can't tell.
    std::string state();
    void reconnect();

private:
    struct close_connection {
        void operator()(pg_conn* connection) const noexcept;
    };

    std::string conninfo_;
    std::unique_ptr<pg_conn, close_connection> connection_;
};

}  // namespace podpool::test
