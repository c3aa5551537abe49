// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "cancel.hpp"
#include "commit_watch.hpp"
#include "plain_texts.hpp"
#include "settings.hpp"

#include <podpool/core/time.hpp>
#include <podpool/credentials.hpp>
#include <podpool/driver.hpp>
#include <podpool/endpoint_info.hpp>
#include <podpool/failure.hpp>
#include <podpool/postgres/detail/parameter_arrays.hpp>
#include <podpool/postgres/detail/start_query.hpp>
#include <podpool/postgres/error.hpp>
#include <podpool/reset_mode.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <libpq-fe.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace podpool {

struct return_state;

namespace detail {

struct finish_connection {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
struct clear_result {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using connection_ptr = std::unique_ptr<PGconn, finish_connection>;
using result_ptr = std::unique_ptr<PGresult, clear_result>;

/// One PGconn and the one operation that may run on it.
///
/// The mutex makes an operation's steps, a cancellation and the end of the connection exclude each other,
/// since they may come from different threads; a handler is never called under it.
///
/// The socket stays registered with the reactor from one asynchronous operation to the next. libpq may
/// close a socket and open another one with the same number, after which a registration is dead and a wait
/// never ends; so the registration is given up before anything but an asynchronous operation uses libpq.
class postgres_session : public std::enable_shared_from_this<postgres_session> {
public:
    postgres_session(boost::asio::any_io_executor executor, std::shared_ptr<const postgres_settings> settings,
                     endpoint_info where);
    postgres_session(const postgres_session&) = delete;
    postgres_session& operator=(const postgres_session&) = delete;
    ~postgres_session();

    /// Connects, logs in and checks the role; the first thing to happen, and only once.
    static boost::asio::awaitable<failure> connect(std::shared_ptr<postgres_session> self);
    /// One round trip that brings the server's role up to date and checks it.
    static boost::asio::awaitable<failure> check(std::shared_ptr<postgres_session> self);
    /// The same, and the sessions on the server if it tells them.
    static boost::asio::awaitable<ping_result> check_and_count(std::shared_ptr<postgres_session> self);
    static boost::asio::awaitable<failure> reset(std::shared_ptr<postgres_session> self, reset_mode mode);

    /// Sends a full reset to a session outside of a transaction without waiting for the answer; true when it
    /// is on its way as a whole. Else reset() does it, or goes on with it.
    bool send_reset() noexcept;
    /// Reads the answer, waiting until `until` at most.
    reset_answer read_reset_answer(std::chrono::steady_clock::time_point until);

    /// Runs a statement on the calling thread.
    postgres_result run(const statement_view& statement);

    [[nodiscard]] std::uint64_t next_operation() noexcept { return ++last_operation_; }
    void start(std::uint64_t operation, const postgres_statement& statement, on_cancel cancelling,
               query_handler_ptr<postgres_result> handler);
    void request_cancel(std::uint64_t operation);
    /// The request to cancel has gone its way, or hasn't in time.
    void cancel_returned(std::uint64_t operation);
    [[nodiscard]] bool is_running(std::uint64_t operation);
    /// Ends the operation with operation_aborted, and the connection with it.
    void give_up(std::uint64_t operation);
    /// The same for any operation that runs.
    void give_up_any();

    /// Closes the connection without waiting; ends an operation with operation_aborted.
    void close() noexcept;

    /// The connection for a user's own calls of libpq.
    PGconn* hand_out();
    [[nodiscard]] bool is_alive() noexcept;
    /// `now`: by a clock that may be a tick late. The role is read where it may have changed, see role_at().
    [[nodiscard]] return_state inspect(reset_mode mode, core::time_point now);

    [[nodiscard]] const boost::asio::any_io_executor& executor() const noexcept { return executor_; }
    [[nodiscard]] const endpoint& where() const noexcept { return where_.where; }
    /// What the server reports with its answers, else what it said when it was asked.
    [[nodiscard]] postgres_role role() const noexcept {
        return role_is_read_ && !handed_out_ ? role_ : role_in(reported_state(connection_.get()));
    }
    [[nodiscard]] std::string server_version() const;
    [[nodiscard]] std::string tls_version() const;

private:
    static constexpr const char* full_reset = "discard all";

    using lock = std::unique_lock<std::mutex>;
    /// The mutex, or nothing where nobody else can come in between.
    [[nodiscard]] lock lock_if_shared() {
        return shared_.load(std::memory_order_acquire) ? lock(mutex_) : lock();
    }
    struct wake_up;

    /// How an operation ended: an error, or a result.
    struct outcome {
        std::exception_ptr failed;
        postgres_result result;
    };

    /// What a notice said that may be the reason of the session's end; the end itself comes after it.
    struct announcement {
        std::string sqlstate;
        std::string text;
        /// Came with a statement, or before one: void once the server is ready for a further one.
        bool in_statement = false;
    };

    // connect.cpp
    void begin_connect(const std::optional<credentials>& login);
    [[nodiscard]] failure connect_failure(int system_error) const;
    [[nodiscard]] static boost::asio::awaitable<failure> log_in(std::shared_ptr<postgres_session> self);
    [[nodiscard]] static boost::asio::awaitable<failure> verify_cluster(
        std::shared_ptr<postgres_session> self);

