// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/system_error.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace podpool {

/// The category of SQLSTATEs, named "postgres"; `message()` gives `SQLSTATE 42P01`.
const boost::system::error_category& postgres_category() noexcept;

/// A statement failed; carries what the server said.
///
/// `code()` is errc::connection_lost when the connection is gone, boost::asio::error::operation_aborted
/// when the statement was cancelled by its caller, otherwise the SQLSTATE in postgres_category().
/// `what()` has everything, the endpoint included. Thread safety: a value; copies share what they carry.
class postgres_error : public boost::system::system_error {
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
    };

    postgres_error(boost::system::error_code code, report what_failed);

    /// Five characters, empty when the server said nothing (a broken connection).
    [[nodiscard]] std::string_view sqlstate() const noexcept { return content_->said.sqlstate; }
    /// ERROR, FATAL or PANIC, in English whatever the server's language; empty as above.
    [[nodiscard]] std::string_view severity() const noexcept { return content_->said.severity; }
    /// The primary message.
    [[nodiscard]] std::string_view message() const noexcept { return content_->said.message; }
    [[nodiscard]] std::string_view detail() const noexcept { return content_->said.detail; }
    [[nodiscard]] std::string_view hint() const noexcept { return content_->said.hint; }
    /// The endpoint of the connection, `10.0.0.1:5432`.
    [[nodiscard]] std::string_view endpoint() const noexcept { return content_->said.endpoint; }
    /// Whether the server may have run the statement all the same: it was sent, and the connection was lost
    /// or given up before the answer came. Whoever sends it again may then have it twice. False: it was never
    /// sent, or the server said that it failed.
    [[nodiscard]] bool outcome_unknown() const noexcept { return content_->said.outcome_unknown; }
    [[nodiscard]] const char* what() const noexcept override { return content_->text.c_str(); }

private:
    struct content {
        report said;
        std::string text;
    };

    std::shared_ptr<const content> content_;
};

/// The code of a SQLSTATE in postgres_category(); a text that is none gives a code of its own.
boost::system::error_code make_sqlstate_code(std::string_view sqlstate) noexcept;

}  // namespace podpool
