// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/error.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace podpool {

/// The category of SQLSTATEs, named "postgres"; `message()` gives `SQLSTATE 42P01`.
const boost::system::error_category& postgres_category() noexcept;

/// A statement failed; carries what the server said.
///
/// `code()` is errc::connection_lost when the connection is gone, errc::transaction_rolled_back when a COMMIT
/// was answered with ROLLBACK, boost::asio::error::operation_aborted when the statement was cancelled by its
/// caller, otherwise the SQLSTATE in postgres_category().
/// `what()` has the endpoint, severity, SQLSTATE, message, detail, hint and context.
/// Thread safety: a value; copies share what they carry.
class postgres_error : public error {
public:
    /// What a server says about an error; every part may be empty.
    struct report {
        std::string sqlstate;
        std::string severity;
        std::string message;
        std::string detail;
        std::string hint;
        std::string endpoint;
        bool outcome_unknown = false;
        // Initialized, so that a report may be written without them.
        // NOLINTBEGIN(readability-redundant-member-init)
        std::string constraint = {};
        std::string schema = {};
        std::string table = {};
        std::string column = {};
        std::string data_type = {};
        std::size_t position = 0;
        std::string context = {};
        // NOLINTEND(readability-redundant-member-init)
    };

    postgres_error(boost::system::error_code code, report what_failed);

    /// Five characters, empty when the server said nothing (a broken connection).
    [[nodiscard]] std::string_view sqlstate() const noexcept { return said_->sqlstate; }
    /// ERROR, FATAL or PANIC, in English whatever the server's language; empty as above.
    [[nodiscard]] std::string_view severity() const noexcept { return said_->severity; }
    /// The primary message.
    [[nodiscard]] std::string_view message() const noexcept { return said_->message; }
    [[nodiscard]] std::string_view detail() const noexcept { return said_->detail; }
    [[nodiscard]] std::string_view hint() const noexcept { return said_->hint; }
    /// The endpoint of the connection, `10.0.0.1:5432`.
    [[nodiscard]] std::string_view endpoint() const noexcept { return said_->endpoint; }
    /// Whether the server may have run the statement all the same: it was sent, and the connection was lost
    /// or given up before the answer came. Whoever sends it again may then have it twice. False: it was never
    /// sent, or the server said that it failed.
    [[nodiscard]] bool outcome_unknown() const noexcept { return said_->outcome_unknown; }

    // What the statement failed on, in fields of their own, whatever the server's language; each is empty
    // where the server doesn't tell it.

    /// The name of the constraint, also of a unique index: `users_mail_key`.
    [[nodiscard]] std::string_view constraint() const noexcept { return said_->constraint; }
    /// The schema of the table, or of the data type.
    [[nodiscard]] std::string_view schema() const noexcept { return said_->schema; }
    [[nodiscard]] std::string_view table() const noexcept { return said_->table; }
    [[nodiscard]] std::string_view column() const noexcept { return said_->column; }
    /// The data type, such as a domain whose constraint was violated.
    [[nodiscard]] std::string_view data_type() const noexcept { return said_->data_type; }
    /// Where in the statement's text, in characters (not bytes), the first one being 1; 0: the server tells
    /// no place.
    [[nodiscard]] std::size_t position() const noexcept { return said_->position; }
    /// What the server was doing, one line for each function that it was in, the innermost first.
    [[nodiscard]] std::string_view context() const noexcept { return said_->context; }

private:
    std::shared_ptr<const report> said_;
};

/// The code of a SQLSTATE in postgres_category(); a text that is none gives a code of its own.
boost::system::error_code make_sqlstate_code(std::string_view sqlstate) noexcept;

}  // namespace podpool
