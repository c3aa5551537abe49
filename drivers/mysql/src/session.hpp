// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "connect_options.hpp"
#include "connector.hpp"
#include "login_watch.hpp"
#include "pending_call.hpp"
#include "plain_servers.hpp"
#include "session_socket.hpp"
#include "session_trace.hpp"
#include "settings.hpp"
#include "workers.hpp"

#include <podpool/driver.hpp>
#include <podpool/endpoint_info.hpp>
#include <podpool/failure.hpp>
#include <podpool/mysql/detail/start_query.hpp>
#include <podpool/mysql/error.hpp>
#include <podpool/mysql/role.hpp>
#include <podpool/reset_mode.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace podpool::detail {

/// Whether a server's variable is on, as MySQL (0, 1) and MariaDB's newer versions (words) write it.
bool is_on(std::string_view value) noexcept;

/// What a server was asked about an error whose number says too little.
struct server_answers {
    bool refuses_all = false;
    bool read_only = false;
};

/// One connection of the connector and the one operation that may run on it.
///
/// An operation runs on a worker, or on the thread of a caller who blocks, and has the connection for
/// itself until finish(). The mutex guards everything else and is never held during a call of the
/// connector, nor while a handler is called. A cancelled operation is answered at once and its socket is cut;
/// the session is lost from then on, and its connection goes when the call that hung has returned.
class mysql_session : public std::enable_shared_from_this<mysql_session> {
public:
    using work = std::function<failure(mysql_session&)>;

    mysql_session(boost::asio::any_io_executor executor, std::shared_ptr<const mysql_settings> settings,
                  std::weak_ptr<mysql_workers> workers, std::shared_ptr<plain_servers> plain,
                  endpoint_info where);

    /// Connects, logs in, checks TLS and the role; the first thing to happen, and only once.
    static boost::asio::awaitable<failure> connect(std::shared_ptr<mysql_session> self);
    /// One round trip that brings the server's role up to date and checks it.
    static boost::asio::awaitable<failure> check(std::shared_ptr<mysql_session> self);
    /// The same, and a second round trip for the sessions on the server.
    static boost::asio::awaitable<ping_result> check_and_count(std::shared_ptr<mysql_session> self);
    static boost::asio::awaitable<failure> reset(std::shared_ptr<mysql_session> self, reset_mode mode);

    /// Runs a statement on the calling thread.
    mysql_result run(const mysql_statement& statement);

    [[nodiscard]] std::uint64_t next_operation() noexcept { return ++last_operation_; }
    void start(std::uint64_t operation, const mysql_statement& statement,
               query_handler_ptr<mysql_result> handler);
    /// The same for what the pool itself wants.
    void start(std::uint64_t operation, const work& todo, query_handler_ptr<failure> handler);
    /// Ends this operation, if it still runs, with operation_aborted; the session is lost then.
    void cancel(std::uint64_t operation);
    /// The same for whatever runs, also on the thread of a caller who blocks.
    void cancel_any();

    /// Ends the session without waiting; an operation ends with operation_aborted.
    void close() noexcept;

    /// The connection for a user's own calls.
    sql::Connection& hand_out();
    [[nodiscard]] bool is_alive() noexcept;
    [[nodiscard]] return_state inspect(reset_mode mode);

    [[nodiscard]] const boost::asio::any_io_executor& executor() const noexcept { return executor_; }
    [[nodiscard]] const endpoint& where() const noexcept { return where_.where; }
    [[nodiscard]] mysql_role role() const noexcept { return role_; }
    [[nodiscard]] const std::string& server_version() const noexcept { return server_version_; }
    [[nodiscard]] const std::string& tls_version() const noexcept { return tls_version_; }

private:
    using lock = std::unique_lock<std::mutex>;

    // connect.cpp: on a worker
    [[nodiscard]] failure open_now();
    /// Several attempts where the first ones only find out how to use TLS.
    [[nodiscard]] failure log_in(const std::string& host);
    [[nodiscard]] failure attempt(const connect_attempt& how, const login_watch& watch);
    [[nodiscard]] failure set_up();
    [[nodiscard]] failure check_identity(const std::string& tls_cipher) const;
    [[nodiscard]] failure verify_cluster();