    // upkeep.cpp
    [[nodiscard]] failure failure_of(const postgres_error& problem) const;
    [[nodiscard]] failure state_after_reset(reset_mode mode);
    [[nodiscard]] failure role_failure(const server_state& state) const;
    [[nodiscard]] postgres_role role_in(const server_state& reported) const noexcept {
        const postgres_role told = reported.role();
        return told == postgres_role::unknown ? asked_role_ : told;
    }
    /// Keeps the role that was read just now.
    void keep_role(postgres_role read, core::time_point now) noexcept;
    /// Reads what the server sent unasked; false if that was the end.
    [[nodiscard]] bool read_news();
    void make_tidy();
    void drop_notifications();
    /// The role for the end of a lease, read again if a second has passed or something hints at a change: an
    /// error, a reset, a check, news between two leases, a user's own calls of libpq.
    [[nodiscard]] postgres_role role_at(core::time_point now);

    // reset.cpp
    /// Notes that a user runs a statement, and whether it may leave something in the session.
    void note_use(std::string_view sql) noexcept;
    [[nodiscard]] bool is_plain(std::string_view sql) noexcept;
    [[nodiscard]] bool standard_strings() const;
    [[nodiscard]] bool wait_to_read(std::chrono::steady_clock::time_point until);

    // session.cpp: everything below wants the mutex, except on a thread that has the session for itself.
    [[nodiscard]] std::exception_ptr why_not_ready() const;
    /// Notes that libpq had to hold this many bytes at once.
    void note_size(std::size_t bytes) noexcept;
    [[nodiscard]] bool send(const statement_view& statement);
    [[nodiscard]] bool send_copied(const postgres_statement& statement);
    /// Reads and writes what can be; true when the whole answer is there.
    [[nodiscard]] bool pump();
    [[nodiscard]] bool flush();
    /// Takes the results that have come; true when no further one can.
    [[nodiscard]] bool collect();
    /// Takes one result, waiting for it if need be; true when no further one can come.
    [[nodiscard]] bool collect_next();
    [[nodiscard]] bool wait(boost::asio::posix::stream_descriptor::wait_type direction, bool& waiting);
    void woken(std::uint64_t registration, bool writing);
    /// Completes the operation unless a request to cancel it is still on its way.
    void answered(lock& held, completed_by whom);
    void complete(lock& held, outcome end, completed_by whom);
    void lose(lock& held);
    void unregister() noexcept;
    [[nodiscard]] outcome end_of(result_ptr result);
    [[nodiscard]] std::exception_ptr rolled_back_error(const std::string& what_followed,
                                                       bool outcome_unknown);
    void note_failed_transaction(const std::string& cause);
    [[nodiscard]] postgres_error broken(const std::string& reason) const;
    void note(failure_kind kind, const std::string& message);
    void note_end(std::string_view sqlstate, const std::string& message);
    static void notice(void* session, const PGresult* result);
    /// Forgets what a statement's notice said when the session is ready for the next one: that was no end.
    void forget_announcement() {
        if (!announced_.sqlstate.empty()) judge_announcement();
    }
    void judge_announcement();

    const boost::asio::any_io_executor executor_;
    const std::shared_ptr<const postgres_settings> settings_;
    const endpoint_info where_;
    const std::string where_text_;

    std::mutex mutex_;
    /// An operation runs or the socket is registered: handlers may come in between on other threads.
    std::atomic<bool> shared_{false};
    connection_ptr connection_;
    int start_error_ = 0;  // errno when the attempt began
    cancel_key cancel_key_;

    boost::asio::posix::stream_descriptor descriptor_;
    std::uint64_t registration_ = 0;
    bool reading_ = false;
    bool writing_ = false;

    std::atomic<std::uint64_t> last_operation_{0};
    std::uint64_t running_ = 0;
    on_cancel cancelling_ = on_cancel::ask_server;
    query_handler_ptr<postgres_result> handler_;
    result_ptr collected_;
    commit_watch commits_;
    /// The error with which the open transaction failed, where it is known.
    std::string transaction_failure_;
    bool answered_ = false;
    bool cancelled_ = false;
    bool cancel_in_flight_ = false;
    std::shared_ptr<cancel_watch> cancel_watch_;

    /// A user had it since the last full reset.
    bool touched_ = false;
    /// A statement may have left something in the session since then, or a user had the PGconn itself.
    bool left_something_ = false;
    plain_texts plain_;
    /// A full reset was sent, and its answer not been read.
    bool reset_sent_ = false;
    /// The server didn't tell how many sessions it has.
    bool count_refused_ = false;
    /// A user had the PGconn itself and may have changed what isn't the server's.
    bool handed_out_ = false;
    /// libpq's buffers have grown beyond the bound.
    bool oversized_ = false;
    bool lost_ = false;
    /// A statement was refused as on a server that takes no writes.
    bool refused_write_ = false;
    /// The operation that runs, or ran last, is a user's statement.
    bool by_user_ = false;
    /// A statement of this lease was answered.
    bool served_ = false;
    /// What the server failed one with for its own reasons.
    failure server_error_;
    /// What a server that doesn't report its role said of it.
    postgres_role asked_role_ = postgres_role::unknown;
    /// What was read of it last, when it is to be read again, and whether nothing was received since: reading
    /// it means two walks along libpq's list of parameters.
    postgres_role role_ = postgres_role::unknown;
    core::time_point role_due_ = core::time_point::min();
    bool role_is_read_ = false;
    /// The last user of the connection blocked, and the next one will too.
    bool used_blocking_ = false;
    announcement announced_;
    failure worst_;
};

}  // namespace detail
}  // namespace podpool
