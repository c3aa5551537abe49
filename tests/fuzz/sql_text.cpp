// SPDX-License-Identifier: BSL-1.0
// A user's SQL text: it is taken apart into tokens, and the commits are found among its statements.
#include "postgres/src/commit_reader.hpp"
#include "postgres/src/sql_lexer.hpp"
#include "target.hpp"

#include <algorithm>
#include <cstddef>

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view sql = podpool::fuzz::text_of(data, size);
    for (const bool standard_strings : {true, false}) {
        check_tokens(sql, standard_strings);
        check_commits(sql, standard_strings);
    }
    return 0;
}
