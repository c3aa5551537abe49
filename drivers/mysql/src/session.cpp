// SPDX-License-Identifier: BSL-1.0
#include "session.hpp"

#include "blocked_thread.hpp"
#include "connector_instance.hpp"
#include "errors.hpp"
#include "execute.hpp"

#include <podpool/detail/worse_failure.hpp>
#include <podpool/errc.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/errc.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>
#include <thread>
#include <utility>

namespace podpool::detail {

namespace asio = boost::asio;

std::uint64_t next_operation(mysql_session& session) noexcept { return session.next_operation(); }

asio::any_io_executor executor_of(const mysql_session& session) { return session.executor(); }

void cancel_operation(const std::shared_ptr<mysql_session>& session, std::uint64_t operation) {
    session->cancel(operation);
}

void start_mysql_query::operator()(std::uint64_t operation, const statement& wanted,
                                   query_handler_ptr<result> handler) const {
    session->start(operation, wanted, std::move(handler));
}

mysql_session::mysql_session(asio::any_io_executor executor, std::shared_ptr<const mysql_settings> settings,
                             std::weak_ptr<mysql_workers> workers, std::shared_ptr<plain_servers> plain,
                             endpoint_info where)
    : executor_(std::move(executor)),
      settings_(std::move(settings)),
      workers_(std::move(workers)),
      plain_(std::move(plain)),
      where_(std::move(where)),
      where_text_(to_string(where_.where)) {}

template <class Result, class Work>
void mysql_session::start_on_worker(std::uint64_t operation, query_handler_ptr<Result> handler, Work todo) {
    const auto call = std::make_shared<pending_call_for<Result>>(std::move(handler));
    {
        const lock held(mutex_);
        if (std::exception_ptr problem = why_not_ready()) return call->fail(std::move(problem));
        running_ = operation;
        waiting_ = call;
    }
    try {
        const auto workers = workers_.lock();
        if (!workers) throw broken("the driver object that opened this connection is gone");
        workers->submit(
            [self = shared_from_this(), call, todo = std::move(todo)] { self->perform(*call, todo); });
    } catch (...) {
        finish();
        if (call->claim()) call->fail(std::current_exception());
    }
}

template <class Result, class Work>
void mysql_session::perform(pending_call_for<Result>& call, const Work& todo) {
    Result result{};
    std::exception_ptr problem;
    try {
        {
            const lock held(mutex_);
            if (lost_) throw broken("given up before it began");
            performer_ = this_thread_number();
        }
        result = todo(*this);
    } catch (...) {
        problem = std::current_exception();
    }
    // Before the answer, after which the next operation may begin.
    finish();
    if (call.claim()) call.answer(std::move(problem), std::move(result));
}

void mysql_session::start(std::uint64_t operation, const mysql_statement& statement,
                          query_handler_ptr<mysql_result> handler) {
    start_on_worker(operation, std::move(handler),
                    [statement](mysql_session& session) { return session.run_now(statement); });
}

void mysql_session::start(std::uint64_t operation, const work& todo, query_handler_ptr<failure> handler) {
    start_on_worker(operation, std::move(handler), todo);
}

mysql_result mysql_session::run(const mysql_statement& statement) {
    enter_connector_thread();
    {
        const lock held(mutex_);
        if (const std::exception_ptr problem = why_not_ready()) std::rethrow_exception(problem);
        running_ = next_operation();
        performer_ = this_thread_number();
    }
    struct finish_at_end {
        mysql_session& session;
        ~finish_at_end() { session.finish(); }
    };
    const finish_at_end guard{*this};
    return run_now(statement);
}

std::exception_ptr mysql_session::why_not_ready() const {
    if (running_ != 0) {
        return std::make_exception_ptr(
            mysql_error(make_error_code(boost::system::errc::operation_in_progress),
                        {0, {}, "another operation runs on this connection", where_text_}));
    }
    if (closed_) return std::make_exception_ptr(broken("the connection is closed"));
    if (lost_) return std::make_exception_ptr(broken("the connection is lost (" + worst_.message + ")"));
    return nullptr;
}

void mysql_session::finish() {
    std::unique_ptr<sql::Connection> gone;
    const lock held(mutex_);
    running_ = 0;
    performer_ = 0;
    waiting_.reset();
    if (closed_) gone = std::move(connection_);
}

mysql_error mysql_session::broken(const std::string& reason) const {
    return {make_error_code(errc::connection_lost), {0, {}, reason, where_text_}};
}

void mysql_session::note(failure_kind kind, const std::string& message) {
    if (is_worse(kind, worst_.kind)) worst_ = failure(kind, where_text_ + ": " + message);
}

void mysql_session::cancel(std::uint64_t operation) {
    lock held(mutex_);
    if (running_ == operation) lose(held, "given up while a statement was running");
}

void mysql_session::cancel_any() {
    lock held(mutex_);
    if (running_ != 0) lose(held, "given up while a statement was running");
}

void mysql_session::lose(lock& held, const std::string& reason) {
    lost_ = true;
    note(failure_kind::connection_lost, reason);
    // Under the mutex, so that neither the socket nor the thread can go meanwhile.
    const bool must_try_again = !cut() && performer_ != 0 && can_see_blocked_threads();
    const std::uint64_t operation = running_;
    const std::shared_ptr<pending_call> waiting = std::move(waiting_);
    // Before the worker, whose call ends with an error of its own now.
    const bool must_answer = waiting && waiting->claim();
    held.unlock();
    if (must_answer) {
        waiting->fail(std::make_exception_ptr(mysql_error(
            asio::error::operation_aborted,
            {0, {}, "the statement was given up, and its connection with it", where_text_, true})));
    }
    if (must_try_again) cut_later(operation);
}

void mysql_session::cut_later(std::uint64_t operation) noexcept {
    try {
        if (const auto workers = workers_.lock()) {
            workers->submit([self = shared_from_this(), operation] { self->keep_cutting(operation); });
        }
    } catch (const std::exception&) {
        // No thread or no memory for it: the call ends by the connector's own deadlines.
        return;
    }
}

bool mysql_session::cut() noexcept {
    if (!socket_.known()) return performer_ != 0 && cut_blocked_thread(performer_);
    socket_.cut();
    return true;
}

void mysql_session::keep_cutting(std::uint64_t operation) {
    constexpr std::chrono::milliseconds longest{500};
    for (std::chrono::milliseconds pause{1};; pause = std::min(2 * pause, longest)) {
        {
            const lock held(mutex_);
            if (running_ != operation || cut()) return;
        }
        std::this_thread::sleep_for(pause);
    }
}

void mysql_session::close() noexcept {
    try {
        cancel_any();
    } catch (const std::bad_alloc&) {
        // No memory to tell the handler with: it goes uncalled, with *this.
        static_cast<void>(0);
    }
    std::unique_ptr<sql::Connection> gone;
    const lock held(mutex_);
    lost_ = true;
    closed_ = true;
    // An operation that still runs takes the connection with it when it ends.
    if (running_ == 0) gone = std::move(connection_);
}

sql::Connection& mysql_session::hand_out() {
    const lock held(mutex_);
    if (closed_ || !connection_) throw broken("the connection is closed");
    touched_ = true;
    lasting_ = true;
    unknown_state_ = true;
    return *connection_;
}

}  // namespace podpool::detail
