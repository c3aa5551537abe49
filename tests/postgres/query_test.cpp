// SPDX-License-Identifier: BSL-1.0
#include "live.hpp"

#include <podpool/errc.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::test {
namespace {

using Catch::Matchers::ContainsSubstring;

constexpr std::size_t first = 0;

template <class T>
T round_trip(live_session& session, const T& value) {
    return session.connection->query("select $1", value).template get<T>(0, first);
}

template <class T>
void check_limits(live_session& session) {
    using limits = std::numeric_limits<T>;
    for (const T value : {limits::min(), T{0}, T{1}, limits::max()})
        CHECK(round_trip(session, value) == value);
}

TEST_CASE("integers of every size go to the server and come back at their limits") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    check_limits<std::int8_t>(session);
    check_limits<std::uint8_t>(session);
    check_limits<std::int16_t>(session);
    check_limits<std::uint16_t>(session);
    check_limits<std::int32_t>(session);
    check_limits<std::uint32_t>(session);
    check_limits<std::int64_t>(session);
    check_limits<std::uint64_t>(session);
    CHECK(session.cell("select pg_typeof($1)", 1) == "integer");
    CHECK(session.cell("select pg_typeof($1)", std::int64_t{-1}) == "bigint");
    CHECK(session.cell("select pg_typeof($1)", std::numeric_limits<std::uint64_t>::max()) == "numeric");
}

TEST_CASE("floating point goes to the server and comes back to the last bit") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    using limits = std::numeric_limits<double>;
    for (const double value : {0.1, -0.0, 1.0 / 3, limits::max(), limits::lowest(), limits::min(),
                               limits::denorm_min(), limits::infinity(), -limits::infinity()}) {
        CHECK(round_trip(session, value) == value);
    }
    CHECK(std::signbit(round_trip(session, -0.0)));
    CHECK(std::isnan(round_trip(session, limits::quiet_NaN())));
    CHECK(round_trip(session, 0.1F) == 0.1F);
    CHECK(std::isnan(session.connection->query("select 'NaN'::numeric").get<double>(0, first)));
}

TEST_CASE("bool, text and bytes go to the server and come back") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    CHECK(round_trip(session, true));
    CHECK_FALSE(round_trip(session, false));
    const std::string unicode = "Grüße, 世界 🐘 'quoted' \\ back\nline";
    CHECK(round_trip(session, unicode) == unicode);
    CHECK(round_trip(session, std::string()).empty());
    CHECK(session.cell("select $1", "literal") == "literal");
    CHECK(session.cell("select $1", std::string_view("view")) == "view");
    std::vector<std::byte> every_byte;
    for (int value = 0; value < 256; ++value) every_byte.push_back(static_cast<std::byte>(value));
    CHECK(round_trip(session, every_byte) == every_byte);
    CHECK(round_trip(session, std::vector<std::byte>()).empty());
    session.connection->query("set bytea_output = 'escape'");
    CHECK(round_trip(session, every_byte) == every_byte);
}

TEST_CASE("NULL goes to the server and comes back only as an optional") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    const auto result =
        session.connection->query("select $1::int, $2::text, $3, $4", nullptr, std::nullopt,
                                  std::optional<int>(), std::optional<std::vector<std::byte>>());
    for (std::size_t column = 0; column < 4; ++column) CHECK(result.is_null(0, column));
    CHECK_FALSE(result.get<std::optional<int>>(0, first).has_value());
    CHECK(round_trip(session, std::optional<int>(5)) == 5);
    CHECK(round_trip(session, std::optional<std::string>("x")) == "x");
    try {
        static_cast<void>(session.connection->query("select null as gap").get<int>(0, "gap"));
        FAIL("NULL was an int");
    } catch (const postgres_value_error& problem) {
        CHECK(problem.row() == 0);
        CHECK(problem.column() == "gap");
        CHECK(std::string(problem.what()).find("NULL") != std::string::npos);
    }
}

TEST_CASE("text without a type takes the type that the server wants") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    CHECK(session.cell("select $1::uuid = $2", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                       "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11") == "t");
    CHECK(session.cell("select date '2026-01-31' + $1::interval", "1 day") == "2026-02-01 00:00:00");
    CHECK(session.cell("select ($1::jsonb)->>'a'", R"({"a": "b"})") == "b");
    session.connection->query("create temp table item (id int, name text, price numeric)");
    session.connection->query("insert into item values ($1, $2, $3)", 1, "pen", 99.5);
    CHECK(session.cell("select name from item where price < $1 and id = $2", 100, std::int64_t{1}) == "pen");
}

TEST_CASE("a value that doesn't fit is refused by row, column and type") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    const auto result = session.connection->query("select 1 as a union all select 40000 order by 1");
    CHECK(result.get<std::int16_t>(0, "a") == 1);
    CHECK_THROWS_AS(result.get<std::int16_t>(1, "a"), postgres_value_error);
    CHECK_THROWS_WITH(result.get<std::int16_t>(1, "a"),
                      "row 1, column \"a\": '40000' is not within -32768 to 32767");
    CHECK_THROWS_AS(result.get<bool>(0, "a"), postgres_value_error);
    CHECK_THROWS_AS(session.connection->query("select -1").get<unsigned>(0, first), postgres_value_error);
    CHECK_THROWS_AS(session.connection->query("select 'x'").get<int>(0, first), postgres_value_error);
    CHECK_THROWS_AS(session.connection->query("select '12 '").get<int>(0, first), postgres_value_error);
    CHECK_THROWS_AS(session.connection->query("select 1e300").get<float>(0, first), postgres_value_error);
    CHECK_THROWS_AS(session.connection->query("select 18446744073709551616").get<std::uint64_t>(0, first),
                    postgres_value_error);
}

