// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/error.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace podpool {

/// The category of the error numbers of MySQL, MariaDB and their clients, named "mysql"; `message()` gives
/// `MySQL error 1146`.
const boost::system::error_category& mysql_category() noexcept;

/// A statement failed; carries what the server, or the connector, said.
///
/// `code()` is errc::connection_lost when the connection is gone, boost::asio::error::operation_aborted
/// when the statement was cancelled by its caller, errc::transaction_rolled_back for a COMMIT of a
/// transaction that the server had rolled back when a statement in it failed (number() is that one's),
/// otherwise the error number in mysql_category(). A server tells nothing else about an error: no constraint,
/// table or column but in its words. `what()` has everything, the endpoint included. Thread safety: a value;
/// copies share what they carry.
class mysql_error : public error {
public:
    /// What is said about an error; every part may be empty.
    struct report {
        /// 1000 to 1999 and from 3000 on: the server's; 2000 to 2999: the client library's; 0: none.
        int number = 0;
        std::string sqlstate;
        std::string message;
        std::string endpoint;
        bool outcome_unknown = false;
    };

    mysql_error(boost::system::error_code code, report what_failed);

    /// The error number, such as 1062; 0 when neither server nor client library gave one.
    [[nodiscard]] int number() const noexcept { return said_->number; }
    /// Five characters, `HY000` for many errors; empty when there is none.
    [[nodiscard]] std::string_view sqlstate() const noexcept { return said_->sqlstate; }
    /// The message.
    [[nodiscard]] std::string_view message() const noexcept { return said_->message; }
    /// The endpoint of the connection, `10.0.0.1:3306`.
    [[nodiscard]] std::string_view endpoint() const noexcept { return said_->endpoint; }
    /// Whether the server may have run the statement all the same: it was sent, and the connection was lost
    /// or given up before the answer came. Whoever sends it again may then have it twice. False: it was never
    /// sent, or the server said that it failed.
    [[nodiscard]] bool outcome_unknown() const noexcept { return said_->outcome_unknown; }

private:
    std::shared_ptr<const report> said_;
};

/// The code of an error number in mysql_category(); 0 gives a code of its own.
boost::system::error_code make_mysql_code(int number) noexcept;

}  // namespace podpool
