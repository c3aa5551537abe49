// SPDX-License-Identifier: BSL-1.0
#include "plain_statement.hpp"

#include "plain_functions.hpp"
#include "sql_lexer.hpp"

#include <podpool/detail/lower_case.hpp>
#include <podpool/detail/word_list.hpp>

#include <algorithm>
#include <cstddef>

namespace podpool::detail {

namespace {

// Words that no function can be called by without quotes, since the grammar reserves them, and after whose
// parenthesis no function that isn't listed is run. Not here: TREAT, which calls the function of a type's
// name; OPERATOR and WITH, after whose parentheses an expression begins (see is_operand); what XML has.
constexpr auto words_before_parentheses = make_word_list(  //
    "all", "and", "any", "array", "as", "asymmetric", "between", "bit", "both", "case", "cast", "char",
    "character", "coalesce", "current_time", "current_timestamp", "dec", "decimal", "distinct", "else",
    "except", "exists", "extract", "float", "for", "from", "greatest", "group", "grouping", "having", "in",
    "intersect", "interval", "lateral", "leading", "least", "limit", "localtime", "localtimestamp", "nchar",
    "normalize", "not", "nullif", "numeric", "offset", "on", "only", "or", "overlay", "placing", "position",
    "returning", "row", "select", "some", "substring", "symmetric", "then", "time", "timestamp", "to",
    "trailing", "trim", "union", "using", "values", "varchar", "variadic", "when", "where");

/// A word that isn't reserved, and the word before it that makes it a part of the grammar: a function can't
/// be called right after that one.
struct word_pair {
    std::string_view before;
    std::string_view word;
};
constexpr std::array word_pairs{
    word_pair{"group", "by"},           word_pair{"order", "by"},
    word_pair{"partition", "by"},       word_pair{"grouping", "sets"},
    word_pair{"update", "set"},         word_pair{"character", "varying"},
    word_pair{"char", "varying"},       word_pair{"bit", "varying"},
    word_pair{"tablesample", "system"}, word_pair{"tablesample", "bernoulli"},
};

bool is_identifier(const sql_token& token) noexcept {
    return token.kind == sql_token_kind::word || token.kind == sql_token_kind::name;
}

std::string_view without_quotes(const sql_token& name) noexcept {
    return name.text.substr(1, name.text.size() - 2);
}

bool is_named(const sql_token& token, std::string_view name) noexcept {
    return token.is_word(name) || (token.kind == sql_token_kind::name && without_quotes(token) == name);
}

/// A name that makes any statement lasting: one of the session's own objects, or one with escapes, which
/// aren't read.
bool is_refused_name(const sql_token& token) noexcept {
    constexpr std::string_view temporary = "pg_temp";
    if (token.kind == sql_token_kind::word)
        return equal_ignoring_case(token.text.substr(0, temporary.size()), temporary);
    return token.kind == sql_token_kind::name &&
           (token.text.front() != '"' || without_quotes(token).starts_with(temporary));
}

/// What a parenthesis holds, as far as what follows it depends on that.
enum class parenthesis {
    refused,   ///< a call that isn't plain, or something unknown
    plain,     ///< anything: an expression, a query, a list
    distinct,  ///< that of DISTINCT ON, after which an expression begins
    query,     ///< a query
    joined,    ///< the right side of a JOIN if a query is in it, else a call
    conflict,  ///< that of ON CONFLICT if DO follows, else a call in a join's condition
    insert,    ///< that of MERGE's INSERT if its values follow, else a call in a CASE
};

/// Reads a text by the parts of PostgreSQL's grammar in which a session can be changed. Each function reads
/// on from the current token, and returns false as soon as the text isn't plain.
class statement_reader {
public:
    statement_reader(std::string_view sql, bool standard_strings) noexcept : lexer_(sql, standard_strings) {
        advance();
    }

    bool read_text() noexcept {
        for (;;) {
            while (now_.is_symbol(';')) advance();
            if (now_.kind == sql_token_kind::end) return true;
            if (!read_statement()) return false;
            if (now_.kind != sql_token_kind::end && !now_.is_symbol(';')) return false;
        }
    }

private:
    // As deep as queries nest parentheses, with room to spare; each level is a call on this thread's stack.
    static constexpr int deepest = 50;
    // More parts than any name has.
    static constexpr int no_name = 9;

