// SPDX-License-Identifier: BSL-1.0
// A user's statement, and what its outcome says about session and server.
#include "errors.hpp"
#include "execute.hpp"
#include "session.hpp"

#include <podpool/errc.hpp>

#include <optional>
#include <string>
#include <utility>

namespace podpool::detail {

namespace {

/// ER_LOCK_DEADLOCK: the server has rolled back the whole transaction.
constexpr int deadlock = 1213;

/// Changes nothing, and is answered with the state of the session.
constexpr const char* no_operation = "do 0";

bool ends_or_begins(session_trace trace) noexcept {
    return trace == session_trace::ends || trace == session_trace::begins ||
           trace == session_trace::begins_ro;
}

}  // namespace

mysql_result mysql_session::run_now(const mysql_statement& statement) {
    const session_trace trace = trace_of(statement.sql());
    bool in_transaction = false;
    {
        const lock held(mutex_);
        touched_ = true;
        in_transaction = in_transaction_ || client_.in_transaction();
        note_trace(trace);
        note_size(size_of(statement));
    }
    try {
        mysql_result result = execute(*connection_, statement, client_);
        std::optional<mysql_error::report> cause;
        {
            const lock held(mutex_);
            served_ = true;
            note_size(result.rows_ ? result.rows_->largest_row : 0);
            if (ends_or_begins(trace)) cause = std::exchange(rolled_back_by_, std::nullopt);
            if (trace == session_trace::ends) {
                in_transaction_ = false;
                own_read_only_ = false;
            }
        }
        if (cause && commits(statement.sql())) throw not_committed(std::move(*cause));
        return result;
    } catch (const sql::SQLException& problem) {
        throw failed_statement(problem, in_transaction && !ends_or_begins(trace));
    }
}

void mysql_session::note_size(std::size_t bytes) noexcept {
    const std::optional<std::size_t>& bound = settings_->pool.max_conn_buffer;
    oversized_ = oversized_ || (bound && bytes > *bound);
}

void mysql_session::note_trace(session_trace trace) {
    switch (trace) {
        case session_trace::nothing:
        case session_trace::ends:
            break;
        case session_trace::begins_ro:
            own_read_only_ = true;
            in_transaction_ = true;
            break;
        case session_trace::begins:
            own_read_only_ = false;
            in_transaction_ = true;
            break;
        case session_trace::lasting:
            lasting_ = true;
            unknown_state_ = true;
            break;
    }
}

mysql_error mysql_session::failed_statement(const sql::SQLException& problem, bool in_transaction) {
    const mysql_error::report report = report_of(problem);
    server_answers asked;
    if (report.number == unknown_command_number) asked.refuses_all = refuses_all();
    if (read_only_refusal_in(report.number) == read_only_refusal::perhaps) asked.read_only = now_read_only();
    mysql_error said = failed(problem, asked);
    if (said.code() == errc::connection_lost) return said;
    const bool gone = in_transaction && may_end_transaction(report) && has_lost_transaction(report.number);
    const lock held(mutex_);
    served_ = true;
    if (is_mysql_server_error(said.number())) {
        server_error_ = failure(failure_kind::server_error, said.what());
    }
    if (gone) {
        in_transaction_ = false;
        own_read_only_ = false;
        rolled_back_by_ = report;
    }
    return said;
}

bool mysql_session::refuses_all() {
    try {
        execute(*connection_, no_operation);
        return false;
    } catch (const sql::SQLException& problem) {
        return problem.getErrorCode() == unknown_command_number;
    }
}

bool mysql_session::now_read_only() {
    try {
        return ask_read_only();
    } catch (const sql::SQLException&) {
        // The next use of the session finds out what is wrong with it.
        return false;
    }
}

bool mysql_session::has_lost_transaction(int number) {
    // An error's answer doesn't tell the session's state.
    if (!client_.known()) return number == deadlock;
    try {
        execute(*connection_, no_operation);
        return !client_.in_transaction();
    } catch (const sql::SQLException&) {
        return false;
    }
}

mysql_error mysql_session::not_committed(mysql_error::report cause) const {
    cause.message =
        "nothing was committed: the server had rolled the transaction back when a statement in it failed (" +
        cause.message + "); what was run after that statement is no part of it";
    return {make_error_code(errc::transaction_rolled_back), std::move(cause)};
}

mysql_error::report mysql_session::report_of(const sql::SQLException& problem) const {
    // The connector gives its own refusals a SQLSTATE that isn't one.
    std::string state = problem.getSQLState();
    if (state.size() != 5 || state == "00000") state.clear();
    return {problem.getErrorCode(), std::move(state), problem.what(), where_text_};
}

mysql_error mysql_session::failed(const sql::SQLException& problem, const server_answers& asked) {
    mysql_error::report said = report_of(problem);
    const lock held(mutex_);
    const std::string spoken = mysql_error({}, {said.number, said.sqlstate, said.message, {}}).what();
    const failure_kind end =
        asked.refuses_all ? failure_kind::endpoint_down : kind_of_mysql_end(said, mariadb_);
    if (lost_ || end != failure_kind::none) {
        lost_ = true;
        note(end == failure_kind::none ? failure_kind::connection_lost : end, spoken);
        said.outcome_unknown = true;
        return {make_error_code(errc::connection_lost), std::move(said)};
    }
    const read_only_refusal refusal = read_only_refusal_in(said.number);
    const bool own = own_read_only_ || lasting_ || unknown_state_;
    if (refusal == read_only_refusal::server || (refusal == read_only_refusal::unless_own && !own) ||
        (refusal == read_only_refusal::perhaps && asked.read_only)) {
        refused_write_ = true;
        if (wants_writes(settings_->wanted)) note(failure_kind::wrong_role, spoken);
    }
    return {make_mysql_code(said.number), std::move(said)};
}

}  // namespace podpool::detail
