// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/postgres/detail/await_deferred.hpp>
#include <podpool/postgres/detail/query_handler.hpp>
#include <podpool/postgres/detail/statement.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace podpool::detail {

class postgres_session;

/// What cancelling an operation does.
enum class on_cancel : std::uint8_t {
    ask_server,  ///< the server is asked to stop; the connection stays good if it does so in time
    give_up,     ///< the operation ends at once and the connection is lost
};

// The door to the session, whose type needs libpq's header. Numbers name operations, so that a late
// cancellation can't hit the next one.
std::uint64_t next_operation(postgres_session& session) noexcept;
boost::asio::any_io_executor executor_of(const postgres_session& session);
void start_query(const std::shared_ptr<postgres_session>& session, std::uint64_t operation,
                 const postgres_statement& statement, on_cancel cancelling, query_handler_ptr handler);
void cancel_operation(const std::shared_ptr<postgres_session>& session, std::uint64_t operation);

using query_signature = void(std::exception_ptr, postgres_result);

/// The initiation of a query.
struct initiate_query {
    std::shared_ptr<postgres_session> session;
    on_cancel cancelling = on_cancel::ask_server;

    template <class Handler>
    void operator()(Handler&& handler, const postgres_statement& statement) const {
        using handler_type = std::decay_t<Handler>;
        const std::uint64_t operation = next_operation(*session);
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            slot.assign([weak = std::weak_ptr(session), operation](boost::asio::cancellation_type type) {
                if (type == boost::asio::cancellation_type::none) return;
                if (const auto alive = weak.lock()) cancel_operation(alive, operation);
            });
        }
        start_query(
            session, operation, statement, cancelling,
            typed_query_handler<handler_type>::make(std::forward<Handler>(handler), executor_of(*session)));
    }
};

/// Runs a statement; `token` is any completion token for query_signature.
template <class Token>
auto async_run(initiate_query initiation, postgres_statement statement, Token&& token) {
    return boost::asio::async_initiate<Token, query_signature>(std::move(initiation), token,
                                                               std::move(statement));
}

}  // namespace podpool::detail
