// SPDX-License-Identifier: BSL-1.0
#include "session_trace.hpp"
#include "support/catch.hpp"

#include <string_view>

namespace podpool::detail {
namespace {

using enum session_trace;

void check_all(session_trace expected, std::initializer_list<std::string_view> statements) {
    for (const std::string_view sql : statements) {
        CAPTURE(sql);
        CHECK(trace_of(sql) == expected);
    }
}

TEST_CASE("statements on data and definitions leave nothing") {
    check_all(nothing, {
                           "",
                           "   ",
                           "-- only a comment",
                           "select 1",
                           "SELECT * FROM t WHERE i = ? FOR UPDATE",
                           " \n\t(select 1) union (select 2)",
                           "/* traced */ select 1",
                           "-- note\n select 1",
                           "# note\n select 1",
                           "with x as (select 1) select * from x",
                           "insert into t values ('a@b.example')",
                           "insert into t select @@version",
                           "update t set a = @x",
                           "replace into t values (1)",
                           "delete from t",
                           "show tables",
                           "explain select 1",
                           "create table t (i int)",
                           "alter table t add j int",
                           "drop table t",
                           "truncate t",
                           "savepoint a",
                           "release savepoint a",
                           "rollback to savepoint a",
                           "ROLLBACK WORK TO a",
                           "do sleep(0)",
                       });
}

TEST_CASE("what begins and ends a transaction is told") {
    check_all(begins,
              {"begin", "BEGIN WORK", "start transaction", "start transaction with consistent snapshot",
               "start transaction read write", "commit and chain", "rollback and chain"});
    check_all(begins_ro, {"start transaction read only", "START  TRANSACTION /* x */ READ ONLY"});
    check_all(ends, {"commit", "COMMIT WORK", "rollback", "rollback work;", "commit and no chain",
                     "commit no release", "commit and no chain no release", "/* x */ commit -- y"});
    check_all(lasting, {"commit release", "rollback and no chain release"});
}

TEST_CASE("whatever isn't known to be harmless counts as lasting") {
    check_all(lasting, {
                           "set @x = 1",
                           "set names latin1",
                           "SET autocommit = 0",
                           "use other",
                           "select @x := 1",
                           "select 1 into @x",
                           "select 1 INTO\n\t@x",
                           "select 1 into /* hidden */ @x",
                           "select get_lock('a', 1)",
                           "select GET_LOCK ('a', 1)",
                           "create temporary table t (i int)",
                           "drop temporary table t",
                           "create or replace temporary table t (i int)",
                           "lock tables t read",
                           "flush tables with read lock",
                           "prepare s from 'select 1'",
                           "execute s",
                           "call p()",
                           "handler t open",
                           "xa start 'x'",
                           "drop database shop",
                           "DROP SCHEMA shop",
                           "load data infile 'x' into table t (@a)",
                           "/*! set @x = 1 */",
                           "select /*!40001 1, */ 2",
                           "/*M!100100 set @x = 1*/",
                           "begin not atomic set @x = 1; end",
                           "start slave",
                           "nonsense",
                           "'",
                           "@",
                       });
}

TEST_CASE("the classifier survives any text") {
    for (const std::string_view sql :
         {"/*", "/", "--", "(", "((((", "into", "into ", "select 1 into", "\0", "/**/"}) {
        CAPTURE(sql);
        static_cast<void>(trace_of(sql));
        static_cast<void>(counts_rows(sql));
    }
    CHECK(counts_rows(" /* x */ INSERT into t values (1)"));
    CHECK(counts_rows("with x as (select 1) delete from t"));
    CHECK_FALSE(counts_rows("call p()"));
    CHECK_FALSE(counts_rows("select 1"));
}

TEST_CASE("a COMMIT is told from what else ends a transaction") {
    for (const char* sql : {"commit", "COMMIT WORK", " /* x */ commit and chain", "commit release"}) {
        CAPTURE(sql);
        CHECK(commits(sql));
    }
    for (const char* sql : {"rollback", "begin", "committed", "", "select 'commit'"}) {
        CAPTURE(sql);
        CHECK_FALSE(commits(sql));
    }
}

}  // namespace
}  // namespace podpool::detail
