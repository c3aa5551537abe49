// SPDX-License-Identifier: BSL-1.0
#include "sql_lexer.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

namespace podpool::detail {
namespace {

/// The tokens of a text, one letter for the kind before each: w(ord), n(ame), s(tring), d(igits),
/// p(arameter), t(ypecast), y(mbol), u(nfinished).
std::vector<std::string> tokens_of(std::string_view sql, bool standard_strings = true) {
    constexpr std::string_view letters = "ewnsdptyu";
    std::vector<std::string> tokens;
    sql_lexer lexer(sql, standard_strings);
    for (sql_token token = lexer.next(); token.kind != sql_token_kind::end; token = lexer.next()) {
        tokens.push_back(letters[static_cast<std::size_t>(token.kind)] + (":" + std::string(token.text)));
    }
    CHECK(lexer.next().kind == sql_token_kind::end);
    return tokens;
}

using list = std::vector<std::string>;

TEST_CASE("an SQL text is taken apart at blanks, comments and quotes") {
    CHECK(tokens_of("").empty());
    CHECK(tokens_of(" \t\r\n\f\v").empty());
    CHECK(tokens_of("commit;") == list{"w:commit", "y:;"});
    CHECK(tokens_of("-- commit\n/* a /* b */ ; */end") == list{"w:end"});
    CHECK(tokens_of("-- only this").empty());
    CHECK(tokens_of("a--b\rc") == list{"w:a", "w:c"});
    CHECK(tokens_of("1+--x\n2") == list{"d:1", "y:+", "d:2"});
    CHECK(tokens_of("a*/*;*/b") == list{"w:a", "y:*", "w:b"});
    CHECK(tokens_of("\"a;\"\"b\" U&\"c;\"") == list{"n:\"a;\"\"b\"", "n:U&\"c;\""});
    CHECK(tokens_of("x.end$1 $1") == list{"w:x", "y:.", "w:end$1", "p:$1"});
    CHECK(tokens_of("größe") == list{"w:größe"});
}

TEST_CASE("parameters and casts are tokens of their own") {
    CHECK(tokens_of("$12::int") == list{"p:$12", "t:::", "w:int"});
    CHECK(tokens_of("a[1:$2]") == list{"w:a", "y:[", "d:1", "y::", "p:$2", "y:]"});
    CHECK(tokens_of("a:::b") == list{"w:a", "t:::", "y::", "w:b"});
    CHECK(tokens_of("a : : b") == list{"w:a", "y::", "y::", "w:b"});
    CHECK(tokens_of("$1$$;$$") == list{"p:$1", "s:$$;$$"});
    CHECK(tokens_of("$ 1") == list{"y:$", "d:1"});
}

TEST_CASE("strings end where the server's scanner ends them") {
    CHECK(tokens_of("'it''s;' x") == list{"s:'it''s;'", "w:x"});
    CHECK(tokens_of(R"('\' x)") == list{R"(s:'\')", "w:x"});
    CHECK(tokens_of(R"('\';' x)", false) == list{R"(s:'\';')", "w:x"});
    CHECK(tokens_of(R"(e'\';' x)") == list{R"(s:e'\';')", "w:x"});
    CHECK(tokens_of(R"(E'\\' x)") == list{R"(s:E'\\')", "w:x"});
    CHECK(tokens_of(R"(U&'\' x)", false) == list{R"(s:U&'\')", "w:x"});
    CHECK(tokens_of("b'01' X'ff' n'a'") == list{"s:b'01'", "s:X'ff'", "s:n'a'"});
    CHECK(tokens_of("e 'a'") == list{"w:e", "s:'a'"});
    // The next part of a string is on another line, and read by the rules of the first.
    CHECK(tokens_of("e'a'\n '\\'b' c") == list{"s:e'a'\n '\\'b'", "w:c"});
    CHECK(tokens_of("'a' -- x\n 'b'") == list{"s:'a' -- x\n 'b'"});
    CHECK(tokens_of("'a' 'b'") == list{"s:'a'", "s:'b'"});
    CHECK(tokens_of("'a'\n/* x */ 'b'") == list{"s:'a'", "s:'b'"});
}

TEST_CASE("dollar quotes end at their own tag") {
    CHECK(tokens_of("$$a;'b$$ x") == list{"s:$$a;'b$$", "w:x"});
    CHECK(tokens_of("$a$ $b$ ; $$ $a$;") == list{"s:$a$ $b$ ; $$ $a$", "y:;"});
    CHECK(tokens_of("a$b$;") == list{"w:a$b$", "y:;"});
    CHECK(tokens_of("$1a$") == list{"p:$1", "w:a$"});
    CHECK(tokens_of("$é$;$é$") == list{"s:$é$;$é$"});
}

TEST_CASE("a quote or a comment without an end takes the rest of the text") {
    CHECK(tokens_of("a 'b; c") == list{"w:a", "u:'b; c"});
    CHECK(tokens_of("a e'b\\") == list{"w:a", "u:e'b\\"});
    CHECK(tokens_of("a \"b; c") == list{"w:a", "u:\"b; c"});
    CHECK(tokens_of("a $x$b; c$$") == list{"w:a", "u:$x$b; c$$"});
    CHECK(tokens_of("a /* /* b */ ; c") == list{"w:a", "u:/* /* b */ ; c"});
    CHECK(tokens_of("'a'\n'b") == list{"u:'a'\n'b"});
    CHECK(tokens_of("$") == list{"y:$"});
}

}  // namespace
}  // namespace podpool::detail