    bool read_statement() noexcept;
    bool read_explain() noexcept;
    bool read_set() noexcept;
    bool read_query() noexcept;
    bool read_with() noexcept;
    bool read_insert() noexcept;
    bool read_update() noexcept;
    bool read_relation() noexcept;
    bool read_expressions() noexcept;
    bool read_parenthesis(parenthesis kind) noexcept;
    bool read_words() noexcept;
    [[nodiscard]] parenthesis kind_of_parenthesis() const noexcept;
    [[nodiscard]] parenthesis kind_after_word() const noexcept;
    [[nodiscard]] bool after_operand() const noexcept;
    [[nodiscard]] bool may_be_call() const noexcept;
    [[nodiscard]] bool begins_query() const noexcept;

    void advance() noexcept;
    /// Moves on if this keyword is there.
    bool take(std::string_view keyword) noexcept {
        const bool found = now_.is_word(keyword);
        if (found) advance();
        return found;
    }
    bool take_symbol(char symbol) noexcept {
        const bool found = now_.is_symbol(symbol);
        if (found) advance();
        return found;
    }
    bool take_identifier() noexcept {
        const bool found = is_identifier(now_) && !is_refused_name(now_);
        if (found) advance();
        return found;
    }

    sql_lexer lexer_;
    sql_token now_;
    sql_token last_;
    // The name that ends at last_, such as pg_catalog.now: its first part, how many parts there are (more
    // than any name has where last_ isn't the end of one), and what came before it.
    sql_token first_of_name_;
    sql_token before_name_;
    int parts_of_name_ = 0;
    // The kind of the parenthesis that was closed last.
    parenthesis closed_ = parenthesis::plain;
    int depth_ = 0;
};

void statement_reader::advance() noexcept {
    if (is_identifier(now_)) {
        if (last_.is_symbol('.')) {
            ++parts_of_name_;
        } else {
            before_name_ = last_;
            first_of_name_ = now_;
            parts_of_name_ = 1;
        }
    } else if (!now_.is_symbol('.')) {
        parts_of_name_ = no_name;
        before_name_.kind = sql_token_kind::end;
    }
    last_ = now_;
    now_ = lexer_.next();
}

bool statement_reader::read_statement() noexcept {
    const sql_token verb = now_;
    if (begins_query()) return read_query();
    if (verb.kind != sql_token_kind::word) return false;
    advance();
    if (verb.is_word("begin") || verb.is_word("savepoint") || verb.is_word("release") ||
        verb.is_word("show") || verb.is_word("lock") || verb.is_word("notify")) {
        return read_words();
    }
    if (verb.is_word("commit") || verb.is_word("rollback") || verb.is_word("end") || verb.is_word("abort"))
        return !now_.is_word("prepared") && read_words();
    if (verb.is_word("start")) return take("transaction") && read_words();
    if (verb.is_word("set")) return read_set();
    return verb.is_word("explain") && read_explain();
}

bool statement_reader::begins_query() const noexcept {
    static constexpr auto verbs =
        make_word_list("select", "insert", "update", "delete", "merge", "values", "table", "with");
    return now_.is_symbol('(') ||
           (now_.kind == sql_token_kind::word && verbs.contains_ignoring_case(now_.text));
}

/// The rest of a statement without expressions.
bool statement_reader::read_words() noexcept {
    while (now_.kind != sql_token_kind::end && !now_.is_symbol(';')) {
        if (now_.kind == sql_token_kind::unfinished || now_.is_symbol('(') || is_refused_name(now_))
            return false;
        advance();
    }
    return true;
}

bool statement_reader::read_explain() noexcept {
    static constexpr auto option_words = make_word_list("select", "values", "with", "table");
    if (now_.is_symbol('(')) {
        advance();
        // Else it is a query in parentheses, which EXPLAIN is hardly ever given.
        if (now_.kind != sql_token_kind::word || option_words.contains_ignoring_case(now_.text)) return false;
        while (!now_.is_symbol(')')) {
            const bool in_list = now_.kind == sql_token_kind::word || now_.kind == sql_token_kind::string ||
                                 now_.kind == sql_token_kind::number || now_.is_symbol(',');
            if (!in_list) return false;
            advance();
        }
        advance();
    } else {
        if (!take("analyze")) take("analyse");
        take("verbose");
    }
    // Not EXECUTE, DECLARE or CREATE TABLE AS.
    return begins_query() && read_query();
}

/// SET LOCAL, SET TRANSACTION and SET CONSTRAINTS: each of the three words can be the first part of a
/// setting's name, too.
bool statement_reader::read_set() noexcept {
    const sql_token what = now_;
    if (what.kind != sql_token_kind::word) return false;
    advance();
    if (!is_identifier(now_) || now_.is_word("to")) return false;
    if (what.is_word("transaction") || what.is_word("constraints")) return read_words();
    // SET LOCAL SESSION CHARACTERISTICS isn't local; seed isn't put back; with another encoding texts that
    // are known already mean something else. In quotes it may be any of them.
    static constexpr auto refused = make_word_list("client_encoding", "names", "seed", "session");
    return what.is_word("local") && now_.kind == sql_token_kind::word &&
           !refused.contains_ignoring_case(now_.text) && read_words();
}

/// What begins_query() tells of: with or without WITH, and it may write.
bool statement_reader::read_query() noexcept {
    if (now_.is_word("with") && !(read_with() && begins_query())) return false;
    if (take("insert")) return read_insert();
    if (take("update")) return read_update();
    if (take("merge")) {
        // INTO is taken here, since elsewhere it makes a table of a SELECT's result.
        return take("into") && read_relation() && read_expressions();
    }
    return read_expressions();
}

/// WITH [RECURSIVE] name [(columns)] AS [[NOT] MATERIALIZED] (query), ...
bool statement_reader::read_with() noexcept {
    advance();
    const bool recursive = now_.is_word("recursive");
    if (!take_identifier()) return false;
    // Else that was the name.
    if (recursive && !now_.is_word("as")) take_identifier();
    for (;;) {
        if (now_.is_symbol('(') && !read_parenthesis(parenthesis::plain)) return false;
        if (!take("as")) return false;
        take("not");
        take("materialized");
        if (!now_.is_symbol('(')) return false;
        if (!read_parenthesis(parenthesis::query)) return false;
        if (!take_symbol(',')) return true;
        if (!take_identifier()) return false;
    }
}

/// From after INSERT: INTO relation [AS alias] [(columns)], and what is inserted.
bool statement_reader::read_insert() noexcept {
    if (!take("into") || !read_relation()) return false;
    if (take("as") && !take_identifier()) return false;
    if (now_.is_symbol('(') && !read_parenthesis(parenthesis::plain)) return false;
    if (now_.is_word("with") && !read_with()) return false;
    return read_expressions();
}

/// From after UPDATE: [ONLY] relation [*] [[AS] alias] SET, and what is set.
bool statement_reader::read_update() noexcept {
    take("only");
    // Its rule calls set_config.
    if (!read_relation() || is_named(last_, "pg_settings")) return false;
    take_symbol('*');
    if (!now_.is_word("set")) {
        take("as");
        if (!take_identifier()) return false;
    }
    if (!take("set")) return false;
    if (now_.is_symbol('(') && !read_parenthesis(parenthesis::plain)) return false;
    return read_expressions();
}

bool statement_reader::read_relation() noexcept {
    do {
        if (!take_identifier()) return false;
    } while (take_symbol('.'));
    return true;
}

/// Up to the end of the statement or to the parenthesis that closes what this is in.
bool statement_reader::read_expressions() noexcept {
    while (now_.kind != sql_token_kind::end && !now_.is_symbol(')') && !now_.is_symbol(';')) {
        const bool lasting =
            now_.kind == sql_token_kind::unfinished || now_.is_word("into") || is_refused_name(now_);
        if (lasting) return false;
        if (!now_.is_symbol('(')) {
            advance();
            if (may_be_call()) return false;
        } else if (!read_parenthesis(kind_of_parenthesis())) {
            return false;
        }
    }
    return true;
}

/// From the parenthesis that opens to after the one that closes, and what must follow.
bool statement_reader::read_parenthesis(parenthesis kind) noexcept {
    if (kind == parenthesis::refused || depth_ == deepest) return false;
    advance();
    ++depth_;
    // An argument that is a query would have parentheses of its own.
    if (kind == parenthesis::joined && !now_.is_word("select") && !now_.is_word("with")) return false;
    if (kind == parenthesis::query && !begins_query()) return false;
    const bool query = kind == parenthesis::query || now_.is_word("with");
    if (!(query ? read_query() : read_expressions())) return false;
    --depth_;
    if (!take_symbol(')')) return false;
    closed_ = kind;
    if (kind == parenthesis::conflict) return now_.is_word("do");
    if (kind == parenthesis::insert) return now_.is_word("values") || now_.is_word("overriding");
    return true;
}

/// What the parenthesis that opens here is.
parenthesis statement_reader::kind_of_parenthesis() const noexcept {
    if (!is_identifier(last_)) return parenthesis::plain;
    // OPERATOR(name) stands between two operands.
    if (last_.is_word("operator")) return parenthesis::refused;
    // A type's modifiers, or the columns of an alias.
    if (before_name_.kind == sql_token_kind::typecast || before_name_.is_word("as"))
        return parenthesis::plain;
    const bool unqualified = parts_of_name_ == 1;
    if (unqualified && (last_.kind == sql_token_kind::word || after_operand())) return kind_after_word();
    const bool in_catalog = parts_of_name_ == 2 && first_of_name_.is_word("pg_catalog");
    if (!unqualified && !in_catalog) return parenthesis::refused;
    const bool listed = last_.kind == sql_token_kind::word ? is_plain_function(last_.text)
                                                           : is_plain_quoted_function(without_quotes(last_));
    return listed ? parenthesis::plain : parenthesis::refused;
}

/// The same after a name of one part.
parenthesis statement_reader::kind_after_word() const noexcept {
    const sql_token& word = last_;
    if (words_before_parentheses.contains_ignoring_case(word.text)) {
        return word.is_word("on") && before_name_.is_word("distinct") ? parenthesis::distinct
                                                                      : parenthesis::plain;
    }
    // OVER, FILTER, the columns of an alias and the like: a call can't follow an operand.
    if (after_operand()) return parenthesis::plain;
    if (is_plain_function(word.text)) return parenthesis::plain;
    if (word.is_word("join")) return parenthesis::joined;
    if (word.is_word("conflict") && before_name_.is_word("on")) return parenthesis::conflict;
    if (word.is_word("insert") && before_name_.is_word("then")) return parenthesis::insert;
    // WITH ORDINALITY alias (columns)
    if (before_name_.is_word("ordinality")) return parenthesis::plain;
    const bool paired =
        std::any_of(word_pairs.begin(), word_pairs.end(), [this, &word](const word_pair& pair) {
            return word.is_word(pair.word) && before_name_.is_word(pair.before);
        });
    return paired ? parenthesis::plain : parenthesis::refused;
}

/// Whether the name that has just been read may call a function without a parenthesis: of a value that isn't
/// a name, (7).f, $1.f or a[1].f, any function; of a table or of what one has, x.f, those of the server's own
/// that last. What else x.f may call is a function of the user's own.
bool statement_reader::may_be_call() const noexcept {
    if (!is_identifier(last_) || parts_of_name_ == 1 || now_.is_symbol('(')) return false;
    const bool quoted = last_.kind == sql_token_kind::name;
    return parts_of_name_ > no_name || is_lasting_field(quoted ? without_quotes(last_) : last_.text);
}

/// Whether an operand ended before the name, so that no expression can begin with it.
bool statement_reader::after_operand() const noexcept {
    switch (before_name_.kind) {
        case sql_token_kind::name:
        case sql_token_kind::string:
        case sql_token_kind::number:
        case sql_token_kind::parameter:
            return true;
        case sql_token_kind::symbol:
            return before_name_.is_symbol(']') ||
                   (before_name_.is_symbol(')') && closed_ != parenthesis::distinct);
        default:
            return false;
    }
}

}  // namespace

bool leaves_nothing(std::string_view sql, bool standard_strings) noexcept {
    // To libpq a zero byte is the end.
    return sql.find('\0') == std::string_view::npos && statement_reader(sql, standard_strings).read_text();
}

}  // namespace podpool::detail
