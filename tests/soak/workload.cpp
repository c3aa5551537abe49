// SPDX-License-Identifier: BSL-1.0
#include "workload.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace podpool::soak {

namespace asio = boost::asio;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);
/// A caller asks once in so many milliseconds at most, which settles how much memory is taken beforehand.
constexpr std::chrono::milliseconds between_requests{10};

using query_outcome = std::tuple<std::exception_ptr, postgres_result>;

/// What a failed statement's error says, short enough to be counted by. `settled`: it has surely not run.
std::string describe(const std::exception_ptr& failed, bool& settled) {
    try {
        std::rethrow_exception(failed);
    } catch (const postgres_error& problem) {
        const std::string state(problem.sqlstate());
        settled = !problem.outcome_unknown();
        if (problem.code() == errc::connection_lost) {
            return "connection lost" + (state.empty() ? "" : " (" + state + ")");
        }
        return state.empty() ? problem.code().message() : "SQLSTATE " + state;
    } catch (const std::exception& problem) {
        return problem.what();
    }
}

/// Runs a statement until a deadline. One that was cancelled by it counts as late, whatever it ended with:
/// the server tells a commit that it gave up waiting for the standbys for as done.
template <class... Parameters>
asio::awaitable<query_outcome> run_until(postgres_connection& connection,
                                         std::chrono::steady_clock::time_point deadline, bool& late,
                                         std::string sql, Parameters... parameters) {
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer(co_await asio::this_coro::executor, deadline);
    auto first = co_await (connection.async_query(sql, parameters..., token) || timer.async_wait(token));
    late = first.index() != 0;
    if (late) co_return query_outcome{};
    co_return std::move(std::get<0>(first));
}

}  // namespace

workload::workload(pool<postgres>& pool, std::chrono::seconds expected)
    : pool_(pool), callers_(writers + readers), outcomes_(writers) {
    const auto most = static_cast<std::size_t>(std::chrono::milliseconds(expected) / between_requests);
    for (auto& mine : outcomes_) {
        // Written to, so that it is resident.
        mine.assign(most, outcome::ambiguous);
        mine.clear();
    }
    for (caller& one : callers_) one.last_success = clock::now();
    for (std::size_t i = 0; i < writers; ++i) asio::co_spawn(*context_, write_on(i), asio::detached);
    for (std::size_t i = 0; i < readers; ++i) asio::co_spawn(*context_, read_on(i), asio::detached);
    runner_ = std::thread([this] { context_->run(); });
}

void workload::stop() {
    if (!runner_.joinable()) return;
    stopping_ = true;
    runner_.join();
    // Its descriptors are ours, not the pool's.
    context_.reset();
}

asio::awaitable<void> workload::pause() const {
    asio::steady_timer timer(co_await asio::this_coro::executor, between_requests);
    co_await timer.async_wait(token);
}

asio::awaitable<void> workload::write_on(std::size_t writer) {
    while (!stopping_) {
        co_await write_once(writer);
        co_await pause();
    }
}

asio::awaitable<workload::answer> workload::insert(postgres_connection& connection,
                                                   clock::time_point deadline, std::size_t writer,
                                                   std::int64_t sequence) {
    bool late = false;
    answer got;
    auto [failed, rows] = co_await run_until(connection, deadline, late,
                                             "insert into ledger values ($1, $2) returning sequence",
                                             static_cast<std::int32_t>(writer), sequence);
    if (late) {
        got.problem = "deadline";
    } else if (failed) {
        got.problem = describe(failed, got.settled);
    } else if (rows.rows() != 1 || rows.template get<std::int64_t>(0, 0) != sequence) {
        const std::lock_guard held(mutex_);
        ++wrong_answers_;
    }
    co_return got;
}

