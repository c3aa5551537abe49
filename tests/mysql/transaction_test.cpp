// SPDX-License-Identifier: BSL-1.0
// A COMMIT says whether anything was committed.
#include "live.hpp"

#include <podpool/errc.hpp>

#include <boost/asio/use_future.hpp>

#include <future>
#include <memory>
#include <string>

namespace podpool::test {
namespace {

using Catch::Matchers::ContainsSubstring;

/// The error of a statement; none: code() is 0.
mysql_error error_of(live_session& session, const std::string& sql) {
    try {
        session.connection->query(sql);
    } catch (const mysql_error& failed) {
        return failed;
    }
    return {boost::system::error_code(), {}};
}

/// A server on which a lock that takes longer than a second rolls the transaction back, or only the
/// statement.
class impatient_server {
public:
    explicit impatient_server(bool rolls_back) : cluster_(settings(rolls_back)) {
        server().sql("create table t (i int primary key, v int) engine = innodb; insert into t values (1, 0)",
                     "shop");
    }
    [[nodiscard]] mysql_server& server() { return *cluster_.servers().front(); }

private:
    static mysql_cluster_settings settings(bool rolls_back) {
        mysql_cluster_settings made;
        made.configuration = {"innodb_lock_wait_timeout = 1",
                              std::string("innodb_rollback_on_timeout = ") + (rolls_back ? "ON" : "OFF")};
        return made;
    }

