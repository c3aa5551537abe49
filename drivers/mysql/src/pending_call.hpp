// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/query_handler.hpp>

#include <atomic>
#include <exception>
#include <utility>

namespace podpool::detail {

/// An operation that somebody waits for and that either its worker or a canceller answers: whoever claims
/// it first.
class pending_call {
public:
    pending_call() = default;
    pending_call(const pending_call&) = delete;
    pending_call& operator=(const pending_call&) = delete;
    virtual ~pending_call() = default;

    /// True for the first caller only, who must then answer.
    [[nodiscard]] bool claim() noexcept { return !claimed_.exchange(true); }
    /// Answers with an error.
    virtual void fail(std::exception_ptr failed) = 0;

private:
    std::atomic<bool> claimed_{false};
};

template <class Result>
class pending_call_for final : public pending_call {
public:
    explicit pending_call_for(query_handler_ptr<Result> handler) : handler_(std::move(handler)) {}

    /// The handler is posted to its executor: it never runs on the worker, nor inside a cancellation.
    void answer(std::exception_ptr failed, Result result) {
        handler_.release()->complete(std::move(failed), std::move(result), completed_by::initiation);
    }

    void fail(std::exception_ptr failed) override { answer(std::move(failed), Result()); }

private:
    query_handler_ptr<Result> handler_;
};

}  // namespace podpool::detail