    // upkeep.cpp: on a worker
    [[nodiscard]] failure check_now();
    [[nodiscard]] bool ask_read_only();
    [[nodiscard]] std::optional<std::size_t> count_now();
    [[nodiscard]] failure reset_now(reset_mode mode);
    [[nodiscard]] failure note_role(bool read_only);
    [[nodiscard]] failure failure_of(const sql::SQLException& problem);

    // run.cpp
    /// Runs a user's statement and learns from it. Throws mysql_error.
    mysql_result run_now(const mysql_statement& statement);
    void note_trace(session_trace trace);
    [[nodiscard]] mysql_error::report report_of(const sql::SQLException& problem) const;
    [[nodiscard]] mysql_error failed(const sql::SQLException& problem,
                                     const server_answers& asked = server_answers());
    [[nodiscard]] mysql_error failed_statement(const sql::SQLException& problem, bool in_transaction);
    [[nodiscard]] bool refuses_all();
    [[nodiscard]] bool now_read_only();
    /// Whether the transaction is gone in which a statement failed with this number.
    [[nodiscard]] bool has_lost_transaction(int number);
    [[nodiscard]] mysql_error not_committed(mysql_error::report cause) const;

    // session.cpp
    template <class Result, class Work>
    void start_on_worker(std::uint64_t operation, query_handler_ptr<Result> handler, Work todo);
    template <class Result, class Work>
    void perform(pending_call_for<Result>& call, const Work& todo);
    [[nodiscard]] std::exception_ptr why_not_ready() const;
    [[nodiscard]] mysql_error broken(const std::string& reason) const;
    void finish();
    void lose(lock& held, const std::string& reason);
    /// Ends the call that hangs; false if its socket can't be told just now.
    bool cut() noexcept;
    /// Has a worker try again until the operation has ended; only where can_see_blocked_threads().
    void cut_later(std::uint64_t operation) noexcept;
    void keep_cutting(std::uint64_t operation);
    void note(failure_kind kind, const std::string& message);
    /// Notes that the client library had to hold this many bytes at once; with the mutex.
    void note_size(std::size_t bytes) noexcept;

    const boost::asio::any_io_executor executor_;
    const std::shared_ptr<const mysql_settings> settings_;
    const std::weak_ptr<mysql_workers> workers_;
    const std::shared_ptr<plain_servers> plain_;
    const endpoint_info where_;
    const std::string where_text_;

    // Set by connect() and constant afterwards, the role apart.
    bool mariadb_ = false;
    std::string server_version_;
    std::string tls_version_;
    std::atomic<mysql_role> role_{mysql_role::unknown};

    std::atomic<std::uint64_t> last_operation_{0};
    std::mutex mutex_;
    /// Used by the operation that runs; by others only if none does.
    std::unique_ptr<sql::Connection> connection_;
    client_handle client_;
    session_socket socket_;
    std::uint64_t running_ = 0;
    /// The thread that performs the operation; 0 while it waits for one.
    pid_t performer_ = 0;
    /// Whoever waits for the operation that runs; null for a caller who blocks.
    std::shared_ptr<pending_call> waiting_;
    bool lost_ = false;
    /// A statement was refused as on a server that takes no writes.
    bool refused_write_ = false;
    /// A statement of this lease was answered.
    bool served_ = false;
    /// What the server failed one with for its own reasons.
    failure server_error_;
    bool closed_ = false;
    failure worst_;

    /// A transaction is open, as far as the statements tell.
    bool in_transaction_ = false;
    /// The error with which the server rolled back the user's transaction, who hasn't ended it yet.
    std::optional<mysql_error::report> rolled_back_by_;
    /// The last one that began was made read-only by its user.
    bool own_read_only_ = false;
    /// Something happened in this lease that no rollback undoes, or that can't be seen.
    bool lasting_ = false;
    /// It did in some lease: since then any statement may begin a transaction without saying so.
    bool unknown_state_ = false;
    /// A user used the session in this lease.
    bool touched_ = false;
    /// The client library's buffer, which only grows, has grown beyond the bound.
    bool oversized_ = false;
};

}  // namespace podpool::detail
