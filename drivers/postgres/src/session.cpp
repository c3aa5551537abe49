// SPDX-License-Identifier: BSL-1.0
#include "session.hpp"

#include "errors.hpp"
#include "message_size.hpp"

#include <podpool/errc.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/errc.hpp>

#include <array>
#include <cstddef>
#include <memory_resource>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

namespace podpool::detail {

namespace asio = boost::asio;
using descriptor = asio::posix::stream_descriptor;

namespace {

bool is_copy(ExecStatusType status) {
    return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH;
}

bool is_error(const PGresult* result) {
    const ExecStatusType status = PQresultStatus(result);
    return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE || status == PGRES_NONFATAL_ERROR;
}

/// Whether the server is ready for a statement: none is under way, and the connection isn't broken.
bool is_ready(const PGconn* connection) {
    const PGTransactionStatusType status = PQtransactionStatus(connection);
    return status != PQTRANS_ACTIVE && status != PQTRANS_UNKNOWN;
}

std::string spoken(const postgres_error::report& said) {
    return said.sqlstate.empty() ? said.message : said.severity + " " + said.sqlstate + ": " + said.message;
}

constexpr std::string_view query_canceled = "57014";
constexpr std::string_view read_only_transaction = "25006";
constexpr std::string_view admin_shutdown = "57P01";
constexpr std::string_view crash_shutdown = "57P02";

}  // namespace

std::uint64_t next_operation(postgres_session& session) noexcept { return session.next_operation(); }

const asio::any_io_executor& executor_of(const postgres_session& session) noexcept {
    return session.executor();
}

void start_postgres_query::operator()(std::uint64_t operation, const statement& wanted,
                                      query_handler_ptr<result> handler) const {
    session->start(operation, wanted, cancelling, std::move(handler));
}

void cancel_operation(const std::shared_ptr<postgres_session>& session, std::uint64_t operation) {
    session->request_cancel(operation);
}

/// The handler of a wait on the socket; keeps the session alive.
struct postgres_session::wake_up {
    std::shared_ptr<postgres_session> session;
    std::uint64_t registration;
    bool writing;

