// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/start_query.hpp>
#include <podpool/postgres/detail/statement.hpp>
#include <podpool/postgres/result.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <memory>

namespace podpool::detail {

class postgres_session;

/// What cancelling an operation does.
enum class on_cancel : std::uint8_t {
    ask_server,  ///< the server is asked to stop; the connection stays good if it does so in time
    give_up,     ///< the operation ends at once and the connection is lost
};

// The door to the session, whose type needs libpq's header.
std::uint64_t next_operation(postgres_session& session) noexcept;
const boost::asio::any_io_executor& executor_of(const postgres_session& session) noexcept;
void cancel_operation(const std::shared_ptr<postgres_session>& session, std::uint64_t operation);

/// Starts a statement on a session.
struct start_postgres_query {
    using result = postgres_result;
    using statement = postgres_statement;
    static constexpr own_work works = own_work::while_it_runs;

    std::shared_ptr<postgres_session> session;
    on_cancel cancelling = on_cancel::ask_server;

    void operator()(std::uint64_t operation, const statement& wanted,
                    query_handler_ptr<result> handler) const;
};

}  // namespace podpool::detail
