// SPDX-License-Identifier: BSL-1.0
#include "live.hpp"

#include <podpool/errc.hpp>
#include <podpool/parameters.hpp>

#include <boost/asio/use_future.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::test {
namespace {

/// Begins a transaction in which a statement fails.
void fail_transaction(live_session& session) {
    session.connection->query("create temp table if not exists orders (id int constraint once primary key)");
    session.connection->query("begin; insert into orders values (1)");
    CHECK_THROWS_AS(session.connection->query("insert into orders values (1)"), postgres_error);
}

/// The error of a statement, run blocking or not; none if it succeeds.
std::optional<postgres_error> error_of(live_session& session, const std::string& sql, bool blocking) {
    try {
        if (blocking) {
            session.connection->query(sql);
        } else {
            auto answer = session.connection->async_query(sql, boost::asio::use_future);
            session.context.restart();
            session.context.run();
            answer.get();
        }
    } catch (const postgres_error& problem) {
        return problem;
    }
    return std::nullopt;
}

bool rolled_back(const std::optional<postgres_error>& problem) {
    return problem && problem->code() == errc::transaction_rolled_back;
}

TEST_CASE("a COMMIT of a failed transaction is an error, and the connection goes on") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    const std::string text = GENERATE(as<std::string>(), "commit", "COMMIT WORK;", "/* x */ end transaction",
                                      "commit and chain", "prepare transaction 'never'", "commit; select 1",
                                      "rollback to savepoint s; commit", "-- ;\n end;;");
    const bool blocking = GENERATE(true, false);
    INFO(text << (blocking ? " blocking" : " asynchronous"));
    fail_transaction(session);
    // A savepoint would be needed for this one: it fails, and ends the text before the COMMIT.
    const bool fails_before = text.starts_with("rollback to");
    const std::optional<postgres_error> problem = error_of(session, text, blocking);
    REQUIRE(problem);
    if (fails_before) {
        CHECK(problem->sqlstate() == "3B001");
        CHECK(rolled_back(error_of(session, "commit", blocking)));
    } else {
        CHECK(rolled_back(problem));
        CHECK(problem->sqlstate().empty());
        CHECK_FALSE(problem->outcome_unknown());
        CHECK(problem->detail().find("23505") != std::string_view::npos);
    }
    if (text == "commit and chain") session.connection->query("rollback");
    CHECK(session.cell("select count(*) from orders") == "0");
    const return_state state = session.inspect(reset_mode::full);
    CHECK_FALSE(state.why);
    CHECK(state.served);
}

TEST_CASE("what ends a transaction as it says is no error") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    const bool blocking = GENERATE(true, false);
    for (const std::string text : {"rollback", "abort", "ROLLBACK AND NO CHAIN", "rollback; begin; commit",
                                   "rollback; select 'commit; end'", "/* commit */ rollback"}) {
        INFO(text);
        fail_transaction(session);
        CHECK_FALSE(error_of(session, text, blocking));
    }
    session.connection->query("begin; savepoint s");
    CHECK_THROWS_AS(session.connection->query("select 1/0"), postgres_error);
    CHECK_FALSE(error_of(session, "rollback to s; commit", blocking));
    CHECK_FALSE(error_of(session, "begin; commit; commit", blocking));
}

TEST_CASE("a COMMIT that was rolled back is told although a later statement of the text fails") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    fail_transaction(session);
    const std::optional<postgres_error> problem = error_of(session, "commit; select 1/0", true);
    CHECK(rolled_back(problem));
    CHECK(problem->detail().find("22012") != std::string_view::npos);
}

TEST_CASE("a string that the server reads with backslashes isn't taken for a COMMIT") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    session.connection->query("set standard_conforming_strings = off; set escape_string_warning = off");
    fail_transaction(session);
    CHECK_FALSE(error_of(session, R"(rollback; select '\'; commit; select ')", true));
    fail_transaction(session);
    CHECK(rolled_back(error_of(session, R"(commit; select '\'; rollback; select ')", true)));
}

TEST_CASE("a rule that adds rows to an answer doesn't shift the statements after it") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    session.connection->query(
        "create temp table seen (i int); create temp table t (i int);"
        "create rule also as on insert to t do also (insert into seen values (new.i); select i from seen)");
    CHECK_FALSE(error_of(session, "begin; insert into t values (1); rollback", true));
    CHECK_FALSE(error_of(session, "begin; insert into t values (1); commit; rollback", true));
    fail_transaction(session);
    CHECK(rolled_back(error_of(session, "commit; insert into t values (1)", true)));
}

TEST_CASE("a result has the server's command tag") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    CHECK(postgres_result().command_tag().empty());
    CHECK(session.connection->query("create temp table t (i int)").command_tag() == "CREATE TABLE");
    CHECK(session.connection->query("insert into t values (1), (2)").command_tag() == "INSERT 0 2");
    CHECK(session.connection->query("select * from t where i < $1", 5).command_tag() == "SELECT 2");
    CHECK(session.connection->query("begin; commit").command_tag() == "COMMIT");
    CHECK(session.connection->query("").command_tag().empty());
}

