// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/version.hpp>

#include <exception>
#include <utility>

// Boost 1.81 can't co_await a deferred operation that completes with an exception_ptr and a value: its
// handler for that tests the wrong variable and doesn't compile (chriskohlhoff/asio#1190, mended in 1.82).
// This is that handler for the drivers' results, so that `co_await connection.async_query(...)` works there.

namespace podpool::detail {

/// What a driver's queries complete with; each driver says so of its result.
template <class T>
inline constexpr bool is_query_result = false;

template <class T>
concept query_result = is_query_result<T>;

}  // namespace podpool::detail

#if BOOST_VERSION < 108200

namespace boost::asio::detail {

// More constrained than Asio's own for any second type, and so preferred.
template <podpool::detail::query_result Result, class Executor>
class awaitable_async_op_handler<void(std::exception_ptr, Result), Executor>
    : public awaitable_thread<Executor> {
public:
    struct result_type {
        std::exception_ptr* failed = nullptr;
        Result* value = nullptr;
    };

    awaitable_async_op_handler(awaitable_thread<Executor>* thread, result_type& result)
        : awaitable_thread<Executor>(std::move(*thread)), result_(result) {}

    void operator()(std::exception_ptr failed, Result value) {
        result_.failed = &failed;
        result_.value = &value;
        this->entry_point()->top_of_stack_->attach_thread(this);
        this->entry_point()->top_of_stack_->clear_cancellation_slot();
        this->pump();
    }

    static Result resume(result_type& result) {
        if (*result.failed) std::rethrow_exception(std::exchange(*result.failed, nullptr));
        return std::move(*result.value);
    }

private:
    result_type& result_;
};

}  // namespace boost::asio::detail

#endif
