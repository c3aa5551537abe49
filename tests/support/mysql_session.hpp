// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct st_mysql;

namespace podpool::test {

/// A session on a MySQL or MariaDB server, by which a test administers it.
///
/// Those of servers with static storage are closed by exit(): podpool::mysql, which the tests link too, has
/// OpenSSL's clean-up come after that.
///
/// Functions throw std::runtime_error with what the server says, or after 90 s. Thread safety: one thread
/// at a time.
class mysql_session {
public:
    /// Over a Unix socket.
    mysql_session(const std::string& socket, const std::string& user, const std::string& password,
                  const std::string& database);
    /// Over TCP, with TLS and without a look at the certificate.
    mysql_session(const std::string& address, std::uint16_t port, const std::string& user,
                  const std::string& password, const std::string& database);

    /// Runs statements separated by `;`; returns the first cell of the last result, or nothing.
    std::string run(std::string_view statements);
    [[nodiscard]] bool alive();
    /// A text as it is written inside a statement, with its quotes.
    [[nodiscard]] std::string quoted(std::string_view text);
    [[nodiscard]] const std::string& database() const { return database_; }

    /// Counts client sessions over TCP or the socket, or only those whose connection attribute
    /// `program_name` is this one; never those of administrators and replicas.
    std::size_t count_sessions(std::string_view program_name);
    /// Connections that clients have begun since the server started, refused ones too; but MySQL may miss
    /// some of those that it has no room for when many come at once.
    std::size_t count_connections();

private:
    explicit mysql_session(const std::string& database);

    struct close_session {
        void operator()(st_mysql* session) const noexcept;
    };

    std::unique_ptr<st_mysql, close_session> session_;
    std::string database_;
};

}  // namespace podpool::test
