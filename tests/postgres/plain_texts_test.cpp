// SPDX-License-Identifier: BSL-1.0
#include "plain_texts.hpp"

#include "support/catch.hpp"

#include <string>

using podpool::detail::plain_texts;

TEST_CASE("a text is known once it is remembered, and only that text") {
    plain_texts texts;
    CHECK_FALSE(texts.knows("select 1"));
    texts.remember("select 1");
    CHECK(texts.knows("select 1"));
    CHECK_FALSE(texts.knows("select 2"));
    CHECK_FALSE(texts.knows("SELECT 1"));
    CHECK_FALSE(texts.knows("select 1 "));
}

TEST_CASE("the empty text is known from the start: it leaves nothing") { CHECK(plain_texts().knows("")); }

TEST_CASE("of many texts the last one in its place is known") {
    plain_texts texts;
    for (int number = 0; number < 1000; ++number) {
        const std::string text = "select " + std::to_string(number);
        texts.remember(text);
        CHECK(texts.knows(text));
    }
}

TEST_CASE("a long text isn't kept") {
    plain_texts texts;
    const std::string text(4096, 'x');
    texts.remember(text);
    CHECK_FALSE(texts.knows(text));
}
