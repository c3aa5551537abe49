// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct st_mysql;

namespace podpool::test {

/// A session over the Unix socket of a MySQL or MariaDB server, by which a test administers it.
///
/// Functions throw std::runtime_error with what the server says, or after 60 s. Thread safety: one thread
/// at a time.
class mysql_session {
public:
    mysql_session(const std::string& socket, const std::string& user, const std::string& password,
                  const std::string& database);

    /// Runs statements separated by `;`; returns the first cell of the last result, or nothing.
    std::string run(std::string_view statements);
    [[nodiscard]] bool alive();
    /// A text as it is written inside a statement, with its quotes.
    [[nodiscard]] std::string quoted(std::string_view text);
    [[nodiscard]] const std::string& database() const { return database_; }

private:
    struct close_session {
        void operator()(st_mysql* session) const noexcept;
    };

    std::unique_ptr<st_mysql, close_session> session_;
    std::string database_;
};

}  // namespace podpool::test
