// SPDX-License-Identifier: BSL-1.0
#include "commit_reader.hpp"
#include "commit_watch.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

namespace podpool::detail {
namespace {

/// A row of the table: a text, how many statements it has, and which of them are commits.
struct text_row {
    std::string sql;
    std::size_t statements;
    std::vector<std::size_t> commits;
};

const std::vector<text_row> table{
    {"commit", 1, {0}},
    {"COMMIT;", 1, {0}},
    {" -- done\n Commit /* now */ work ;; ", 1, {0}},
    {"commit and chain", 1, {0}},
    {"end", 1, {0}},
    {"END TRANSACTION AND NO CHAIN", 1, {0}},
    {"prepare transaction 'x'", 1, {0}},
    {"prepare /**/ TRANSACTION 'commit;'", 1, {0}},
    {"rollback", 1, {}},
    {"abort;", 1, {}},
    {"rollback and chain", 1, {}},
    {"commit prepared 'x'", 1, {}},
    {"prepare q as select 1", 1, {}},
    {"prepare", 1, {}},
    {"\"commit\"", 1, {}},
    {"select 'x; commit'", 1, {}},
    {"", 0, {}},
    {" ; -- nothing\n;", 0, {}},
    {"insert into t values (1); commit", 2, {1}},
    {"rollback; begin; commit; end;", 4, {2, 3}},
    {";;select 1;;commit;;rollback", 3, {1}},
    {"select ';commit;'; select $$;commit;$$; rollback", 3, {}},
    {"select 1 /* ; commit; */; rollback -- ; commit", 2, {}},
    {"select e'\\'; commit; '; rollback", 2, {}},
    {"create rule r as on insert to t do also (delete from u; commit); commit", 2, {1}},
    {"create function f() returns int begin atomic select case when true then 1 end; select 2; end; commit",
     2,
     {1}},
    {"create procedure p() begin atomic end; rollback", 2, {}},
    {"create function f() returns int begin atomic select t.case as end from t; end; commit", 2, {1}},
    {"begin; select case when true then 1 end; commit", 3, {2}},
    {"select 1) ; commit", 2, {1}},
    {"commit; select 'never ends", 0, {}},
    {"commit; /* never ends", 0, {}},
};

TEST_CASE("a single statement that begins with another word isn't read for commits") {
    for (const char* sql : {"select 1", "INSERT INTO t VALUES (1)", "update t set a = 'commit'", "begin"}) {
        CAPTURE(sql);
        CHECK_FALSE(may_commit(sql));
    }
    for (const char* sql : {"", " commit", "/* */ commit", "--\ncommit", "(select 1)", "select 1;", "Prepare",
                            "END", "commit"}) {
        CAPTURE(sql);
        CHECK(may_commit(sql));
    }
}

TEST_CASE("commits are found among the statements of a text") {
    for (const text_row& row : table) {
        INFO(row.sql);
        const commits_in_text found = find_commits(row.sql, true);
        CHECK(found.statements == row.statements);
        if (!row.commits.empty()) CHECK(may_commit(row.sql));
        CHECK(found.places == row.commits);
    }
    // The same bytes are one string or a string and two statements, as the server is set.
    const std::string depends = R"(select '\'; commit; select ')";
    CHECK(find_commits(depends + "'", true).places == std::vector<std::size_t>{1});
    CHECK(find_commits(depends, false).places.empty());
}

TEST_CASE("only a commit that is answered with ROLLBACK was rolled back") {
    const auto rolled_back = [](std::string_view sql, const std::vector<std::string>& tags,
                                bool whole = true) {
        commit_watch watch;
        watch.begin(find_commits(sql, true));
        for (const std::string& tag : tags) watch.answered(tag);
        return watch.rolled_back(whole);
    };
    CHECK(rolled_back("commit", {"ROLLBACK"}));
    CHECK(rolled_back("prepare transaction 'x'", {"ROLLBACK"}));
    CHECK(rolled_back("commit; select 1", {"ROLLBACK", "SELECT 1"}));
    CHECK(rolled_back("select 1; end; begin", {"SELECT 1", "ROLLBACK", "BEGIN"}));
    CHECK_FALSE(rolled_back("commit", {"COMMIT"}));
    CHECK_FALSE(rolled_back("rollback", {"ROLLBACK"}));
    CHECK_FALSE(rolled_back("rollback; begin; commit", {"ROLLBACK", "BEGIN", "COMMIT"}));
    CHECK_FALSE(rolled_back("commit; rollback", {"COMMIT", "ROLLBACK"}));
    // A rule's rows come without a tag, as a result of their own.
    CHECK(rolled_back("insert into t values (1); commit", {"", "INSERT 0 1", "ROLLBACK"}));
    // An error ends a text; what came before it counts.
    CHECK(rolled_back("commit; select 1/0", {"ROLLBACK"}, false));
    CHECK_FALSE(rolled_back("rollback; commit", {"ROLLBACK"}, false));
    // More answers than statements were read: nothing is claimed.
    CHECK_FALSE(rolled_back("commit", {"ROLLBACK", "SELECT 1"}));
}

}  // namespace
}  // namespace podpool::detail
