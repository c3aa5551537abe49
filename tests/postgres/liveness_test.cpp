// SPDX-License-Identifier: BSL-1.0
#include "live.hpp"

#include <libpq-fe.h>

#include <poll.h>
#include <csignal>

#include <string>

namespace podpool::test {
namespace {

bool alive(live_session& session) { return session.driver.is_alive(*session.connection); }

/// Waits until something from the server can be read. Doesn't touch the connection's state for the pool.
void wait_for_input(int socket) {
    eventually("input on the socket", [&] {
        pollfd readable{socket, POLLIN, 0};
        return poll(&readable, 1, 0) == 1;
    });
}

TEST_CASE("an idle connection is alive, however often one looks") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    for (int look = 0; look < 100; ++look) CHECK(alive(session));
    CHECK(session.cell("select 1") == "1");
    CHECK(alive(session));
}

TEST_CASE("the peek notices a terminated backend and says why") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    const std::string pid = session.cell("select pg_backend_pid()");
    shared_server().sql("select pg_terminate_backend(" + pid + ")");
    eventually("the end is noticed", [&] { return !alive(session); });
    const return_state state = session.inspect(reset_mode::full);
    CHECK(state.why.kind == failure_kind::session_terminated);
    CHECK(state.why.message.find("57P01") != std::string::npos);
    CHECK(state.why.message.find(shared_server().address()) != std::string::npos);
}

TEST_CASE("the end of a server is noticed on its idle connections, by SIGKILL and by shutdown") {
    if (!have_postgres()) return;
    postgres_cluster cluster;
    postgres_server& server = cluster.add_primary();
    {
        live_session session(server);
        server.kill9();
        eventually("the end is noticed", [&] { return !alive(session); });
        CHECK(session.inspect(reset_mode::full).why);
    }
    for (const stop_mode mode : {stop_mode::fast, stop_mode::immediate}) {
        server.start();
        live_session session(server);
        server.stop(mode);
        eventually("the end is noticed", [&] { return !alive(session); });
        const failure why = session.inspect(reset_mode::full).why;
        CHECK(why);
        // An immediate shutdown may cut the socket before its last words are read.
        if (mode == stop_mode::fast) CHECK(why.kind == failure_kind::session_terminated);
    }
}

TEST_CASE("the crash of another backend is the end of the endpoint's connections") {
    if (!have_postgres()) return;
    postgres_cluster cluster;
    postgres_server& server = cluster.add_primary();
    live_session witness(server);
    live_session victim(server);
    const std::string pid = victim.cell("select pg_backend_pid()");
    REQUIRE(kill(std::stoi(pid), SIGKILL) == 0);
    eventually("the end is noticed", [&] { return !alive(witness); });
    CHECK(witness.inspect(reset_mode::full).why.kind == failure_kind::endpoint_down);
}

TEST_CASE("a notification or a changed parameter is no death") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    const int socket = PQsocket(session.connection->native_handle());
    session.connection->query("listen news");
    shared_server().sql("notify news, 'hello'", postgres_cluster::database());
    wait_for_input(socket);
    CHECK(alive(session));
    // A reload makes the server send a ParameterStatus to a session that runs nothing.
    shared_server().sql("alter system set timezone = 'Europe/Paris'");
    shared_server().sql("select pg_reload_conf()");
    shared_server().sql("alter system reset timezone");
    session.connection->query("select 1");
    CHECK(alive(session));
    CHECK(session.cell("select 'good'") == "good");
    shared_server().sql("select pg_reload_conf()");
}

TEST_CASE("a FATAL message is never written to the terminal but kept as the reason") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    session.connection->query("set idle_session_timeout = '50ms'");
    eventually("the server ends the session", [&] { return !alive(session); });
    const return_state state = session.inspect(reset_mode::none);
    CHECK(state.why.kind == failure_kind::connection_lost);
    CHECK(state.why.message.find("57P05") != std::string::npos);
}

}  // namespace
}  // namespace podpool::test
