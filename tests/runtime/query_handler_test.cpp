// SPDX-License-Identifier: BSL-1.0
// Where the handler of a query is called: in place only on its own executor.
#include "support/catch.hpp"

#include <podpool/detail/query_handler.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <exception>
#include <utility>

namespace asio = boost::asio;
using podpool::detail::completed_by;
using podpool::detail::own_work;

namespace {

/// Completes a handler outside of every context; whether it is called before that returns.
template <class Handler>
bool called_in_place(Handler handler, const asio::any_io_executor& connection, completed_by whom,
                     const int& calls) {
    auto waiting = podpool::detail::typed_query_handler<Handler, int>::make(std::move(handler), connection,
                                                                            own_work::while_it_runs);
    waiting.release()->complete(nullptr, 1, whom);
    return calls == 1;
}

/// A handler that counts its calls.
auto counting(int& calls) {
    return [&calls](const std::exception_ptr& failed, int result) { calls += failed ? 0 : result; };
}

}  // namespace

TEST_CASE("a handler is called in place by its connection, if that has the handler's executor") {
    asio::io_context context;
    asio::io_context other;
    const asio::any_io_executor connection = context.get_executor();
    int calls = 0;
    CHECK(called_in_place(counting(calls), connection, completed_by::connection, calls));
    calls = 0;
    CHECK(called_in_place(asio::bind_executor(context, counting(calls)), connection, completed_by::connection,
                          calls));
    calls = 0;
    CHECK(called_in_place(asio::bind_executor(connection, counting(calls)), connection,
                          completed_by::connection, calls));

    const auto strand = asio::make_strand(context);
    for (const asio::any_io_executor& elsewhere :
         {asio::any_io_executor(other.get_executor()), asio::any_io_executor(strand)}) {
        calls = 0;
        CHECK_FALSE(called_in_place(asio::bind_executor(elsewhere, counting(calls)), connection,
                                    completed_by::connection, calls));
        context.restart();
        other.restart();
        context.run();
        other.run();
        CHECK(calls == 1);
    }
    calls = 0;
    CHECK_FALSE(called_in_place(asio::bind_executor(strand, counting(calls)), connection,
                                completed_by::connection, calls));
    context.restart();
    context.run();
    CHECK(calls == 1);
}

TEST_CASE("a handler that somebody else completes goes through its executor") {
    asio::io_context context;
    const auto whom = GENERATE(completed_by::initiation, completed_by::anyone);
    int calls = 0;
    CHECK_FALSE(called_in_place(counting(calls), context.get_executor(), whom, calls));
    context.run();
    CHECK(calls == 1);
}

TEST_CASE("a handler whose query is work of its own executor counts as work only elsewhere") {
    asio::io_context context;
    asio::io_context other;
    const auto works = GENERATE(own_work::none, own_work::while_it_runs);
    int calls = 0;
    const auto make = [&](auto handler) {
        return podpool::detail::typed_query_handler<decltype(handler), int>::make(
            std::move(handler), context.get_executor(), works);
    };
    const auto here = make(counting(calls));
    const auto there = make(asio::bind_executor(other, counting(calls)));
    context.poll();
    CHECK(context.stopped() == (works == own_work::while_it_runs));
    other.poll();
    CHECK_FALSE(other.stopped());
}
