// SPDX-License-Identifier: BSL-1.0
#include "errors.hpp"
#include "execute.hpp"
#include "session.hpp"

#include <podpool/value_error.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <new>
#include <optional>
#include <utility>

namespace podpool::detail {

namespace asio = boost::asio;

namespace {

/// Starts what the pool itself wants of a session.
struct start_mysql_work {
    using result = failure;
    using statement = mysql_session::work;
    static constexpr own_work works = own_work::none;

    std::shared_ptr<mysql_session> session;

    void operator()(std::uint64_t operation, const statement& todo, query_handler_ptr<result> handler) const {
        session->start(operation, todo, std::move(handler));
    }
};

asio::awaitable<failure> on_worker(std::shared_ptr<mysql_session> session, mysql_session::work todo) {
    start_mysql_work start{std::move(session)};
    try {
        co_return co_await async_run(std::move(start), std::move(todo), asio::use_awaitable);
    } catch (const mysql_error& problem) {
        if (problem.code() == asio::error::operation_aborted) throw;
        // It was lost before: the reason has been told.
        co_return failure(failure_kind::connection_lost, problem.what());
    }
}

}  // namespace

asio::awaitable<failure> mysql_session::connect(std::shared_ptr<mysql_session> self) {
    work todo = [](mysql_session& session) { return session.open_now(); };
    co_return co_await on_worker(std::move(self), std::move(todo));
}

asio::awaitable<failure> mysql_session::check(std::shared_ptr<mysql_session> self) {
    work todo = [](mysql_session& session) { return session.check_now(); };
    co_return co_await on_worker(std::move(self), std::move(todo));
}

asio::awaitable<ping_result> mysql_session::check_and_count(std::shared_ptr<mysql_session> self) {
    const auto sessions = std::make_shared<std::optional<std::size_t>>();
    work todo = [sessions](mysql_session& session) {
        failure why = session.check_now();
        if (!why) *sessions = session.count_now();
        return why;
    };
    failure why = co_await on_worker(std::move(self), std::move(todo));
    co_return ping_result(std::move(why), *sessions);
}

asio::awaitable<failure> mysql_session::reset(std::shared_ptr<mysql_session> self, reset_mode mode) {
    work todo = [mode](mysql_session& session) { return session.reset_now(mode); };
    co_return co_await on_worker(std::move(self), std::move(todo));
}

failure mysql_session::note_role(bool read_only) {
    role_ = read_only ? mysql_role::standby : mysql_role::primary;
    if (satisfies(settings_->wanted, read_only, !read_only)) return {};
    return {failure_kind::wrong_role, where_text_ + ": the server is " +
                                          (read_only ? "read-only (a standby)" : "a read-write primary") +
                                          " and target_session_attrs is " +
                                          std::string(to_string(settings_->wanted))};
}

failure mysql_session::check_now() {
    try {
        return note_role(ask_read_only());
    } catch (const sql::SQLException& problem) {
        return failure_of(problem);
    }
}

bool mysql_session::ask_read_only() {
    const mysql_result answer =
        execute(*connection_, std::string("select @@global.read_only, @@global.innodb_read_only, ") +
                                  (mariadb_ ? "0" : "@@global.super_read_only"));
    bool read_only = false;
    for (std::size_t column = 0; column < answer.columns(); ++column) {
        read_only = read_only || is_on(answer.get<std::string_view>(0, column));
    }
    return read_only;
}

std::optional<std::size_t> mysql_session::count_now() {
    try {
        const mysql_result answer = execute(*connection_, "show global status like 'Threads_connected'");
        if (answer.rows() == 1) return answer.get<std::size_t>(0, std::size_t{1});
    } catch (const sql::SQLException& problem) {
        // A connection that was lost by it is found so by its next user; the check itself was answered.
        static_cast<void>(failed(problem));
    } catch (const value_error&) {
        return std::nullopt;
    }
    return std::nullopt;
}

failure mysql_session::reset_now(reset_mode mode) {
    bool any_state = false;
    {
        const lock held(mutex_);
        if (mode == reset_mode::none && !unknown_state_) return {};
        any_state = unknown_state_;
    }
    try {
        execute(*connection_, "rollback");
        if (any_state) {
            // In this order: setting it commits what is open.
            execute(*connection_, "set autocommit = 1");
            if (!connection_->getAutoCommit()) connection_->setAutoCommit(true);
        }
    } catch (const sql::SQLException& problem) {
        return failure_of(problem);
    }
    const lock held(mutex_);
    in_transaction_ = false;
    own_read_only_ = false;
    return {};
}

failure mysql_session::failure_of(const sql::SQLException& problem) {
    const mysql_error said = failed(problem);
    const lock held(mutex_);
    if (worst_) return worst_;
    return {failure_kind::connection_lost, said.what()};
}

bool mysql_session::is_alive() noexcept {
    const lock held(mutex_);
    if (lost_ || running_ != 0) return false;
    if (socket_.is_quiet()) return true;
    lost_ = true;
    try {
        note(failure_kind::connection_lost, "the server closed the connection");
    } catch (const std::bad_alloc&) {
        return false;
    }
    return false;
}

return_state mysql_session::inspect(reset_mode mode) {
    const lock held(mutex_);
    return_state found;
    if (running_ != 0) note(failure_kind::connection_lost, "returned while a statement was running");
    // The server's own word, where it is to be had, knows of transactions that no statement's text shows.
    const bool in_transaction = in_transaction_ || (running_ == 0 && connection_ && client_.in_transaction());
    if (mode == reset_mode::none && (in_transaction_ || (in_transaction && !unknown_state_))) {
        note(failure_kind::connection_lost, "returned in a transaction");
    }
    found.why = worst_ ? worst_ : std::exchange(server_error_, {});
    found.served = std::exchange(served_, false);
    found.role = role_;
    found.role_doubtful = std::exchange(refused_write_, false);
    // Nothing undoes what a statement of another kind did to a session: the connector can't reach the reset
    // that the protocol has.
    found.replace = clears(mode) && lasting_;
    found.oversized = oversized_;
    found.needs_reset = in_transaction || (touched_ && unknown_state_);
    rolled_back_by_.reset();
    touched_ = false;
    lasting_ = false;
    return found;
}

}  // namespace podpool::detail
