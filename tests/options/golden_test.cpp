// SPDX-License-Identifier: BSL-1.0
// Names that users depend on change only on purpose: PODPOOL_UPDATE_GOLDEN=1 rewrites the files.

#include "golden.hpp"
#include "options_page.hpp"
#include "support/catch.hpp"

#include <podpool/detail/option_table.hpp>
#include <podpool/errc.hpp>
#include <podpool/option_values.hpp>

#include <array>
#include <set>
#include <string>
#include <utility>

using podpool::errc;

TEST_CASE("option names, defaults, kinds and ranges are those of the golden file") {
    std::string text;
    for (const podpool::detail::option_row& row : podpool::detail::option_table) {
        text.append(row.key).append(" | ").append(row.default_text()).append(" | ");
        text.append(row.kind()).append(" | ").append(row.range()).append("\n");
    }
    CHECK(text == podpool::test::golden_file("tests/golden/option_names.txt", text));
}

TEST_CASE("error codes are those of the golden file") {
    constexpr std::array names{
        std::pair{errc::acquire_timeout, "acquire_timeout"},
        std::pair{errc::pool_closed, "pool_closed"},
        std::pair{errc::too_many_waiters, "too_many_waiters"},
        std::pair{errc::connection_rejected, "connection_rejected"},
        std::pair{errc::invalid_options, "invalid_options"},
        std::pair{errc::connection_lost, "connection_lost"},
        std::pair{errc::not_connected, "not_connected"},
        std::pair{errc::role_excluded, "role_excluded"},
        std::pair{errc::overloaded, "overloaded"},
        std::pair{errc::forked, "forked"},
        std::pair{errc::not_ready, "not_ready"},
        std::pair{errc::transaction_rolled_back, "transaction_rolled_back"},
        std::pair{errc::invalid_value, "invalid_value"},
    };
    std::string text;
    for (const auto& [code, name] : names) {
        text.append(std::to_string(static_cast<int>(code))).append(" | ").append(name).append(" | ");
        text.append(make_error_code(code).message()).append("\n");
    }
    CHECK(text == podpool::test::golden_file("tests/golden/error_codes.txt", text));

    // A code that is missing above has a message of its own and is found by counting.
    const auto& category = podpool::pool_category();
    CHECK(std::string(category.name()) == "podpool");
    CHECK(category.message(0) == "unknown podpool error");
    CHECK(category.message(static_cast<int>(names.size())) != "unknown podpool error");
    CHECK(category.message(static_cast<int>(names.size()) + 1) == "unknown podpool error");
}

TEST_CASE("docs/options.md is what the option table says") {
    const std::string page = podpool::test::options_page();
    CHECK(page == podpool::test::golden_file("docs/options.md", page));
}

TEST_CASE("every row of the option table is complete") {
    std::set<std::string_view> keys;
    for (const podpool::detail::option_row& row : podpool::detail::option_table) {
        CAPTURE(row.key);
        CHECK(keys.insert(row.key).second);
        CHECK(row.key.starts_with("pool_"));
        CHECK(row.meaning.ends_with('.'));
        CHECK_FALSE(row.range().empty());
        CHECK_FALSE(row.default_text().empty());
        CHECK(row.same(podpool::options{}, podpool::options{}));
    }
}
