// SPDX-License-Identifier: BSL-1.0
// A user's SQL text: it is taken apart into tokens, the commits are found among its statements, and it is
// told whether it surely leaves nothing in its session.
#include "postgres/src/commit_reader.hpp"
#include "postgres/src/plain_statement.hpp"
#include "postgres/src/sql_lexer.hpp"
#include "target.hpp"

#include <podpool/detail/lower_case.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace {

using namespace podpool;
using podpool::fuzz::promise;

void check_tokens(std::string_view sql, bool standard_strings) {
    detail::sql_lexer lexer(sql, standard_strings);
    const char* done = sql.data();
    for (detail::sql_token token = lexer.next(); token.kind != detail::sql_token_kind::end;
         token = lexer.next()) {
        promise(!token.text.empty(), "a token isn't empty");
        promise(token.text.data() >= done, "tokens come in their order and don't overlap");
        done = token.text.data() + token.text.size();
        promise(done <= sql.data() + sql.size(), "a token is in the text");
        const bool last = token.kind == detail::sql_token_kind::unfinished;
        promise(!last || done == sql.data() + sql.size(), "nothing comes after a quote that never ends");
    }
    promise(lexer.next().kind == detail::sql_token_kind::end, "the end stays the end");
}

void check_commits(std::string_view sql, bool standard_strings) {
    const detail::commits_in_text found = detail::find_commits(sql, standard_strings);
    promise(std::is_sorted(found.places.begin(), found.places.end()), "places are in order");
    promise(found.places.empty() || found.places.back() < found.statements,
            "a commit is one of the statements");
}

/// The text with the case of every letter of its words without quotes turned.
std::string with_turned_words(std::string_view sql, bool standard_strings) {
    std::string turned(sql);
    detail::sql_lexer lexer(sql, standard_strings);
    for (detail::sql_token token = lexer.next(); token.kind != detail::sql_token_kind::end;
         token = lexer.next()) {
        if (token.kind != detail::sql_token_kind::word) continue;
        const auto begin = static_cast<std::size_t>(token.text.data() - sql.data());
        for (std::size_t at = begin; at < begin + token.text.size(); ++at) {
            const char small = detail::lower_case(turned[at]);
            if (small >= 'a' && small <= 'z') turned[at] = static_cast<char>(turned[at] ^ ' ');
        }
    }
    return turned;
}

/// The parts of a text between the semicolons that are tokens.
std::vector<std::string_view> parts_of(std::string_view sql, bool standard_strings) {
    std::vector<std::string_view> parts;
    std::size_t begin = 0;
    detail::sql_lexer lexer(sql, standard_strings);
    for (detail::sql_token token = lexer.next(); token.kind != detail::sql_token_kind::end;
         token = lexer.next()) {
        if (!token.is_symbol(';')) continue;
        const auto end = static_cast<std::size_t>(token.text.data() - sql.data());
        parts.push_back(sql.substr(begin, end - begin));
        begin = end + 1;
    }
    parts.push_back(sql.substr(begin));
    return parts;
}

void check_plainness(std::string_view sql, bool standard_strings) {
    const auto plain = [standard_strings](std::string_view text) {
        return detail::leaves_nothing(text, standard_strings);
    };
    const std::string text(sql);
    const bool verdict = plain(sql);
    promise(!plain(text + "\n;set x = 1"), "a text with SET isn't plain");
    promise(!plain("reset x;" + text), "a text with RESET isn't plain");
    promise(plain(text + "\n;select 1") == verdict, "a plain statement changes nothing");
    promise(plain("/* a /* b */ ' */-- \"\n" + text) == verdict, "comments change nothing");
    promise(plain(with_turned_words(sql, standard_strings)) == verdict, "the case of words changes nothing");
    if (sql.find('\\') == std::string_view::npos)
        promise(detail::leaves_nothing(sql, !standard_strings) == verdict,
                "only backslashes depend on the setting");

    bool every = true;
    for (const std::string_view part : parts_of(sql, standard_strings)) every = every && plain(part);
    promise(every == verdict, "a text is plain if all its statements are");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view sql = podpool::fuzz::text_of(data, size);
    for (const bool standard_strings : {true, false}) {
        check_tokens(sql, standard_strings);
        check_commits(sql, standard_strings);
        check_plainness(sql, standard_strings);
    }
    return 0;
}