    void operator()(const boost::system::error_code&) const { session->woken(registration, writing); }
};

postgres_session::postgres_session(asio::any_io_executor executor,
                                   std::shared_ptr<const postgres_settings> settings, endpoint_info where)
    : executor_(std::move(executor)),
      settings_(std::move(settings)),
      where_(std::move(where)),
      where_text_(to_string(where_.where)),
      descriptor_(executor_) {}

postgres_session::~postgres_session() { unregister(); }

postgres_result postgres_session::run(const statement_view& statement) {
    {
        const lock held = lock_if_shared();
        if (const std::exception_ptr problem = why_not_ready()) std::rethrow_exception(problem);
        note_use(statement.sql);
        by_user_ = true;
        used_blocking_ = true;
        unregister();
        PQsetnonblocking(connection_.get(), 0);
    }
    // From here on this thread has the session for itself: no operation runs, and a wait that was begun
    // before finds that it is unregistered.
    // Not PQexec: of the last words of a dying connection it keeps those without a SQLSTATE.
    if (send(statement)) {
        while (!collect_next()) continue;
    }
    outcome end = end_of(std::move(collected_));
    if (end.failed) std::rethrow_exception(end.failed);
    return std::move(end.result);
}

void postgres_session::start(std::uint64_t operation, const postgres_statement& statement,
                             on_cancel cancelling, query_handler_ptr<postgres_result> handler) {
    lock held(mutex_);
    if (std::exception_ptr problem = why_not_ready()) {
        held.unlock();
        handler.release()->complete(std::move(problem), {}, completed_by::initiation);
        return;
    }
    shared_.store(true, std::memory_order_release);
    running_ = operation;
    cancelling_ = cancelling;
    handler_ = std::move(handler);
    by_user_ = cancelling == on_cancel::ask_server;
    if (by_user_) {
        note_use(statement.sql());
        used_blocking_ = false;
    }
    // In blocking mode a send may wait for the server to read. The mode stays until somebody blocks.
    PQsetnonblocking(connection_.get(), 1);
    // What answers a reset that was sent when a lease ended isn't sent again.
    const bool sent = std::exchange(reset_sent_, false) || send_copied(statement);
    if (!sent || pump()) answered(held, completed_by::initiation);
}

std::exception_ptr postgres_session::why_not_ready() const {
    if (running_ != 0) {
        return std::make_exception_ptr(
            postgres_error(make_error_code(boost::system::errc::operation_in_progress),
                           {{}, {}, "another operation runs on this connection", {}, {}, where_text_}));
    }
    if (!connection_) return std::make_exception_ptr(broken("the connection is closed"));
    if (lost_) {
        return std::make_exception_ptr(broken("the connection is lost (" + worst_.message + ")"));
    }
    if (handed_out_ && PQpipelineStatus(connection_.get()) != PQ_PIPELINE_OFF) {
        return std::make_exception_ptr(
            postgres_error(make_error_code(boost::system::errc::operation_in_progress),
                           {{}, {}, "the connection is in pipeline mode", {}, {}, where_text_}));
    }
    return nullptr;
}

void postgres_session::note_size(std::size_t bytes) noexcept {
    const std::optional<std::size_t>& bound = settings_->pool.max_conn_buffer;
    oversized_ = oversized_ || (bound && bytes > *bound);
}

bool postgres_session::send_copied(const postgres_statement& statement) {
    const std::vector<bound_parameter>& parameters = statement.parameters();
    if (parameters.empty()) return send({statement.sql()});
    std::array<std::byte, 512> room;
    std::pmr::monotonic_buffer_resource memory(room.data(), room.size());
    parameter_arrays arrays(memory);
    arrays.reserve(parameters.size());
    for (const bound_parameter& each : parameters) {
        arrays.add(static_cast<unsigned>(each.type), each.null ? nullptr : each.value.c_str(),
                   each.value.size(), each.type == parameter_type::bytea);
    }
    return send(arrays.with(statement.sql()));
}

bool postgres_session::send(const statement_view& statement) {
    announced_.in_statement = true;
    role_is_read_ = false;  // the answer may bring another one
    PGconn* connection = connection_.get();
    note_size(message_size(statement));
    const bool plain = statement.count == 0;
    if (plain && may_commit(statement.sql)) {
        commits_.begin(find_commits(statement.sql, standard_strings()));
    } else {
        commits_.begin({});
    }
    const char* const text = statement.sql.data();  // a zero byte follows
    if (plain) return PQsendQuery(connection, text) == 1;
    return PQsendQueryParams(connection, text, static_cast<int>(statement.count), statement.types,
                             statement.values, statement.lengths, statement.formats, 0) == 1;
}

bool postgres_session::pump() {
    const bool flushed = flush();
    if (PQstatus(connection_.get()) == CONNECTION_BAD || PQisBusy(connection_.get()) == 0) {
        if (collect()) return true;
    }
    // While the server doesn't read, it may wait for us to read: look at both.
    const bool waits =
        wait(descriptor::wait_read, reading_) && (flushed || wait(descriptor::wait_write, writing_));
    return !waits;
}

bool postgres_session::flush() { return PQflush(connection_.get()) != 1; }

bool postgres_session::collect() {
    while (PQstatus(connection_.get()) == CONNECTION_BAD || PQisBusy(connection_.get()) == 0) {
        if (collect_next()) return true;
    }
    return false;
}

bool postgres_session::collect_next() {
    result_ptr next(PQgetResult(connection_.get()));
    if (!next) return true;
    const bool copy = is_copy(PQresultStatus(next.get()));
    if (commits_.any()) commits_.answered(PQcmdStatus(next.get()));
    if (settings_->pool.max_conn_buffer) {
        note_size(largest_message(next.get(), *settings_->pool.max_conn_buffer));
    }
    // Of several statements the last one's rows count, unless one fails: that ends them all.
    if (!collected_ || !is_error(collected_.get())) collected_ = std::move(next);
    return copy;
}

bool postgres_session::wait(descriptor::wait_type direction, bool& waiting) {
    if (waiting) return true;
    if (!descriptor_.is_open()) {
        boost::system::error_code failed;
        descriptor_.assign(PQsocket(connection_.get()), failed);
        if (failed) return false;
        ++registration_;
    }
    waiting = true;
    descriptor_.async_wait(direction,
                           wake_up{shared_from_this(), registration_, direction == descriptor::wait_write});
    return true;
}

void postgres_session::woken(std::uint64_t registration, bool writing) {
    lock held(mutex_);
    if (registration != registration_ || !descriptor_.is_open()) return;
    (writing ? writing_ : reading_) = false;
    if (running_ == 0 || answered_) return;
    // What it returns doesn't matter: after a failure the connection is bad, and collect() gets the reason.
    static_cast<void>(PQconsumeInput(connection_.get()));
    if (pump()) answered(held, completed_by::connection);
}

void postgres_session::unregister() noexcept {
    if (!descriptor_.is_open()) return;
    descriptor_.release();
    ++registration_;
    reading_ = false;
    writing_ = false;
    if (running_ == 0) shared_.store(false, std::memory_order_release);
}

void postgres_session::answered(lock& held, completed_by whom) {
    answered_ = true;
    if (cancel_in_flight_) return;
    outcome end = end_of(std::move(collected_));
    complete(held, std::move(end), whom);
}

void postgres_session::complete(lock& held, outcome end, completed_by whom) {
    query_handler_ptr<postgres_result> handler = std::move(handler_);
    const std::shared_ptr<cancel_watch> watch = std::move(cancel_watch_);
    // The wait that has kept the executor running may end below, before the handler is posted.
    std::optional<tracked_work<asio::any_io_executor>> work;
    if (whom != completed_by::connection) work.emplace(track_work(executor_));
    running_ = 0;
    collected_.reset();
    answered_ = false;
    cancelled_ = false;
    cancel_in_flight_ = false;
    if (connection_ && handed_out_) PQsetnonblocking(connection_.get(), 0);
    if (connection_ && !by_user_) drop_notifications();
    if (used_blocking_ || lost_ || PQsocket(connection_.get()) < 0) unregister();
    held.unlock();
    if (watch) watch->stop();
    handler.release()->complete(std::move(end.failed), std::move(end.result), whom);
}

postgres_session::outcome postgres_session::end_of(result_ptr result) {
    forget_announcement();
    if (!by_user_) role_due_ = core::time_point::min();
    // A result that is whole counts, whatever happened to the connection after it.
    if (result && !is_error(result.get())) {
        served_ = served_ || by_user_;
        if (commits_.rolled_back(!is_copy(PQresultStatus(result.get()))))
            return {rolled_back_error({}, false), {}};
        if (!transaction_failure_.empty()) note_failed_transaction({});
        return {nullptr, postgres_result(result.release())};
    }
    role_due_ = core::time_point::min();
    const bool gone = PQstatus(connection_.get()) == CONNECTION_BAD;
    postgres_error::report said = report_of(result.get(), where_text_);
    if (said.message.empty()) said.message = tidy_connect_message(PQerrorMessage(connection_.get()));
    said.outcome_unknown = gone;
    const bool aborted = cancelled_ && said.sqlstate == query_canceled;
    served_ = served_ || (by_user_ && !gone);
    if (gone) {
        note_end(said.sqlstate, spoken(said));
    } else if (by_user_ && is_server_error(said.sqlstate)) {
        server_error_ = failure(failure_kind::server_error, where_text_ + ": " + spoken(said));
    } else if (said.sqlstate == read_only_transaction) {
        // A server that reports its state and is writable has refused a transaction that the user made
        // read-only: that says nothing about the server.
        const server_state state = reported_state(connection_.get());
        if (!state.in_recovery || *state.in_recovery || state.read_only.value_or(true)) {
            refused_write_ = true;
            // A primary's default may be the session's own, set by its user: a full reset shows the server's.
            const bool primary = state.in_recovery && !*state.in_recovery;
            if (wants_writes(settings_->wanted) && !primary) note(failure_kind::wrong_role, spoken(said));
        }
    }
    if (commits_.rolled_back(false) && !aborted) {
        return {rolled_back_error(spoken(said), gone && commits_.statements_left()), {}};
    }
    note_failed_transaction(spoken(said));
    boost::system::error_code code = make_sqlstate_code(said.sqlstate);
    if (aborted) code = asio::error::operation_aborted;
    if (gone) code = make_error_code(errc::connection_lost);
    return {std::make_exception_ptr(postgres_error(code, std::move(said))), {}};
}

/// `what_followed`: the error of a later statement in the same text, if any.
std::exception_ptr postgres_session::rolled_back_error(const std::string& what_followed,
                                                       bool outcome_unknown) {
    postgres_error::report said;
    said.endpoint = where_text_;
    said.message = "COMMIT (END, PREPARE TRANSACTION) was answered with ROLLBACK: nothing was committed";
    if (!transaction_failure_.empty())
        said.detail = "The transaction had failed with " + transaction_failure_;
    if (!what_followed.empty()) {
        said.detail +=
            (said.detail.empty() ? "" : "; ") + ("a statement after it failed with " + what_followed);
    }
    said.outcome_unknown = outcome_unknown;
    note_failed_transaction({});
    return std::make_exception_ptr(postgres_error(errc::transaction_rolled_back, std::move(said)));
}

/// Keeps the first error of a transaction until it ends. What is done with the native handle isn't seen.
void postgres_session::note_failed_transaction(const std::string& cause) {
    if (PQtransactionStatus(connection_.get()) != PQTRANS_INERROR || handed_out_) {
        transaction_failure_.clear();
    } else if (transaction_failure_.empty()) {
        transaction_failure_ = cause;
    }
}

postgres_error postgres_session::broken(const std::string& reason) const {
    return {make_error_code(errc::connection_lost), {{}, {}, reason, {}, {}, where_text_}};
}

void postgres_session::note(failure_kind kind, const std::string& message) {
    if (is_worse(kind, worst_.kind)) worst_ = failure(kind, where_text_ + ": " + message);
}

void postgres_session::note_end(std::string_view sqlstate, const std::string& message) {
    lost_ = true;
    // The reason may have come before the end, as a notice.
    const bool told = sqlstate.empty() && !announced_.sqlstate.empty();
    note(kind_of_lost_connection(told ? announced_.sqlstate : sqlstate), told ? announced_.text : message);
}

void postgres_session::notice(void* session, const PGresult* result) {
    static_cast<postgres_session*>(session)->note_size(PQresultMemorySize(result));
    const char* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const std::string_view sqlstate = code == nullptr ? "" : code;
    const std::string_view severity = severity_of(result);
    const bool is_end = severity == "FATAL" || severity == "PANIC";
    // An immediate shutdown and the crash of another backend are announced as warnings, which a user's
    // function may raise too: only an end that follows tells them apart.
    if (!is_end && sqlstate != admin_shutdown && sqlstate != crash_shutdown) return;
    try {
        auto& self = *static_cast<postgres_session*>(session);
        const bool in_statement = !is_ready(self.connection_.get());
        self.announced_ = {std::string(sqlstate), spoken(report_of(result, {})), in_statement};
        if (is_end) self.note_end(sqlstate, self.announced_.text);
    } catch (const std::bad_alloc&) {
        // libpq is in between and can't pass it on; the broken connection is noticed without the reason.
        return;
    }
}

void postgres_session::judge_announcement() {
    if (announced_.in_statement && is_ready(connection_.get())) announced_ = {};
}

void postgres_session::request_cancel(std::uint64_t operation) {
    lock held(mutex_);
    if (running_ != operation) return;
    if (cancelling_ == on_cancel::give_up) {
        lose(held);
        return;
    }
    if (cancelled_) return;
    cancelled_ = true;
    cancel_in_flight_ = true;
    const auto watch = std::make_shared<cancel_watch>(executor_);
    cancel_watch_ = watch;
    cancel_request request(connection_.get(), cancel_key_);
    // It may begin, and come back to this object, before start() returns.
    held.unlock();
    watch->start(shared_from_this(), operation, std::move(request));
}

void postgres_session::cancel_returned(std::uint64_t operation) {
    lock held(mutex_);
    if (running_ != operation) return;
    cancel_in_flight_ = false;
    if (answered_) answered(held, completed_by::anyone);
}

bool postgres_session::is_running(std::uint64_t operation) {
    const lock held(mutex_);
    return running_ == operation;
}

void postgres_session::give_up(std::uint64_t operation) {
    lock held(mutex_);
    if (running_ == operation) lose(held);
}

void postgres_session::give_up_any() {
    lock held(mutex_);
    if (running_ != 0) lose(held);
}

void postgres_session::lose(lock& held) {
    lost_ = true;
    note(failure_kind::connection_lost, "given up while a statement was running");
    outcome end{
        std::make_exception_ptr(postgres_error(
            asio::error::operation_aborted,
            {{}, {}, "the statement was given up, and its connection with it", {}, {}, where_text_, true})),
        {}};
    // Posted: nobody who cancels or closes expects to be in the handler before he is done.
    complete(held, std::move(end), completed_by::initiation);
}

void postgres_session::close() noexcept {
    try {
        give_up_any();
    } catch (const std::bad_alloc&) {
        // No memory to tell the handler with: it goes uncalled, with *this.
        static_cast<void>(0);
    }
    const lock held(mutex_);
    lost_ = true;
    unregister();
    connection_.reset();
}

PGconn* postgres_session::hand_out() {
    const lock held(mutex_);
    touched_ = true;
    left_something_ = true;
    handed_out_ = true;
    if (running_ == 0) {
        unregister();
        if (connection_) PQsetnonblocking(connection_.get(), 0);
    }
    return connection_.get();
}

std::string postgres_session::server_version() const {
    const char* version = PQparameterStatus(connection_.get(), "server_version");
    return version == nullptr ? "" : version;
}

std::string postgres_session::tls_version() const {
    if (PQsslInUse(connection_.get()) == 0) return {};
    const char* protocol = PQsslAttribute(connection_.get(), "protocol");
    return protocol == nullptr ? "unknown" : protocol;
}

}  // namespace podpool::detail
