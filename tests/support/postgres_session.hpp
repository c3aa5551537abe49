// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct pg_conn;

namespace podpool::test {

/// A session of the superuser `admin` on a PostgreSQL server, by which a test administers it.
///
/// Functions throw std::runtime_error with what the server says. Thread safety: one thread at a time.
class postgres_session {
public:
    /// What it calls itself, so that it isn't counted among the sessions of a client.
    static constexpr const char* application_name = "podpool-test-admin";

    /// `password`: empty where the server asks for none; with one, TLS without a look at the certificate.
    postgres_session(const std::string& address, std::uint16_t port, const std::string& password,
                     const std::string& database);

    /// Runs one statement; returns the first cell of its result, or nothing.
    std::string run(const std::string& statement);
    [[nodiscard]] bool alive() const;
    /// A text as it is written inside a statement, with its quotes.
    [[nodiscard]] std::string quoted(std::string_view text) const;
    [[nodiscard]] const std::string& database() const { return database_; }

    /// Counts client sessions, or only those with this application_name; never such as this one.
    std::size_t count_sessions(std::string_view of_application);

private:
    struct close_connection {
        void operator()(pg_conn* connection) const noexcept;
    };

    std::unique_ptr<pg_conn, close_connection> session_;
    std::string database_;
};

}  // namespace podpool::test
