// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/track_work.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/recycling_allocator.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace podpool::detail {

/// From where an operation is completed, which decides whether its handler may be called at once.
enum class completed_by : std::uint8_t {
    initiation,  ///< the initiating function, or somebody who doesn't expect a handler's call: posted
    anyone,      ///< a thread on which nothing is known: dispatched
    connection,  ///< a handler that the connection's executor runs: called, if it is the handler's executor
};

/// Whether an operation that runs is itself work of its connection's executor, as a wait on a socket is.
enum class own_work : std::uint8_t { none, while_it_runs };

/// A completion handler of a query whose type is forgotten, with the work on its executor that keeps that
/// executor running. Lives in memory from the handler's allocator, which is given back before the call.
template <class Result>
class query_handler {
public:
    query_handler(const query_handler&) = delete;
    query_handler& operator=(const query_handler&) = delete;

    /// Calls the handler on its executor. Destroys *this.
    virtual void complete(std::exception_ptr failed, Result result, completed_by whom) = 0;
    /// Destroys *this without a call.
    virtual void discard() noexcept = 0;

protected:
    query_handler() = default;
    ~query_handler() = default;
};

struct discard_query_handler {
    template <class Result>
    void operator()(query_handler<Result>* handler) const noexcept {
        handler->discard();
    }
};
template <class Result>
using query_handler_ptr = std::unique_ptr<query_handler<Result>, discard_query_handler>;

template <class Handler, class Result>
class typed_query_handler final : public query_handler<Result> {
    using executor = boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>;
    using allocator = typename std::allocator_traits<boost::asio::associated_allocator_t<
        Handler, boost::asio::recycling_allocator<void>>>::template rebind_alloc<typed_query_handler>;
    using allocator_traits = std::allocator_traits<allocator>;

public:
    /// `connection`: the executor of the connection, which an operation may keep running by itself.
    typed_query_handler(Handler handler, const boost::asio::any_io_executor& connection, own_work works)
        : executor_(boost::asio::get_associated_executor(handler, connection)),
          on_connection_(is_same(executor_, connection)),
          handler_(std::move(handler)) {
        if (!on_connection_ || works == own_work::none) work_.emplace(track_work(executor_));
    }

    static query_handler_ptr<Result> make(Handler handler, const boost::asio::any_io_executor& connection,
                                          own_work works) {
        allocator memory = allocator_of(handler);
        typed_query_handler* place = allocator_traits::allocate(memory, 1);
        try {
            allocator_traits::construct(memory, place, std::move(handler), connection, works);
        } catch (...) {
            allocator_traits::deallocate(memory, place, 1);
            throw;
        }
        return query_handler_ptr<Result>(place);
    }

    void complete(std::exception_ptr failed, Result result, completed_by whom) override {
        const auto work = std::move(work_);
        const auto completing = std::move(executor_);
        const bool here = whom == completed_by::connection && on_connection_;
        Handler handler = std::move(handler_);
        discard_with(allocator_of(handler));
        if (here) return std::move(handler)(std::move(failed), std::move(result));
        auto call = boost::asio::append(std::move(handler), std::move(failed), std::move(result));
        if (whom == completed_by::initiation) {
            boost::asio::post(completing, std::move(call));
        } else {
            boost::asio::dispatch(completing, std::move(call));
        }
    }

    void discard() noexcept override { discard_with(allocator_of(handler_)); }

private:
    static bool is_same(const executor& mine, const boost::asio::any_io_executor& connection) noexcept {
        if constexpr (std::is_same_v<executor, boost::asio::any_io_executor>) {
            return mine == connection;
        } else {
            const auto* const known = connection.template target<executor>();
            return known != nullptr && *known == mine;
        }
    }

    static allocator allocator_of(const Handler& handler) noexcept {
        return allocator(
            boost::asio::get_associated_allocator(handler, boost::asio::recycling_allocator<void>()));
    }

    void discard_with(allocator memory) noexcept {
        allocator_traits::destroy(memory, this);
        allocator_traits::deallocate(memory, this, 1);
    }

    std::optional<tracked_work<executor>> work_;
    executor executor_;
    bool on_connection_;
    Handler handler_;
};

}  // namespace podpool::detail
