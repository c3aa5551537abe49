// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/start_thread.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <thread>

namespace podpool::detail {

/// The thread of a pool that was given no executor; the destructor lets it finish its work and joins it.
class background_thread {
public:
    background_thread()
        : context_(std::make_shared<boost::asio::io_context>(1)),
          work_(context_->get_executor()),
          thread_(start_thread([context = context_] { context->run(); })) {}
    background_thread(const background_thread&) = delete;
    background_thread& operator=(const background_thread&) = delete;
    ~background_thread() {
        work_.reset();
        thread_.join();
    }

    [[nodiscard]] const std::shared_ptr<boost::asio::io_context>& context() const noexcept {
        return context_;
    }

private:
    std::shared_ptr<boost::asio::io_context> context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::thread thread_;
};

}  // namespace podpool::detail
