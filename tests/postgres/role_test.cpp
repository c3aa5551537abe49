// SPDX-License-Identifier: BSL-1.0
#include "live.hpp"
#include "support/rewriting_relay.hpp"

#include <podpool/error.hpp>
#include <podpool/pool.hpp>

#include <string>
#include <utility>
#include <vector>

namespace podpool::test {
namespace {

/// A primary and a standby that the tests of this file share; none of them changes a role.
class replicated_pair {
public:
    static replicated_pair& shared() {
        static replicated_pair instance;
        return instance;
    }

    [[nodiscard]] postgres_server& primary() { return primary_; }
    [[nodiscard]] postgres_server& standby() { return standby_; }

private:
    postgres_cluster cluster_;
    postgres_server& primary_ = cluster_.add_primary();
    postgres_server& standby_ = cluster_.add_replica(primary_);
};

failure open_with(const std::string& attrs, const postgres_server& server) {
    live_session session(conninfo(server, "target_session_attrs=" + attrs));
    return session.open(server).why;
}

TEST_CASE("each value of target_session_attrs takes primaries and standbys as libpq does") {
    if (!have_postgres()) return;
    auto& pair = replicated_pair::shared();
    struct row {
        const char* attrs;
        bool takes_primary;
        bool takes_standby;
    };
    for (const row& expected : std::vector<row>{{"any", true, true},
                                                {"read-write", true, false},
                                                {"read-only", false, true},
                                                {"primary", true, false},
                                                {"standby", false, true},
                                                {"prefer-standby", true, true}}) {
        CAPTURE(expected.attrs);
        const failure_kind on_primary =
            expected.takes_primary ? failure_kind::none : failure_kind::wrong_role;
        const failure_kind on_standby =
            expected.takes_standby ? failure_kind::none : failure_kind::wrong_role;
        CHECK(open_with(expected.attrs, pair.primary()).kind == on_primary);
        CHECK(open_with(expected.attrs, pair.standby()).kind == on_standby);
    }
    CHECK(open_with("primary", pair.standby()).message.find("is a standby") != std::string::npos);
}

TEST_CASE("a connection knows its server's role") {
    if (!have_postgres()) return;
    live_session primary(replicated_pair::shared().primary());
    live_session standby(replicated_pair::shared().standby());
    CHECK(primary.connection->role() == postgres_role::primary);
    CHECK(standby.connection->role() == postgres_role::standby);
}

TEST_CASE("a server that doesn't report its role is asked for it, at login and with each ping") {
    if (!have_postgres()) return;
    for (const bool asks_standby : {false, true}) {
        postgres_server& server =
            asks_standby ? replicated_pair::shared().standby() : replicated_pair::shared().primary();
        rewriting_relay relay(server.address(), server.port(), "in_hot_standby", "in_hot_standbX");
        const endpoint_info where(endpoint(rewriting_relay::address(), relay.port()));
        for (const auto& [attrs, takes] :
             std::vector<std::pair<std::string, bool>>{{"any", true},
                                                       {"primary", !asks_standby},
                                                       {"read-write", !asks_standby},
                                                       {"standby", asks_standby},
                                                       {"read-only", asks_standby},
                                                       {"prefer-standby", true}}) {
            CAPTURE(attrs, asks_standby);
            live_session session(conninfo(server, "sslmode=disable target_session_attrs=" + attrs));
            auto opened = session.run(session.driver.open(where));
            CHECK(opened.why.kind == (takes ? failure_kind::none : failure_kind::wrong_role));
            if (!opened.connection) continue;
            // It is known when it was asked for.
            const auto is = asks_standby ? postgres_role::standby : postgres_role::primary;
            const bool asked = attrs != "any";
            CHECK(opened.connection->role() == (asked ? is : postgres_role::unknown));
            CHECK_FALSE(session.run(session.driver.ping(*opened.connection)));
        }
    }
}

TEST_CASE("a promotion is noticed by a ping") {
    if (!have_postgres()) return;
    postgres_cluster cluster;
    postgres_server& primary = cluster.add_primary();
    postgres_server& standby = cluster.add_replica(primary);
    live_session reader(standby, "target_session_attrs=standby");
    live_session either(standby);
    standby.promote();
    // Nobody tells an idle connection: only an answer brings the new role.
    CHECK(either.connection->role() == postgres_role::standby);
    CHECK(either.driver.is_alive(*either.connection));
    const failure why = reader.ping();
    CHECK(why.kind == failure_kind::wrong_role);
    CHECK(why.message.find(standby.address()) != std::string::npos);
    CHECK_FALSE(either.ping());
    CHECK(either.connection->role() == postgres_role::primary);
    CHECK(open_with("primary", standby).kind == failure_kind::none);
}

TEST_CASE("a promotion during a lease is noticed when it ends") {
    if (!have_postgres()) return;
    postgres_cluster cluster;
    postgres_server& primary = cluster.add_primary();
    postgres_server& standby = cluster.add_replica(primary);
    live_session reader(standby, "target_session_attrs=standby");
    standby.promote();
    reader.connection->query("select 1");
    CHECK(reader.inspect(reset_mode::full).why.kind == failure_kind::wrong_role);
}

TEST_CASE("(h) 25006 on a server that became read-only is a wrong role when writes are wanted") {
    if (!have_postgres()) return;
    postgres_cluster cluster;
    postgres_server& server = cluster.add_primary();
    live_session writer(server, "target_session_attrs=read-write");
    live_session any(server);
    for (live_session* session : {&writer, &any}) session->connection->query("create temp table t (i int)");
    server.sql("alter system set default_transaction_read_only = on");
    server.sql("select pg_reload_conf()");
    eventually("the server is read-only",
               [&] { return writer.cell("show default_transaction_read_only") == "on"; });
    for (live_session* session : {&writer, &any}) {
        eventually("the session is read-only",
                   [&] { return session->cell("show transaction_read_only") == "on"; });
        try {
            session->connection->query("create table refused (i int)");
            FAIL("no error");
        } catch (const postgres_error& problem) {
            CHECK(problem.sqlstate() == "25006");
        }
    }
    for (live_session* session : {&writer, &any}) {
        const return_state state = session->inspect(reset_mode::full);
        CHECK_FALSE(state.why);
        CHECK(state.role_doubtful);
        CHECK(state.needs_reset);
    }
    CHECK(writer.reset(reset_mode::full).kind == failure_kind::wrong_role);
    CHECK(writer.ping().kind == failure_kind::wrong_role);
    CHECK_FALSE(any.reset(reset_mode::full));
    CHECK(open_with("read-write", server).kind == failure_kind::wrong_role);
    CHECK(open_with("read-only", server).kind == failure_kind::none);
}

TEST_CASE("25006 in a session that its user made read-only says nothing about the server") {
    if (!have_postgres()) return;
    live_session session(shared_server(), "target_session_attrs=read-write");
    session.connection->query("set default_transaction_read_only = on");
    CHECK_THROWS_AS(session.connection->query("create table refused (i int)"), postgres_error);
    const return_state state = session.inspect(reset_mode::full);
    CHECK_FALSE(state.why);
    CHECK(state.needs_reset);
    CHECK_FALSE(session.reset(reset_mode::full));
    CHECK_FALSE(session.ping());
}

TEST_CASE("25006 in a transaction that the user made read-only says nothing about the server") {
    if (!have_postgres()) return;
    live_session session(shared_server(), "target_session_attrs=read-write");
    session.connection->query("begin read only");
    CHECK_THROWS_AS(session.connection->query("create table refused (i int)"), postgres_error);
    const return_state state = session.inspect(reset_mode::full);
    CHECK_FALSE(state.why);
    CHECK(state.needs_reset);
    CHECK_FALSE(session.reset(reset_mode::full));
}

TEST_CASE("(h) a pool that wants writes leaves a server that became read-only, whatever the reset") {
    if (!have_postgres()) return;
    postgres_cluster cluster;
    postgres_server& server = cluster.add_primary();
    const std::string mode = GENERATE("full", "rollback");
    CAPTURE(mode);
    pool<postgres> writers(conninfo(
        server,
        "target_session_attrs=read-write pool_acquire_timeout=1s pool_max_conns=2 pool_reset=" + mode));
    writers.acquire()->query("create table taken (i int)");
    server.sql("alter system set default_transaction_read_only = on");
    server.sql("select pg_reload_conf()");
    std::string refused;
    eventually("nobody is served", [&] {
        try {
            writers.acquire()->query("create table refused (i int)");
        } catch (const postgres_error& problem) {
            CHECK(problem.sqlstate() == "25006");
        } catch (const error& problem) {
            refused = problem.what();
        }
        return !refused.empty();
    });
    CHECK(refused.find("the server is a read-only primary") != std::string::npos);
}

}  // namespace
}  // namespace podpool::test
