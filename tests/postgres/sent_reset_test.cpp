// SPDX-License-Identifier: BSL-1.0
// Resets that are sent when a lease ends, and leases that pool_reset=auto knows to have left nothing.
#include "live.hpp"

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

namespace podpool::test {
namespace {

using namespace std::chrono_literals;

std::chrono::steady_clock::time_point soon() { return std::chrono::steady_clock::now() + 20s; }
std::chrono::steady_clock::time_point at_once() { return std::chrono::steady_clock::now(); }

/// A session whose lease has left a setting, and its server process.
struct used_session : live_session {
    explicit used_session(const std::string& more = {}) : live_session(shared_server(), more) {
        backend = static_cast<pid_t>(std::stol(cell("select pg_backend_pid()")));
        connection->query("set statement_timeout = 12345");
    }
    ~used_session() { go_on(); }
    used_session(const used_session&) = delete;
    used_session& operator=(const used_session&) = delete;

    void stop() { REQUIRE(kill(backend, SIGSTOP) == 0); }
    void go_on() { kill(backend, SIGCONT); }
    bool send() { return driver.send_reset(*connection, reset_mode::full); }
    reset_answer read(std::chrono::steady_clock::time_point until) {
        return driver.read_reset_answer(*connection, until);
    }

    pid_t backend = 0;
};

TEST_CASE("a reset that is sent clears the session, and its answer is read later") {
    if (!have_postgres()) return;
    used_session session;
    REQUIRE(session.inspect(reset_mode::full).needs_reset);
    REQUIRE(session.send());
    const reset_answer answer = session.read(soon());
    INFO(answer.why.message);
    CHECK_FALSE(answer.late);
    CHECK_FALSE(answer.why);
    CHECK_FALSE(session.inspect(reset_mode::full).needs_reset);
    CHECK(session.cell("show statement_timeout") == "0");
}

TEST_CASE("an answer that isn't there is late, can be asked for again, and reset() and ping() wait for it") {
    if (!have_postgres()) return;
    used_session session;
    session.inspect(reset_mode::full);
    session.stop();
    REQUIRE(session.send());
    CHECK(session.read(at_once()).late);
    CHECK(session.read(std::chrono::steady_clock::now() + 10ms).late);
    session.go_on();
    SECTION("it comes") {
        const reset_answer answer = session.read(soon());
        CHECK_FALSE(answer.late);
        CHECK_FALSE(answer.why);
    }
    SECTION("reset()") { CHECK_FALSE(session.reset(reset_mode::full)); }
    SECTION("ping()") { CHECK_FALSE(session.ping()); }
    SECTION("ping_and_count()") {
        const ping_result counted = session.run(session.driver.ping_and_count(*session.connection));
        CHECK_FALSE(counted.why);
        CHECK(counted.sessions.has_value());
    }
    CHECK_FALSE(session.inspect(reset_mode::full).needs_reset);
    CHECK(session.cell("show statement_timeout") == "0");
}

TEST_CASE("a session that ends before the answer to its reset is lost with its reason") {
    if (!have_postgres()) return;
    used_session session;
    session.inspect(reset_mode::full);
    session.stop();
    REQUIRE(session.send());
    shared_server().sql("select pg_terminate_backend(" + std::to_string(session.backend) + ")");
    session.go_on();
    const reset_answer answer = session.read(soon());
    CHECK_FALSE(answer.late);
    CHECK((answer.why.kind == failure_kind::session_terminated ||
           answer.why.kind == failure_kind::connection_lost));
}

TEST_CASE("nothing is sent in a transaction, nor where the mode clears nothing") {
    if (!have_postgres()) return;
    used_session session;
    SECTION("a mode that keeps the session") {
        CHECK_FALSE(session.driver.send_reset(*session.connection, reset_mode::rollback));
        CHECK_FALSE(session.driver.send_reset(*session.connection, reset_mode::none));
    }
    SECTION("a transaction") {
        session.connection->query("begin");
        CHECK(session.inspect(reset_mode::full).needs_reset);
        CHECK_FALSE(session.send());
        CHECK_FALSE(session.reset(reset_mode::full));
        CHECK(session.cell("show statement_timeout") == "0");
    }
}

TEST_CASE("a connection that was used asynchronously can send its reset, too") {
    if (!have_postgres()) return;
    used_session session;
    const auto query = [](postgres_connection& used) -> boost::asio::awaitable<void> {
        co_await used.async_query("set lock_timeout = 77");
    };
    session.run(query(*session.connection));
    session.inspect(reset_mode::full);
    REQUIRE(session.send());
    CHECK_FALSE(session.read(soon()).why);
    session.run(query(*session.connection));
    CHECK(session.cell("show lock_timeout") == "77ms");
    CHECK(session.cell("show statement_timeout") == "0");
}

TEST_CASE("pool_reset=auto clears what statements may have left, and nothing else") {
    if (!have_postgres()) return;
    live_session session(shared_server(), "pool_reset=auto");
    session.connection->query("create table if not exists plain_things (i int, t text)");
    REQUIRE_FALSE(session.reset(reset_mode::automatic));
    const auto needs_reset = [&](const std::string& sql) {
        session.connection->query(sql);
        const bool needed = session.inspect(reset_mode::automatic).needs_reset;
        REQUIRE_FALSE(session.reset(reset_mode::automatic));
        return needed;
    };
    for (const char* plain :
         {"select 1", "insert into plain_things (i, t) values (1, 'set x = 1')", "begin; select 1; commit",
          "select count(*) from plain_things where t like '%;%'", "update plain_things set i = i + 1"}) {
        CAPTURE(plain);
        CHECK_FALSE(needs_reset(plain));
    }
    for (const char* lasting :
         {"set statement_timeout = 12345", "select set_config('app.tenant', 'alice', false)", "listen ch",
          "create temp table left_behind (i int)", "select pg_advisory_lock(77)", "prepare p as select 1",
          "select 1; set lock_timeout = 5", "do $$ begin end $$"}) {
        CAPTURE(lasting);
        CHECK(needs_reset(lasting));
    }
    CHECK(session.cell("show statement_timeout") == "0");
    CHECK(session.cell("select count(*) from pg_locks where locktype = 'advisory' and "
                       "pid = pg_backend_pid()") == "0");
}

TEST_CASE("pool_reset=auto rolls back an open transaction of plain statements without more") {
    if (!have_postgres()) return;
    live_session session(shared_server(), "pool_reset=auto");
    session.connection->query("begin");
    CHECK(session.inspect(reset_mode::automatic).needs_reset);
    CHECK_FALSE(session.driver.send_reset(*session.connection, reset_mode::automatic));
    CHECK_FALSE(session.reset(reset_mode::automatic));
    CHECK_FALSE(session.inspect(reset_mode::automatic).needs_reset);
}

TEST_CASE("pool_reset=auto takes the native handle, and an encoding that it can't read, for anything") {
    if (!have_postgres()) return;
    SECTION("the native handle") {
        live_session session(shared_server(), "pool_reset=auto");
        static_cast<void>(session.connection->native_handle());
        CHECK(session.inspect(reset_mode::automatic).needs_reset);
    }
    SECTION("an encoding in which a byte of a character may look like a quote") {
        live_session session(shared_server(), "pool_reset=auto client_encoding=SJIS");
        session.connection->query("select 1");
        CHECK(session.inspect(reset_mode::automatic).needs_reset);
    }
    SECTION("an encoding of single bytes") {
        live_session session(shared_server(), "pool_reset=auto client_encoding=LATIN1");
        session.connection->query("select 1");
        CHECK_FALSE(session.inspect(reset_mode::automatic).needs_reset);
    }
}

TEST_CASE("pool_reset=full clears after every statement") {
    if (!have_postgres()) return;
    live_session session(shared_server(), "pool_reset=full");
    session.connection->query("select 1");
    CHECK(session.inspect(reset_mode::full).needs_reset);
}

}  // namespace
}  // namespace podpool::test
