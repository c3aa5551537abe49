// SPDX-License-Identifier: BSL-1.0
#include "live.hpp"

#include <string>

namespace podpool::test {
namespace {

/// A primary and its replica for all tests of this file.
mysql_cluster& pair() {
    static mysql_cluster cluster;
    if (cluster.servers().empty()) cluster.add_replica(cluster.add_primary());
    return cluster;
}

TEST_CASE("target_session_attrs takes the servers that it names") {
    if (!have_mysql()) return;
    mysql_server& primary = *pair().servers()[0];
    mysql_server& replica = *pair().servers()[1];
    struct row {
        const char* attrs;
        bool takes_primary;
        bool takes_replica;
    };
    for (const row& expected :
         {row{"any", true, true}, row{"read-write", true, false}, row{"read-only", false, true},
          row{"primary", true, false}, row{"standby", false, true}, row{"prefer-standby", true, true}}) {
        CAPTURE(expected.attrs);
        live_session session(conninfo(primary, std::string("target_session_attrs=") + expected.attrs));
        const auto on_primary = session.open(primary);
        const auto on_replica = session.open(replica);
        CHECK((on_primary.connection != nullptr) == expected.takes_primary);
        CHECK((on_replica.connection != nullptr) == expected.takes_replica);
        if (on_primary.connection) CHECK(on_primary.connection->role() == mysql_role::primary);
        if (on_replica.connection) CHECK(on_replica.connection->role() == mysql_role::standby);
        if (!expected.takes_replica) {
            CHECK(on_replica.why.kind == failure_kind::wrong_role);
            CHECK(on_replica.why.message.find(
                      "the server is read-only (a standby) and target_session_attrs is ") !=
                  std::string::npos);
        }
    }
}

TEST_CASE("a statement refused as read-only takes the endpoint out of the read-write set") {
    if (!have_mysql()) return;
    mysql_server& primary = *pair().servers()[0];
    live_session session(primary, "target_session_attrs=read-write");
    live_session indifferent(primary);
    session.connection->query("create table if not exists written (i int)");
    const auto write = [](live_session& writer) {
        try {
            writer.connection->query("insert into written values (?)", 1);
            return 0;
        } catch (const mysql_error& problem) {
            return problem.number();
        }
    };
    CHECK(write(session) == 0);
    primary.sql("set global read_only = 1");
    CHECK(write(session) == 1290);
    CHECK(write(indifferent) == 1290);
    const return_state state = session.inspect(reset_mode::full);
    CHECK(state.why.kind == failure_kind::wrong_role);
    CHECK(state.why.message.find("ERROR 1290") != std::string::npos);
    CHECK_FALSE(indifferent.inspect(reset_mode::full).why);
    primary.sql("set global read_only = 0");
}

TEST_CASE("a transaction that its user made read-only says nothing about the server") {
    if (!have_mysql()) return;
    live_session session(*pair().servers()[0], "target_session_attrs=read-write");
    session.connection->query("create table if not exists written (i int)");
    session.connection->query("start transaction read only");
    try {
        session.connection->query("insert into written values (1)");
        FAIL("no error");
    } catch (const mysql_error& problem) {
        CHECK(problem.number() == 1792);
    }
    CHECK_FALSE(session.inspect(reset_mode::full).why);
}

TEST_CASE("a ping notices that a server has become read-only, and that it no longer is") {
    if (!have_mysql()) return;
    mysql_server& primary = *pair().servers()[0];
    live_session session(primary, "target_session_attrs=primary");
    CHECK_FALSE(session.ping());
    primary.sql("set global read_only = 1");
    const failure why = session.ping();
    CHECK(why.kind == failure_kind::wrong_role);
    CHECK(session.connection->role() == mysql_role::standby);
    primary.sql("set global read_only = 0");
    CHECK_FALSE(session.ping());
    CHECK(session.connection->role() == mysql_role::primary);
}

}  // namespace
}  // namespace podpool::test
