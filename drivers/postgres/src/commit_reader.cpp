// SPDX-License-Identifier: BSL-1.0
#include "commit_reader.hpp"

#include "sql_lexer.hpp"

namespace podpool::detail {

namespace {

/// Whether a statement that begins with these words is a COMMIT, an END or a PREPARE TRANSACTION. COMMIT
/// PREPARED is about another transaction, and fails with an error.
bool is_commit(const sql_token& first, const sql_token& second) noexcept {
    if (first.is_word("commit")) return !second.is_word("prepared");
    return first.is_word("end") || (first.is_word("prepare") && second.is_word("transaction"));
}

/// Follows where the semicolons of a statement don't end it: in the parentheses of CREATE RULE, and in the
/// body of a CREATE FUNCTION that is written as BEGIN ATOMIC ... END.
class nesting {
public:
    void step(const sql_token& before, const sql_token& token) noexcept {
        if (token.is_symbol('(')) ++parentheses_;
        if (token.is_symbol(')') && parentheses_ > 0) --parentheses_;
        if (blocks_ == 0) {
            if (before.is_word("begin") && token.is_word("atomic")) blocks_ = 1;
        } else if (!before.is_symbol('.') && !before.is_word("as")) {  // elsewhere it is a name
            if (token.is_word("case")) ++blocks_;
            if (token.is_word("end")) --blocks_;
        }
    }
    [[nodiscard]] bool outermost() const noexcept { return parentheses_ == 0 && blocks_ == 0; }

private:
    std::size_t parentheses_ = 0;
    std::size_t blocks_ = 0;
};

/// Reads on to the semicolon that ends the statement, or to the end of the text, and returns that token.
sql_token skip_statement(sql_lexer& lexer, const sql_token& first, sql_token token) noexcept {
    nesting inside;
    inside.step({}, first);
    sql_token before = first;
    while (token.kind != sql_token_kind::end && token.kind != sql_token_kind::unfinished &&
           !(token.is_symbol(';') && inside.outermost())) {
        inside.step(before, token);
        before = token;
        token = lexer.next();
    }
    return token;
}

}  // namespace

bool may_commit(std::string_view sql) noexcept {
    const char first = sql.empty() ? '\0' : static_cast<char>(sql.front() | 0x20);
    const bool other_word = first >= 'a' && first <= 'z' && first != 'c' && first != 'e' && first != 'p';
    return !other_word || sql.find(';') != std::string_view::npos;
}

commits_in_text find_commits(std::string_view sql, bool standard_strings) {
    // What ends the last statement says nothing, and most texts have no other semicolon.
    const std::size_t last = sql.find_last_not_of("; \t\n\v\f\r");
    const bool several = last != std::string_view::npos && sql.find(';') < last;

    commits_in_text found;
    sql_lexer lexer(sql, standard_strings);
    sql_token token = lexer.next();
    while (token.kind != sql_token_kind::end) {
        if (token.is_symbol(';')) {
            token = lexer.next();
            continue;
        }
        const sql_token first = token;
        token = first.kind == sql_token_kind::unfinished ? first : lexer.next();
        if (is_commit(first, token)) found.places.push_back(found.statements);
        ++found.statements;
        if (!several) return found;
        token = skip_statement(lexer, first, token);
        // Where a quote is left open the server runs nothing.
        if (token.kind == sql_token_kind::unfinished) return {};
    }
    return found;
}

}  // namespace podpool::detail
