// SPDX-License-Identifier: BSL-1.0
#include "errors.hpp"
#include "session.hpp"

#include <podpool/detail/clock.hpp>
#include <podpool/driver.hpp>
#include <podpool/value_error.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <new>
#include <optional>
#include <utility>

namespace podpool::detail {

namespace asio = boost::asio;

namespace {

asio::awaitable<postgres_result> run_own(std::shared_ptr<postgres_session> session, const char* sql) {
    start_postgres_query start{std::move(session), on_cancel::give_up};
    postgres_statement statement(sql);
    co_return co_await async_run(std::move(start), std::move(statement), asio::use_awaitable);
}

/// Sessions in all databases, without the server's own processes; readable by every user.
constexpr const char* count_query = "select pg_catalog.sum(numbackends) from pg_catalog.pg_stat_database";

bool in_transaction(PGTransactionStatusType status) {
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

}  // namespace

failure postgres_session::failure_of(const postgres_error& problem) const {
    if (worst_) return worst_;
    return {failure_kind::connection_lost, problem.what()};
}

failure postgres_session::role_failure(const server_state& state) const {
    const std::string reason = unmet(settings_->wanted, state);
    if (reason.empty()) return {};
    return {failure_kind::wrong_role, where_text_ + ": " + reason};
}

asio::awaitable<failure> postgres_session::verify_cluster(std::shared_ptr<postgres_session> self) {
    try {
        const postgres_result answer =
            co_await run_own(self, "select system_identifier from pg_catalog.pg_control_system()");
        const std::string problem = self->settings_->cluster->mismatch(
            answer.get<std::string_view>(0, std::size_t{0}), "system_identifier", self->where_text_);
        if (problem.empty()) co_return failure();
        co_return failure(failure_kind::rejected, self->where_text_ + ": " + problem);
    } catch (const postgres_error& problem) {
        if (problem.code() == asio::error::operation_aborted) throw;
        if (self->worst_) co_return self->worst_;
        // Who must be told apart and doesn't say who he is isn't let in.
        co_return failure(failure_kind::rejected, "pool_verify_cluster: " + std::string(problem.what()));
    }
}

asio::awaitable<failure> postgres_session::check(std::shared_ptr<postgres_session> self) {
    PGconn* connection = self->connection_.get();
    if (self->reset_sent_) {
        if (failure why = co_await reset(self, reset_mode::full)) co_return why;
    }
    const bool ask = must_ask(self->settings_->wanted, reported_state(connection));
    try {
        // Even an empty query makes a server report what has changed, such as its promotion.
        const postgres_result answer = co_await run_own(self, ask ? state_query : "");
        server_state state = reported_state(connection);
        if (ask) {
            state.in_recovery = answer.get<bool>(0, std::size_t{0});
            state.read_only = answer.get<bool>(0, std::size_t{1});
            self->asked_role_ = state.role();
            self->role_is_read_ = false;
        }
        co_return self->role_failure(state);
    } catch (const postgres_error& problem) {
        if (problem.code() == asio::error::operation_aborted) throw;
        co_return self->failure_of(problem);
    }
}

asio::awaitable<ping_result> postgres_session::check_and_count(std::shared_ptr<postgres_session> self) {
    if (self->reset_sent_) {
        if (failure why = co_await reset(self, reset_mode::full)) co_return ping_result(std::move(why));
    }
    std::optional<std::size_t> sessions;
    try {
        if (!self->count_refused_) {
            const postgres_result answer = co_await run_own(self, count_query);
            sessions = answer.get<std::size_t>(0, std::size_t{0});
        }
    } catch (const postgres_error& problem) {
        if (problem.code() == asio::error::operation_aborted) throw;
        if (self->worst_ || PQstatus(self->connection_.get()) != CONNECTION_OK) {
            co_return ping_result(self->failure_of(problem));
        }
        self->count_refused_ = true;
    } catch (const value_error&) {
        self->count_refused_ = true;
    }
    // An answer to any query tells the role too, but for servers that don't report it.
    const server_state known = reported_state(self->connection_.get());
    if (sessions && !must_ask(self->settings_->wanted, known)) {
        co_return ping_result(self->role_failure(known), sessions);
    }
    failure why = co_await check(self);
    co_return ping_result(std::move(why), sessions);
}

asio::awaitable<failure> postgres_session::reset(std::shared_ptr<postgres_session> self, reset_mode mode) {
    PGconn* connection = self->connection_.get();
    if (mode == reset_mode::none) co_return failure();
    try {
        // DISCARD ALL is refused in a transaction.
        if (in_transaction(PQtransactionStatus(connection))) co_await run_own(self, "rollback");
        // One that was sent when the lease ended isn't sent again.
        const bool wanted = mode == reset_mode::full || (clears(mode) && self->left_something_);
        if (wanted) co_await run_own(self, full_reset);
    } catch (const postgres_error& problem) {
        if (problem.code() == asio::error::operation_aborted) throw;
        co_return self->failure_of(problem);
    }
    co_return self->state_after_reset(mode);
}

/// Why a session that was reset can't be used, if so.
failure postgres_session::state_after_reset(reset_mode mode) {
    if (PQtransactionStatus(connection_.get()) != PQTRANS_IDLE) {
        return {failure_kind::connection_lost, where_text_ + ": still in a transaction after a rollback"};
    }
    if (!clears(mode)) return {};
    touched_ = false;
    left_something_ = false;
    const server_state state = reported_state(connection_.get());
    keep_role(role_in(state), coarse_clock_now());
    return must_ask(settings_->wanted, state) ? failure() : role_failure(state);
}

bool postgres_session::is_alive() noexcept {
    const lock held(mutex_);
    if (lost_ || running_ != 0 || PQstatus(connection_.get()) != CONNECTION_OK) return false;
    try {
        if (read_news()) return true;
        note_end({}, "the server closed the connection");
    } catch (const std::bad_alloc&) {
        lost_ = true;
    }
    return false;
}

bool postgres_session::read_news() {
    PGconn* connection = connection_.get();
    // Mere news (a notice, a changed parameter) is read away; a death comes as a message and then an end.
    constexpr int most_reads = 8;
    for (int reads = 0; reads < most_reads; ++reads) {
        char byte = 0;
        const ssize_t size = recv(PQsocket(connection), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (size == 0) return false;
        if (size < 0) return errno == EAGAIN || errno == EINTR;
        role_due_ = core::time_point::min();
        role_is_read_ = false;
        const bool good = PQconsumeInput(connection) == 1;
        // Parses what has come, which calls notice().
        static_cast<void>(PQisBusy(connection));
        drop_notifications();
        if (!good || lost_) return false;
    }
    return true;
}

postgres_role postgres_session::role_at(core::time_point now) {
    // A primary becomes a standby by a restart, and one that is read-only refuses writes: both are errors.
    // What comes without an error is a promotion.
    if (now >= role_due_ || handed_out_) keep_role(role(), now);
    return role_;
}

void postgres_session::keep_role(postgres_role read, core::time_point now) noexcept {
    constexpr std::chrono::seconds lifetime{1};
    role_ = read;
    role_is_read_ = true;
    role_due_ = now + lifetime;
}

return_state postgres_session::inspect(reset_mode mode, core::time_point now) {
    const lock held = lock_if_shared();
    PGconn* connection = connection_.get();
    return_state found;
    // Statements that a user ran on the native handle.
    forget_announcement();
    if (running_ != 0) note(failure_kind::connection_lost, "returned while a statement was running");
    if (PQstatus(connection) != CONNECTION_OK) note_end({}, "the connection is broken");
    if (!lost_ && handed_out_ && PQpipelineStatus(connection) != PQ_PIPELINE_OFF &&
        PQexitPipelineMode(connection) == 0) {
        note(failure_kind::connection_lost, "returned with a pipeline in progress");
    }
    const PGTransactionStatusType status = PQtransactionStatus(connection);
    if (status == PQTRANS_ACTIVE)
        note(failure_kind::connection_lost, "returned with a statement or a COPY in progress");
    if (in_transaction(status) && mode == reset_mode::none) {
        note(failure_kind::connection_lost, "returned in a transaction");
    }
    // Only what a user can't set for a session of his own; the rest is judged after the reset.
    const postgres_role role = role_at(now);
    if (role == postgres_role::standby && wants_writes(settings_->wanted)) {
        note(failure_kind::wrong_role, "the server has become a standby");
    } else if (role == postgres_role::primary && settings_->wanted == session_attrs::standby) {
        note(failure_kind::wrong_role, "the server has become a primary");
    }
    const bool cleared =
        (mode == reset_mode::full && touched_) || (mode == reset_mode::automatic && left_something_);
    // Without a full reset nothing shows whether the server is read-only or only this session.
    if (refused_write_ && !cleared && wants_writes(settings_->wanted)) {
        const std::string reason = unmet(settings_->wanted, reported_state(connection));
        if (!reason.empty()) note(failure_kind::wrong_role, reason);
    }
    if (worst_) {
        found.why = worst_;
    } else if (server_error_) {
        found.why = std::exchange(server_error_, {});
    }
    found.served = std::exchange(served_, false);
    found.role = role;
    found.role_doubtful = std::exchange(refused_write_, false);
    found.needs_reset = in_transaction(status) || cleared;
    found.oversized = oversized_;
    if (!worst_) {
        make_tidy();
        drop_notifications();
    }
    return found;
}

/// Notifications that come while nobody has the connection are for nobody, and would pile up in libpq. Those
/// of a lease are its caller's as long as it lasts.
void postgres_session::drop_notifications() {
    while (PGnotify* news = PQnotifies(connection_.get())) PQfreemem(news);
}

void postgres_session::make_tidy() {
    if (!handed_out_) return;
    handed_out_ = false;
    PGconn* connection = connection_.get();
    PQsetnonblocking(connection, 0);
    PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
    PQsetErrorContextVisibility(connection, PQSHOW_CONTEXT_ERRORS);
    PQsetNoticeReceiver(connection, &postgres_session::notice, this);
    PQuntrace(connection);
}

}  // namespace podpool::detail
