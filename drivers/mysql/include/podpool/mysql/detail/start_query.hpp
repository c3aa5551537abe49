// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/start_query.hpp>
#include <podpool/mysql/detail/statement.hpp>
#include <podpool/mysql/result.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <memory>

namespace podpool::detail {

class mysql_session;

// The door to the session, whose type needs the connector's headers.
std::uint64_t next_operation(mysql_session& session) noexcept;
boost::asio::any_io_executor executor_of(const mysql_session& session);
void cancel_operation(const std::shared_ptr<mysql_session>& session, std::uint64_t operation);

/// Starts a statement on a session.
struct start_mysql_query {
    using result = mysql_result;
    using statement = mysql_statement;
    static constexpr own_work works = own_work::none;

    std::shared_ptr<mysql_session> session;

    void operator()(std::uint64_t operation, const statement& wanted,
                    query_handler_ptr<result> handler) const;
};

}  // namespace podpool::detail
