// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/await_deferred.hpp>
#include <podpool/detail/query_handler.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/deferred.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace podpool::detail {

template <class Result>
using query_signature = void(std::exception_ptr, Result);

/// The initiation of a query, the same for every driver.
///
/// `Start` is a driver's own: its types `result` and `statement`, its member `session`, `works`, which says
/// what keeps the connection's executor running meanwhile, and a call operator that starts operation number n
/// and calls the handler when it has ended. Beside the session's type are next_operation(), executor_of() and
/// cancel_operation(). Numbers name operations, so that a late cancellation can't hit the next one.
template <class Start>
struct initiate_query {
    Start start;

    template <class Handler>
    void operator()(Handler&& handler, const typename Start::statement& statement) const {
        using handler_type = std::decay_t<Handler>;
        const std::uint64_t operation = next_operation(*start.session);
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            slot.assign(
                [weak = std::weak_ptr(start.session), operation](boost::asio::cancellation_type type) {
                    if (type == boost::asio::cancellation_type::none) return;
                    if (const auto alive = weak.lock()) cancel_operation(alive, operation);
                });
        }
        start(operation, statement,
              typed_query_handler<handler_type, typename Start::result>::make(
                  std::forward<Handler>(handler), executor_of(*start.session), Start::works));
    }
};

/// Runs a statement; `token` is any completion token for the result's query_signature.
template <class Start, class Token>
auto async_run(Start start, typename Start::statement statement, Token&& token) {
    return boost::asio::async_initiate<Token, query_signature<typename Start::result>>(
        initiate_query<Start>{std::move(start)}, token, std::move(statement));
}

/// Whether the last argument of async_query is a completion token: it is unless the statement takes it as a
/// parameter.
template <class Statement, class... Arguments>
constexpr bool last_is_token() {
    if constexpr (sizeof...(Arguments) == 0) {
        return false;
    } else {
        return !Statement::template takes<
            std::remove_cvref_t<std::tuple_element_t<sizeof...(Arguments) - 1, std::tuple<Arguments...>>>>;
    }
}

template <class Start, std::size_t... Index, class Arguments>
auto run_split(Start start, std::string_view sql, std::index_sequence<Index...>, Arguments arguments) {
    using token = std::tuple_element_t<sizeof...(Index), Arguments>;
    static_assert(boost::asio::completion_token_for<token, query_signature<typename Start::result>>,
                  "async_query: the last argument is neither a parameter nor a completion token");
    return async_run(std::move(start), typename Start::statement(sql, std::get<Index>(arguments)...),
                     static_cast<token>(std::get<sizeof...(Index)>(arguments)));
}

/// async_query of a connection: parameters, and last a token, or boost::asio::deferred if there is none.
template <class Start, class... Arguments>
auto async_query(Start start, std::string_view sql, Arguments&&... parameters_and_token) {
    if constexpr (last_is_token<typename Start::statement, Arguments...>()) {
        return run_split(std::move(start), sql, std::make_index_sequence<sizeof...(Arguments) - 1>(),
                         std::forward_as_tuple(std::forward<Arguments>(parameters_and_token)...));
    } else {
        return async_run(std::move(start), typename Start::statement(sql, parameters_and_token...),
                         boost::asio::deferred);
    }
}

}  // namespace podpool::detail