asio::awaitable<void> workload::write_once(std::size_t writer) {
    const auto sequence = static_cast<std::int64_t>(outcomes_[writer].size());
    auto [none, connection] = co_await pool_.async_acquire(role::primary, acquire_timeout, token);
    if (none) {
        note_write(writer, outcome::not_sent, "not sent: " + none.message());
        co_return;
    }
    const auto deadline = clock::now() + statement_deadline;
    if (writer % 2 == 0) {
        const answer got = co_await insert(*connection, deadline, writer, sequence);
        if (got.problem.empty()) {
            note_write(writer, outcome::acknowledged, "acknowledged");
        } else if (got.settled) {
            note_write(writer, outcome::refused, "refused: " + got.problem);
        } else {
            note_write(writer, outcome::ambiguous, "ambiguous: " + got.problem);
        }
        co_return;
    }
    // The others in a transaction of their own. Whatever fails before its COMMIT is sent must leave no trace.
    bool late = false;
    bool settled = false;
    auto [not_begun, nothing] = co_await run_until(*connection, deadline, late, "begin");
    if (late || not_begun) {
        note_write(writer, outcome::not_sent,
                   "not sent: begin: " + (late ? "deadline" : describe(not_begun, settled)));
        co_return;
    }
    const answer got = co_await insert(*connection, deadline, writer, sequence);
    if (!got.problem.empty()) {
        note_write(writer, outcome::not_sent, "not sent: COMMIT, after " + got.problem);
        co_return;
    }
    auto [failed, tag] = co_await run_until(*connection, deadline, late, "commit");
    if (late || failed) {
        const std::string problem = late ? "deadline" : describe(failed, settled);
        note_write(writer, settled ? outcome::refused : outcome::ambiguous,
                   (settled ? "refused: COMMIT: " : "ambiguous: COMMIT: ") + problem);
        co_return;
    }
    note_write(writer, outcome::acknowledged, "acknowledged");
}

asio::awaitable<void> workload::read_on(std::size_t reader) {
    for (std::int64_t sequence = 0; !stopping_; ++sequence) {
        co_await read_once(reader, sequence);
        co_await pause();
    }
}

asio::awaitable<void> workload::read_once(std::size_t reader, std::int64_t sequence) {
    const role wanted = reader % 3 == 2 ? role::any : role::standby;
    auto [none, connection] = co_await pool_.async_acquire(wanted, acquire_timeout, token);
    if (none) {
        note_read(reader, "no connection: " + none.message());
        co_return;
    }
    bool late = false;
    bool settled = false;
    auto [failed, rows] =
        co_await run_until(*connection, clock::now() + statement_deadline, late,
                           "select $1::bigint, pg_is_in_recovery(), pg_sleep(0.005)", sequence);
    if (late || failed) {
        note_read(reader, late ? "deadline" : describe(failed, settled));
        co_return;
    }
    const bool right = rows.rows() == 1 && rows.get<std::int64_t>(0, 0) == sequence;
    {
        const std::lock_guard held(mutex_);
        if (!right) ++wrong_answers_;
        if (right && wanted == role::standby && !rows.get<bool>(0, 1)) ++wrong_roles_;
    }
    note_read(reader, "");
}

void workload::note_write(std::size_t writer, outcome ended, const std::string& how) {
    outcomes_[writer].push_back(ended);
    const std::lock_guard held(mutex_);
    ++writes_[how];
    if (ended == outcome::acknowledged) note_success(callers_[writer]);
}

void workload::note_read(std::size_t reader, const std::string& problem) {
    const std::lock_guard held(mutex_);
    ++reads_[problem.empty() ? "answered" : problem];
    if (problem.empty()) note_success(callers_[writers + reader]);
}

void workload::note_success(caller& who) {
    const auto now = clock::now();
    ++who.successes;
    if (now - who.last_success > who.longest.length) who.longest = {who.last_success, now - who.last_success};
    who.last_success = now;
}

std::vector<std::uint64_t> workload::successes() const {
    const std::lock_guard held(mutex_);
    std::vector<std::uint64_t> counts;
    for (const caller& one : callers_) counts.push_back(one.successes);
    return counts;
}

std::map<std::string, std::uint64_t> workload::writes() const {
    const std::lock_guard held(mutex_);
    return writes_;
}

std::map<std::string, std::uint64_t> workload::reads() const {
    const std::lock_guard held(mutex_);
    return reads_;
}

std::uint64_t workload::wrong_answers() const {
    const std::lock_guard held(mutex_);
    return wrong_answers_;
}

std::uint64_t workload::wrong_roles() const {
    const std::lock_guard held(mutex_);
    return wrong_roles_;
}

workload::outage workload::longest(std::size_t first, std::size_t end) const {
    const std::lock_guard held(mutex_);
    outage found;
    for (std::size_t i = first; i < end; ++i) {
        if (callers_[i].longest.length > found.length) found = callers_[i].longest;
    }
    return found;
}

workload::outage workload::longest_of_writers() const { return longest(0, writers); }

workload::outage workload::longest_of_readers() const { return longest(writers, writers + readers); }

}  // namespace podpool::soak
