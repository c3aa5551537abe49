// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/one_shot_event.hpp>
#include <podpool/detail/track_work.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

#include <memory>
#include <utility>

namespace podpool::detail {

/// Somebody who waits for the pool to be closed; complete() is called at most once.
class close_waiter {
public:
    close_waiter() = default;
    close_waiter(const close_waiter&) = delete;
    close_waiter& operator=(const close_waiter&) = delete;
    virtual ~close_waiter() = default;
    virtual void complete(boost::system::error_code result) = 0;
};

/// A thread that waits.
class blocking_close_waiter final : public close_waiter {
public:
    explicit blocking_close_waiter(std::shared_ptr<one_shot_event> ended) : ended_(std::move(ended)) {}
    void complete(boost::system::error_code) override { ended_->set(); }

private:
    std::shared_ptr<one_shot_event> ended_;  // outlives a thread that has given up
};

template <class Handler>
class async_close_waiter final : public close_waiter {
    using executor_type = boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>;

public:
    async_close_waiter(Handler handler, const boost::asio::any_io_executor& pool_executor)
        : work_(track_work(boost::asio::get_associated_executor(handler, pool_executor))),
          executor_(boost::asio::get_associated_executor(handler, pool_executor)),
          handler_(std::move(handler)) {}

    void complete(boost::system::error_code result) override {
        const auto allocator = boost::asio::get_associated_allocator(handler_);
        boost::asio::post(executor_, boost::asio::bind_allocator(
                                         allocator, [handler = std::move(handler_), result]() mutable {
                                             std::move(handler)(result);
                                         }));
    }

private:
    tracked_work<executor_type> work_;
    executor_type executor_;
    Handler handler_;
};

}  // namespace podpool::detail