TEST_CASE("an error tells in fields of their own what the statement failed on") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    session.connection->query(
        "create temp table users (name text constraint name_taken unique, mail text constraint mail_taken "
        "unique,"
        " age int not null); create domain pg_temp.small as int constraint is_small check (value < 5);"
        "insert into users values ('a', 'b', 1)");
    const std::string temp_schema = session.cell("select pg_my_temp_schema()::regnamespace");

    const auto taken = error_of(session, "insert into users values ('c', 'b', 1)", true);
    REQUIRE(taken);
    CHECK(taken->constraint() == "mail_taken");
    CHECK(taken->table() == "users");
    CHECK(taken->schema() == temp_schema);
    CHECK(taken->column().empty());
    CHECK(taken->position() == 0);

    const auto missing = error_of(session, "insert into users values ('c', 'd')", false);
    REQUIRE(missing);
    CHECK(missing->column() == "age");
    CHECK(missing->constraint().empty());

    const auto large = error_of(session, "select 7::pg_temp.small", true);
    REQUIRE(large);
    CHECK(large->data_type() == "small");
    CHECK(large->schema() == temp_schema);
    CHECK(large->constraint() == "is_small");

    // In characters, not in bytes.
    const auto unknown = error_of(session, "select 'ä', nothing", true);
    REQUIRE(unknown);
    CHECK(unknown->position() == 13);
    CHECK(unknown->context().empty());

    const auto inside = error_of(session, "do $$ begin perform 1/0; end $$", true);
    REQUIRE(inside);
    CHECK(inside->context().find("line 1 at PERFORM") != std::string_view::npos);
    CHECK(std::string_view(inside->what()).find(inside->context()) != std::string_view::npos);
}

TEST_CASE("one catch of podpool::error is enough") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    CHECK_THROWS_AS(session.connection->query("select nothing"), podpool::error);
    const postgres_result answer = session.connection->query("select 'x', null");
    CHECK_THROWS_AS(answer.get<int>(0, std::size_t{0}), podpool::error);
    CHECK_THROWS_AS(answer.get<int>(0, std::size_t{1}), podpool::error);
    try {
        static_cast<void>(answer.get<int>(0, std::size_t{0}));
    } catch (const podpool::error& problem) {
        CHECK(problem.code() == errc::invalid_value);
        CHECK(std::string(problem.what()).find("row 0") != std::string::npos);
    }
    auto failing = session.connection->async_query("select nothing", boost::asio::use_future);
    session.context.restart();
    session.context.run();
    CHECK_THROWS_AS(failing.get(), podpool::error);
    // What the program can avoid is something else.
    CHECK_THROWS_AS(answer.get<int>(9, std::size_t{0}), std::out_of_range);
    CHECK_THROWS_AS(session.connection->query(std::string("a\0b", 3)), std::invalid_argument);
}

TEST_CASE("arrays and lists of parameters arrive as they were") {
    if (!have_postgres()) return;
    live_session session(shared_server());
    const std::vector<std::string> texts{"a",           "",    "NULL", "null", "{b,c}", "say \"d\"",
                                         "back\\slash", " e ", "ä,'"};
    CHECK(session.cell("select count(*) from unnest($1::text[])", texts) == std::to_string(texts.size()));
    for (std::size_t i = 0; i < texts.size(); ++i) {
        CHECK(session.cell("select ($1::text[])[$2]", texts, static_cast<int>(i) + 1) == texts[i]);
    }
    session.connection->query("create temp table t (id bigint, u uuid)");
    session.connection->query(
        "insert into t select i, format('00000000-0000-0000-0000-%s', lpad(i::text, 12, '0'))::uuid"
        " from generate_series(1, 9) i");
    CHECK(session.cell("select count(*) from t where id = any($1)", std::vector<int>{2, 4, 99}) == "2");
    CHECK(session.cell("select count(*) from t where id = any($1)", std::vector<int>{}) == "0");
    CHECK(session.cell("select count(*) from t where u = any($1)",
                       std::vector<std::string>{"00000000-0000-0000-0000-000000000003"}) == "1");
    CHECK(session.cell("select $1[2] is null", std::vector<std::optional<int>>{1, std::nullopt}) == "t");
    CHECK(session.cell("select $1[1] = 'Infinity'",
                       std::vector<double>{std::numeric_limits<double>::infinity()}) == "t");
    CHECK(session.cell("select $1[1] and not $1[2]", std::vector<bool>{true, false}) == "t");
    CHECK(session.cell("select encode($1[1], 'hex')",
                       std::vector<std::vector<std::byte>>{{std::byte{0}, std::byte{0x7f}}}) == "007f");
    CHECK(session.cell("select $1[1]::text", std::vector{std::numeric_limits<std::uint64_t>::max()}) ==
          "18446744073709551615");

    parameters<postgres> rows;
    std::string values;
    for (int i = 0; i < 300; ++i) {
        rows.push_back(100 + i);
        values += (i == 0 ? "($" : ",($") + std::to_string(i + 1) + ")";
    }
    CHECK(session.connection->query("insert into t (id) values " + values, rows).affected_rows() == 300);
    auto later = session.connection->async_query("select count(*) from t where id = any($1)",
                                                 std::vector<int>{100, 399, 400}, boost::asio::use_future);
    session.context.restart();
    session.context.run();
    CHECK(later.get().get<int>(0, std::size_t{0}) == 2);
    auto listed = session.connection->async_query(
        "select $1::int + $2", parameters<postgres>(std::vector<int>{1, 2}), boost::asio::use_future);
    session.context.restart();
    session.context.run();
    CHECK(listed.get().get<int>(0, std::size_t{0}) == 3);
}

}  // namespace
}  // namespace podpool::test