TEST_CASE("a result tells its rows, columns, names and counts, and outlives its connection") {
    if (!have_postgres()) return;
    postgres_result result;
    CHECK(result.rows() == 0);
    CHECK(result.columns() == 0);
    CHECK(result.affected_rows() == 0);
    {
        live_session session(shared_server());
        result =
            session.connection->query("select g as n, 'v' || g as \"Mixed\" from generate_series(1, 3) g");
        session.connection->query("create temp table t (i int)");
        CHECK(session.connection->query("insert into t select generate_series(1, 5)").affected_rows() == 5);
        CHECK(session.connection->query("delete from t where i < $1", 3).affected_rows() == 2);
        CHECK(session.connection->query("create temp table u (i int)").affected_rows() == 0);
    }
    CHECK(result.rows() == 3);
    CHECK(result.columns() == 2);
    CHECK(result.column_name(1) == "Mixed");
    CHECK(result.column_index("Mixed") == 1);
    CHECK(result.get<std::string_view>(2, "Mixed") == "v3");
    CHECK_THROWS_AS(result.column_index("mixed"), std::out_of_range);
    CHECK_THROWS_AS(result.column_name(2), std::out_of_range);
    CHECK_THROWS_AS(result.get<int>(3, first), std::out_of_range);
    CHECK_THROWS_AS(result.is_null(0, 2), std::out_of_range);
}

TEST_CASE("an error carries SQLSTATE, severity, message, detail, hint and endpoint") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    session.connection->query("create temp table one (i int primary key)");
    session.connection->query("insert into one values (1)");
    try {
        session.connection->query("insert into one values ($1)", 1);
        FAIL("no error");
    } catch (const postgres::error& problem) {
        CHECK(problem.sqlstate() == "23505");
        CHECK(problem.severity() == "ERROR");
        CHECK(problem.message().find("duplicate key") != std::string::npos);
        CHECK(problem.detail() == "Key (i)=(1) already exists.");
        CHECK(problem.endpoint() == to_string(session.connection->endpoint()));
        CHECK(problem.code() == make_sqlstate_code("23505"));
    }
    try {
        session.connection->query("select lenght('x')");
        FAIL("no error");
    } catch (const postgres::error& problem) {
        CHECK_FALSE(problem.hint().empty());
        CHECK(std::string(problem.what()).find(std::string(problem.hint())) != std::string::npos);
        CHECK(std::string(problem.what()).find(shared_server().address()) != std::string::npos);
    }
    CHECK(session.cell("select 'still good'") == "still good");
    CHECK_FALSE(session.inspect(reset_mode::none).why);
}

TEST_CASE("without parameters several statements run, and an error ends them all") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    CHECK(session.cell("create temp table m (i int); insert into m values (4); select i from m") == "4");
    CHECK_THROWS_AS(session.connection->query("insert into m values (5); select 1/0; select 1"),
                    postgres_error);
    CHECK(session.cell("select count(*) from m") == "1");
    CHECK_THROWS_AS(session.connection->query("select $1; select 2", 1), postgres_error);
    CHECK(session.connection->query("").rows() == 0);
}

TEST_CASE("an error of the server's own is told at the end of the lease, and no other error is one") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    const auto raise = [&](const std::string& state) {
        CHECK_THROWS_AS(session.connection->query("do $$ begin raise exception 'as asked' using errcode = '" +
                                                  state + "'; end $$"),
                        postgres_error);
    };
    for (const std::string state : {"53000", "53100", "53200", "58000", "58030", "XX001", "XX002"}) {
        raise(state);
        // A rollback, say, may succeed all the same.
        session.connection->query("select 1");
        const return_state found = session.inspect(reset_mode::full);
        CHECK(found.why.kind == failure_kind::server_error);
        CHECK_THAT(found.why.message, ContainsSubstring(state) && ContainsSubstring("as asked"));
        CHECK(session.driver.is_alive(*session.connection));
    }
    for (const std::string state : {"23505", "40001", "53400", "57014", "XX000", "42601"}) {
        raise(state);
        const return_state found = session.inspect(reset_mode::full);
        CHECK_FALSE(found.why);
        CHECK(found.served);
    }
    check_what_serves(session);
}

TEST_CASE("the end of a connection during a query is errc::connection_lost and tells why") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    try {
        session.connection->query("select pg_terminate_backend(pg_backend_pid())");
        FAIL("no error");
    } catch (const postgres_error& problem) {
        CHECK(problem.code() == errc::connection_lost);
        CHECK(problem.sqlstate() == "57P01");
        CHECK(problem.outcome_unknown());
    }
    try {
        session.connection->query("select 1");
        FAIL("no error");
    } catch (const postgres_error& problem) {
        CHECK(problem.code() == errc::connection_lost);
        // It was never sent.
        CHECK_FALSE(problem.outcome_unknown());
    }
    CHECK(session.inspect(reset_mode::full).why.kind == failure_kind::session_terminated);
}

}  // namespace
}  // namespace podpool::test