    mysql_cluster cluster_;
    mysql_server& first_ = cluster_.add_primary();
};

/// Has another session hold row 1, and the session wait for it in a transaction of its own.
void wait_for_lock(live_session& session, live_session& holder, const std::string& begin) {
    holder.connection->query("begin");
    holder.connection->query("update t set v = v + 1 where i = 1");
    session.connection->query(begin);
    session.connection->query("insert into t values (2, 0)");
    CHECK(error_of(session, "update t set v = v + 1 where i = 1").number() == 1205);
    holder.connection->query("rollback");
}

TEST_CASE("COMMIT throws when the server has rolled the transaction back for a lock that took too long") {
    if (!have_mysql()) return;
    impatient_server impatient(true);
    live_session session(impatient.server());
    live_session holder(impatient.server());
    SECTION("of a transaction that was begun") { wait_for_lock(session, holder, "begin"); }
    SECTION("of one that begins by itself") { wait_for_lock(session, holder, "set autocommit = 0"); }
    // A statement that works in between doesn't change it.
    session.connection->query("select 1");
    const mysql_error lie = error_of(session, "commit");
    CHECK(lie.code() == errc::transaction_rolled_back);
    CHECK(lie.number() == 1205);
    CHECK(lie.sqlstate() == "HY000");
    CHECK_FALSE(lie.outcome_unknown());
    CHECK_THAT(std::string(lie.what()), ContainsSubstring("nothing was committed"));
    CHECK(holder.cell("select count(*) from t") == "1");
    // Said once; the session goes on.
    CHECK_FALSE(error_of(session, "commit").code());
    session.connection->query("begin");
    session.connection->query("insert into t values (3, 0)");
    CHECK_FALSE(error_of(session, "COMMIT WORK").code());
    CHECK(holder.cell("select count(*) from t") == "2");
}

TEST_CASE("whoever ends a transaction otherwise than by COMMIT hears nothing of it") {
    if (!have_mysql()) return;
    impatient_server impatient(true);
    live_session session(impatient.server());
    live_session holder(impatient.server());
    wait_for_lock(session, holder, "begin");
    SECTION("ROLLBACK") { CHECK_FALSE(error_of(session, "rollback").code()); }
    SECTION("another BEGIN") { CHECK_FALSE(error_of(session, "start transaction").code()); }
    SECTION("the end of the lease") { CHECK_FALSE(session.inspect(reset_mode::full).needs_reset); }
    CHECK_FALSE(error_of(session, "commit").code());
}

TEST_CASE("COMMIT tells it to coroutines, to COMMIT AND CHAIN and to leases that prepare their statements") {
    if (!have_mysql()) return;
    impatient_server impatient(true);
    live_session session(impatient.server());
    live_session holder(impatient.server());
    holder.connection->query("begin");
    holder.connection->query("update t set v = v + 1 where i = 1");
    session.connection->query("begin");
    CHECK_THROWS_AS(session.connection->query("update t set v = ? where i = ?", 5, 1), mysql_error);
    auto done = session.connection->async_query("/* the end */ commit and chain", boost::asio::use_future);
    session.context.restart();
    session.context.run();
    try {
        done.get();
        FAIL("nothing was thrown");
    } catch (const mysql_error& lie) {
        CHECK(lie.code() == errc::transaction_rolled_back);
    }
    // The chained one is open.
    CHECK(session.inspect(reset_mode::full).needs_reset);
}

TEST_CASE("COMMIT commits what a failed statement has left of a transaction") {
    if (!have_mysql()) return;
    impatient_server impatient(false);
    live_session session(impatient.server());
    live_session holder(impatient.server());
    SECTION("a lock that took too long") { wait_for_lock(session, holder, "begin"); }
    SECTION("a duplicate") {
        session.connection->query("begin");
        session.connection->query("insert into t values (2, 0)");
        CHECK(error_of(session, "insert into t values (1, 0)").number() == 1062);
    }
    SECTION("a user's own words") {
        session.connection->query("begin");
        session.connection->query("insert into t values (2, 0)");
        CHECK(error_of(session, "signal sqlstate '40001' set mysql_errno = 1213").number() == 1213);
    }
    SECTION("a statement that commits by itself") {
        session.connection->query("begin");
        session.connection->query("insert into t values (2, 0)");
        session.connection->query("create table other (i int)");
    }
    CHECK_FALSE(error_of(session, "commit").code());
    CHECK(holder.cell("select count(*) from t") == "2");
}

TEST_CASE("COMMIT throws after a deadlock, at the session that lost it") {
    if (!have_mysql()) return;
    live_session one(shared_server());
    live_session other(shared_server());
    one.connection->query("create or replace table crossed (i int primary key, v int) engine = innodb");
    one.connection->query("insert into crossed values (1, 0), (2, 0)");
    one.connection->query("begin");
    one.connection->query("update crossed set v = 1 where i = 1");
    other.connection->query("begin");
    other.connection->query("update crossed set v = 2 where i = 2");
    auto blocked = std::async(
        std::launch::async, [&] { return error_of(other, "update crossed set v = 2 where i = 1").number(); });
    const int mine = error_of(one, "update crossed set v = 1 where i = 2").number();
    // The one that didn't lose waits for the other's end, which the deadlock has brought.
    const int its = blocked.get();
    CHECK(mine + its == 1213);
    CHECK((error_of(one, "commit").code() == errc::transaction_rolled_back) == (mine == 1213));
    CHECK((error_of(other, "commit").code() == errc::transaction_rolled_back) == (its == 1213));
    CHECK(one.cell("select count(distinct v) from crossed") == "1");
    one.connection->query("drop table crossed");
}

TEST_CASE("a result tells the id that the server gave to a new row") {
    if (!have_mysql()) return;
    live_session session(shared_server());
    mysql_connection& connection = *session.connection;
    connection.query("create temporary table born (id bigint unsigned auto_increment primary key, v int)");
    CHECK(connection.query("insert into born (v) values (1)").last_insert_id() == 1);
    CHECK(connection.query("insert into born (v) values (?), (?)", 2, 3).last_insert_id() == 2);
    CHECK(connection.query("replace into born (v) values (4)").last_insert_id() == 4);
    // None was generated; what the session remembers of an earlier statement is no answer.
    CHECK(connection.query("update born set v = 0").last_insert_id() == 0);
    CHECK(connection.query("update born set v = ?", 5).last_insert_id() == 0);
    CHECK(connection.query("select * from born").last_insert_id() == 0);
    CHECK(connection.query("select * from born where id = ?", 1).last_insert_id() == 0);
    CHECK(connection.query("do 0").last_insert_id() == 0);
    CHECK(connection.query("update born set v = last_insert_id(77) where id = 1").last_insert_id() == 77);
    connection.query("alter table born auto_increment = 18446744073709551614");
    CHECK(connection.query("insert into born (v) values (6)").last_insert_id() == 18446744073709551614U);
    CHECK(mysql_result().last_insert_id() == 0);
}

}  // namespace
}  // namespace podpool::test
