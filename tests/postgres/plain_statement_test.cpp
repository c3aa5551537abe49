// SPDX-License-Identifier: BSL-1.0
#include "plain_statement.hpp"
#include "support/catch.hpp"

#include <string>
#include <string_view>

namespace podpool::detail {
namespace {

bool plain(std::string_view sql) { return leaves_nothing(sql, true); }

TEST_CASE("queries and changes of rows are plain") {
    for (const std::string_view sql : {
             "select 1",
             "SELECT a.b, \"c\" FROM s.t a WHERE a.b = $1 ORDER BY 1 LIMIT 5 FOR UPDATE SKIP LOCKED",
             "(select 1) union all (values (1), (2)) order by 1",
             "table t",
             "values (1, 'a'), ($1, $2)",
             "insert into t (a, b) values ($1, $2)",
             "insert into t(a,b) values($1,$2) returning id",
             "insert into s.\"T\" as x (\"a\", b) overriding system value select a, b from u",
             "insert into t values (default, 'into (')",
             "insert into t default values",
             "insert into t (select a from u)",
             "insert into t (a) with x as (select 1) select * from x",
             "insert into t (a) values (1) on conflict (a) do update set a = excluded.a, b = t.b + 1",
             "insert into t (a) values (1) on conflict (lower(a)) do nothing",
             "insert into t (a) values (1) on conflict do nothing",
             "insert into t (a) values (1) on conflict on constraint k do update set (a, b) = (1, 2)",
             "update t set a = a + $1 where b = $2",
             "update only s.t * as x set (a, b) = (select 1, 2) from u where x.a = u.a returning *",
             "UPDATE \"t\" \"x\" SET \"a\" = 1",
             "delete from t where a in (1, 2) returning *",
             "delete from only (t) using u where t.a = u.a",
             "merge into t using u on t.a = u.a when matched then update set b = u.b "
             "when not matched then insert (a, b) values (u.a, u.b)",
             "merge into t using u on t.a = u.a when matched then delete when not matched then insert values "
             "(1)",
             "select t.a from pg_settings t",
         }) {
        CAPTURE(sql);
        CHECK(plain(sql));
    }
}

TEST_CASE("queries that are named by WITH are read like others") {
    CHECK(plain("with x as (select 1) select * from x"));
    CHECK(plain("with recursive x(a, b) as (select 1, 2 union all select a + 1, b from x) select * from x"));
    CHECK(
        plain("with x as materialized (table t), y(a) as not materialized (delete from t returning a) "
              "insert into u select * from y"));
    CHECK(plain("with recursive as (select 1) select 2"));
    CHECK(plain("with x as (insert into t (a) values (1) returning a) select a from x"));
    CHECK(plain("select * from (with x (a) as (select 1) select a from x) y"));
    CHECK(plain("with x as ((select 1) union (select 2)) (select * from x)"));
    CHECK_FALSE(plain("with x as (select nextval('s')) select * from x"));
    CHECK_FALSE(plain("with x as (select 1) select * into t from x"));
    CHECK_FALSE(plain("with x(a) as (f(1)) select 1"));
    CHECK_FALSE(plain("with x as (select 1)"));
    CHECK_FALSE(plain("with x as (select 1) select f(1)"));
    CHECK_FALSE(plain("with x as (select 1), f(a) as (select f(1)) select 1"));
    CHECK_FALSE(plain("with x as (notify x) select 1"));
}

TEST_CASE("what ends with the transaction is plain") {
    for (const std::string_view sql : {
             "begin",
             "BEGIN WORK",
             "begin isolation level serializable, read only",
             "start transaction",
             "start transaction read write",
             "commit",
             "COMMIT AND CHAIN",
             "end",
             "rollback",
             "abort work",
             "savepoint a",
             "savepoint \"a\"",
             "release a",
             "release savepoint a",
             "rollback to a",
             "rollback to savepoint a",
             "set local a = 1",
             "set local a.b to 'c', \"d\"",
             "set local time zone 'UTC'",
             "set local role r",
             "set transaction isolation level repeatable read",
             "set transaction snapshot '1-2'",
             "set constraints all deferred",
             "lock t",
             "lock table only s.t, u in share mode nowait",
             "notify a",
             "notify a, 'b'",
             "show a",
             "show all",
         }) {
        CAPTURE(sql);
        CHECK(plain(sql));
    }
}

TEST_CASE("whatever may stay in the session isn't plain") {
    for (const std::string_view sql : {
             "set a = 1",
             "set a to 1",
             "set session a = 1",
             "set role r",
             "set time zone 'UTC'",
             "set names 'x'",
             "set session authorization r",
             "set session characteristics as transaction read only",
             "set local session characteristics as transaction read only",
             "set local.a = 1",
             "set local = 1",
             "set local to 1",
             "set transaction.a = 1",
             "set transaction to 1",
             "set constraints.a = 1",
             "set \"local\" a = 1",
             "set local seed = 0.5",
             "set local \"seed\" = 0.5",
             "set local U&\"seed\" = 0.5",
             "set",
             "set local",
             "reset a",
             "reset all",
             "discard all",
             "prepare a as select 1",
             "prepare transaction 'a'",
             "commit prepared 'a'",
             "rollback prepared 'a'",
             "execute a",
             "deallocate a",
             "deallocate all",
             "listen a",
             "unlisten a",
             "unlisten *",
             "create temp table t (a int)",
             "create temporary table t as select 1",
             "create table t (a int)",
             "create table t as execute a",
             "create view v as select 1",
             "create function f() returns int "
             "language sql begin atomic; select 1; end",
             "drop table t",
             "alter table t add a int",
             "truncate t",
             "select 1 into t",
             "select 1 into temp t",
             "select * into temp table t from u",
             "select 1 INTO t",
             "select 1 as insert into temp t",
             "select 1 insert into temp t",
             "select (1) insert into temp t",
             "select a.into from a",
             "declare a cursor for select 1",
             "declare a cursor with hold for select 1",
             "fetch a",
             "move a",
             "close a",
             "close all",
             "do 'begin end'",
             "do $$begin end$$",
             "call p()",
             "copy t from stdin",
             "copy t to stdout",
             "load 'x'",
             "vacuum",
             "analyze",
             "cluster",
             "checkpoint",
             "explain execute a",
             "explain create table t as select 1",
             "explain declare a cursor for select 1",
             "explain analyze select nextval('s')",
             "update pg_settings set setting = 'x'",
             "update pg_catalog.pg_settings x set setting = 'x'",
             "update \"pg_settings\" set setting = 'x'",
             "update U&\"pg_settings\" set setting = 'x'",
             "start",
             "start replication",
             "what",
             "1",
             "'a'",
             "\"a\"",
             "select (7).pg_advisory_lock",
             "select (7) . /* a comment */ pg_advisory_lock",
             "select (array[7])[1].pg_advisory_lock",
             "select ($1).pg_try_advisory_lock",
             "select $1.nextval",
             "select ('s'::regclass).nextval",
             "select ('select set_config(''a.b'', ''c'', false)'::text).ts_stat",
             "select (b).c from t",
             "select (b).\"c\" from t",
             "select x.pg_advisory_lock from generate_series(7, 7) x",
             "select x.PG_Advisory_Lock_Shared from generate_series(7, 7) x",
             "select x.\"pg_advisory_lock\" from generate_series(7, 7) x",
             "select pg_catalog.pg_advisory_lock from generate_series(7, 7) pg_catalog",
             "insert into t select x.lo_creat from generate_series(1, 1) x",
             "update t set a = 1 where t.id.nextval = 1",
             "delete from t returning t.id, t.setseed",
             "set local client_encoding = sjis",
             "set local names 'sjis'",
             "set local Client_Encoding to sjis",
             "select * from pg_temp.t",
             "select * from PG_TEMP_3.t",
             "select * from \"pg_temp\".t",
             "insert into pg_temp.t values (1)",
             "update pg_temp.t set a = 1",
             "merge into pg_temp.t using u on a",
             "select U&\"a\" from t",
             "insert into U&\"a\" values (1)",
         }) {
        CAPTURE(sql);
        CHECK_FALSE(plain(sql));
    }
}

TEST_CASE("EXPLAIN is as plain as what it explains") {
    CHECK(plain("explain select 1"));
    CHECK(plain("explain analyze verbose update t set a = 1"));
    CHECK(plain("explain (analyze, buffers false, format 'json') select count(*) from t"));
    CHECK(plain("EXPLAIN (COSTS OFF) WITH x AS (SELECT 1) TABLE x"));
    CHECK_FALSE(plain("explain (analyze) execute a"));
    CHECK_FALSE(plain("explain (select f(1))"));
    CHECK_FALSE(plain("explain (analyze f(1)) select 1"));
    CHECK_FALSE(plain("explain (analyze"));
    CHECK_FALSE(plain("explain begin"));
    CHECK_FALSE(plain("explain"));
}

TEST_CASE("calls are plain if the function is known to leave nothing") {
    for (const std::string_view sql : {
             "select now(), count(*), COALESCE(max(a), 0), nullif(a, b) from t",
             "select pg_catalog.now(), PG_CATALOG . Lower ( 'A' )",
             "select \"count\"(*), \"now\"() from t",
             "select pg_catalog.\"lower\"('A')",
             "select pg_advisory_xact_lock($1), pg_try_advisory_xact_lock(1, 2), pg_notify('a', 'b')",
             "select * from generate_series(1, 3)",
             "select current_setting('a.b', true), pg_backend_pid(), gen_random_uuid(), pg_sleep(0)",
             "select jsonb_build_object('a', to_jsonb(t)) from t",
             "select cast(a as numeric(10, 2)), extract(epoch from now()), trim(both ' ' from a), "
             "substring(a from 1 for 2), position('a' in b), overlay(a placing b from 1) from t",
             "select a[abs(1)], b.c, s.t.c, t.settings, (b).* from t",
             "select collation for ('a'), left(a, 1), right(a, 2) from t",
         }) {
        CAPTURE(sql);
        CHECK(plain(sql));
    }
    for (const std::string_view sql : {
             "select f(1)",
             "select public.f(1)",
             "select public.now()",
             "select a.pg_catalog.now()",
             "select set_config('a', 'b', false)",
             "select pg_catalog.set_config('a', 'b', false)",
             "select SET_CONFIG('a', 'b', true)",
             "select \"set_config\"('a', 'b', false)",
             "select set_config /* ( */ ('a', 'b', false)",
             "select set_config -- (\n('a', 'b', false)",
             "select U&\"set_config\"('a', 'b', false)",
             "select \"Count\"(*)",
             "select \"count \"(*)",
             "select nextval('s')",
             "select setval('s', 1)",
             "select currval('s')",
             "select lastval()",
             "select pg_advisory_lock(1)",
             "select pg_try_advisory_lock(1)",
             "select pg_advisory_unlock_all()",
             "select setseed(0.1)",
             "select query_to_xml('select 1', true, true, '')",
             "select ts_rewrite(a, b)",
             "select * from ts_stat('select 1')",
             "select dblink('a', 'b')",
             "select lo_import('a')",
             "select treat('s' as nextval)",
             "select 1 operator(pg_catalog.+) f(1)",
             "select \"a\" operator(pg_catalog.+) f(1) from t",
             "select count(*) operator(pg_catalog.+) f(1)",
             "select s.select(1)",
             "select s.in(1)",
             "select a from t where f(a)",
             "select a from f(1) as a",
             "select 1 from t order by f(1)",
             "select a[f(1)] from t",
             "select (a).f(1)",
             "select a from t as x (1).f(1)",
             "select a[1:f(2)] from t",
             "insert into t values (f(1))",
             "insert into t (a) values (1) returning f(1)",
             "insert into t select f(1)",
             "insert into t (a) values (1) on conflict (a) do update set a = f(1)",
             "insert into t (a) values (1) on conflict (f(a)) do nothing",
             "update t set a = f(1)",
             "update t set a = 1 where f(a)",
             "delete from t using f(1) where true",
             "merge into t using f(1) on true when matched then delete",
             "select xmlelement(name a, f(1))",
         }) {
        CAPTURE(sql);
        CHECK_FALSE(plain(sql));
    }
}

TEST_CASE("words that the grammar has before parentheses are told from functions of their name") {
    for (const std::string_view sql : {
             "select a from t where b in (1, 2) and (c = any ($1) or not (d)) and exists (select 1)",
             "select sum(a) over (partition by (b) order by (c)), rank() over (order by a), "
             "count(*) filter (where a > 1) over (w), mode() within group (order by a) from t window w as "
             "(order by a)",
             "select a from t group by (a), b having (a > 1) order by (a)",
             "select a from t group by grouping sets ((a), ())",
             "select distinct (a) from t",
             "select distinct on (a) a, lower(b) from t",
             "select a::numeric(10, 2), b::character varying(3), '1'::pg_catalog.varchar(3), "
             "c::public.vector(3) from t",
             "select cast(a as bit varying(3)), cast(b as vector(3)) from t",
             "select timestamp(3) with time zone '2001-01-01', interval(3) '1 second', current_timestamp(3)",
             "select * from t join (select 1 as a) u on (t.a = u.a) left join lateral (select 2) v on true",
             "select * from t as u(a, b), unnest($1::int[], $2::text[]) with ordinality as v(a, b, n)",
             "select * from unnest($1) with ordinality v(a, n), (values (1, 2)) w(a, b), generate_series(1, "
             "2) x(a)",
             "select * from \"t\" u(a), \"u\" \"v\"(\"a\")",
             "select * from rows from (unnest($1), generate_series(1, 2)) as x(a, b)",
             "select * from json_to_recordset($1) as x(a int, b numeric(3, 1))",
             "select * from t tablesample system (10) repeatable (1)",
             "select \"a\" ilike ('%' || $1 || '%'), $1 ilike (b) from t",
             "select a between (1) and (2), a like ('b'), a similar to ('c'), row (1, 2) = (1, 2) from t "
             "limit (1)",
             "select case when (a) then (b) else (c) end from t union (select 1) except (select 2)",
         }) {
        CAPTURE(sql);
        CHECK(plain(sql));
    }
    for (const std::string_view sql : {
             "select over(1)",
             "select filter(1)",
             "select by(1)",
             "select sets(1)",
             "select set(1)",
             "select varying(1)",
             "select conflict(1)",
             "select insert(1)",
             "select system(1)",
             "select ordinality(1)",
             "select join(1)",
             "select join(values)",
             "select join(delete)",
             "select join((select 1))",
             "select a from t join u on conflict(1)",
             "select a from t join u on conflict(1) where true",
             "select case when true then insert(1) end",
             "select case when true then insert(1) else 2 end",
             "select distinct on (a) f(b) from t",
             "select distinct on ((a)) f(b) from t",
             "select distinct on (a) over (b) from t",
             "select all f(1)",
             "select ilike(1, 2)",
             "select * from t u(a)",
             "select rollup(1)",
             "select cube(1)",
             "select first(a) from t",
             "select a from t where true and f(1)",
             "select a from t limit f(1)",
             "insert into t values (1) returning with (old as o) f(1)",
             "select * from unnest(f(1)) as u(a)",
             "select a::numeric(f(1)) from t",
         }) {
        CAPTURE(sql);
        CHECK_FALSE(plain(sql));
    }
}

TEST_CASE("several statements are plain if all are") {
    CHECK(plain(""));
    CHECK(plain(" ; ;\n-- nothing\n/* at /* all */ */"));
    CHECK(plain("select 1;"));
    CHECK(plain("begin; select 1; update t set a = 1;; commit"));
    CHECK_FALSE(plain("select 1; set a = 1"));
    CHECK_FALSE(plain("set a = 1; select 1"));
    CHECK_FALSE(plain("select 1;; select f(1); select 2"));
    CHECK_FALSE(plain("select (1; set a = 1)"));
    CHECK_FALSE(plain("select 1) ; select (2"));
    CHECK_FALSE(plain("begin; set local a = 1; commit; reset all"));
    CHECK_FALSE(plain(std::string_view("select 1 -- \0\n", 14)));
}

TEST_CASE("what stands in quotes and comments isn't read, and quotes end where the server ends them") {
    CHECK(plain("select 'a; set b = 1; select f(1) into c'"));
    CHECK(plain("select $$ f(1) ; set a = 1 $$, $x$ into $$ $x$, 1"));
    CHECK(plain("select \"set\", \"into\", \"a(\" from t -- into f(1)\n /* f(1) /* ; */ */"));
    CHECK(plain(R"(select '\', 1)"));
    CHECK_FALSE(plain("select 'a"));
    CHECK_FALSE(plain("select \"a"));
    CHECK_FALSE(plain("select $$a"));
    CHECK_FALSE(plain("select 1 /* a"));
    CHECK_FALSE(plain("begin 'a"));
    CHECK_FALSE(plain("lock pg_temp.t"));
    CHECK_FALSE(plain("show \"a"));
    // A backslash may escape the quote: then the string ends later, and other words are statements.
    const std::string_view depends = R"(select '\'; set a = 1; --')";
    CHECK_FALSE(leaves_nothing(depends, true));
    CHECK(leaves_nothing(depends, false));
    const std::string_view other = R"(select '\' || 'f(1); set a = 1')";
    CHECK(leaves_nothing(R"(select '\' || ' ; set a = 1; ')", true));
    CHECK_FALSE(leaves_nothing(R"(select '\' || ' ; set a = 1; ')", false));
    CHECK(leaves_nothing(other, true));
    CHECK_FALSE(leaves_nothing(other, false));
}

TEST_CASE("parentheses are read to a depth that no program needs") {
    const auto nested = [](std::size_t depth) {
        return "select " + std::string(depth, '(') + "1" + std::string(depth, ')');
    };
    CHECK(plain(nested(50)));
    CHECK_FALSE(plain(nested(51)));
    CHECK_FALSE(plain(nested(100'000)));
    CHECK_FALSE(plain("select (1"));
    CHECK_FALSE(plain("select 1)"));
    CHECK_FALSE(plain("explain select 1)"));
}

}  // namespace
}  // namespace podpool::detail
