// SPDX-License-Identifier: BSL-1.0
// A statement of a blocking call: what is sent is what an asynchronous call sends, and little is copied.
#include "support/catch.hpp"

#include <podpool/postgres/connection.hpp>
#include <podpool/postgres/detail/borrowed_statement.hpp>
#include <podpool/postgres/detail/statement.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::detail {
namespace {

using namespace std::string_literals;

/// What differs between what is sent of the arguments by a blocking and by an asynchronous call.
template <class... Arguments>
std::string difference(const Arguments&... arguments) {
    const borrowed_statement borrowed("select $1", arguments...);
    const postgres_statement copied("select $1", arguments...);
    const statement_view view = borrowed.view();
    if (view.sql != copied.sql() || *(view.sql.data() + view.sql.size()) != '\0') return "text";
    if (view.count != copied.parameters().size()) return "count";
    for (std::size_t i = 0; i < view.count; ++i) {
        const bound_parameter& expected = copied.parameters()[i];
        const bool binary = expected.type == parameter_type::bytea;
        if (view.types[i] != static_cast<unsigned>(expected.type)) return "type";
        if ((view.values[i] == nullptr) != expected.null) return "null";
        if (view.formats[i] != (binary ? 1 : 0)) return "format";
        if (expected.null) continue;
        const auto size = static_cast<std::size_t>(view.lengths[i]);
        if (std::string_view(view.values[i], size) != expected.value) return "value";
        if (!binary && view.values[i][size] != '\0') return "end of text";
    }
    return "";
}

TEST_CASE("a blocking call sends what an asynchronous one sends") {
    const std::vector<std::byte> bytes{std::byte{0}, std::byte{255}};
    char writable[] = "writable";
    char* const pointer = writable;
    const char* const nothing = nullptr;
    CHECK(difference() == "");
    CHECK(difference(1, std::int16_t{-2}, std::uint8_t{3}, 4U, std::int64_t{-5}, true, 0.1, 0.1F) == "");
    CHECK(difference(std::numeric_limits<std::uint64_t>::max(), std::numeric_limits<std::int64_t>::min()) ==
          "");
    CHECK(difference("literal", "string"s, std::string_view("view"), pointer, writable, nothing, ""s) == "");
    CHECK(difference(nullptr, std::nullopt, std::optional<int>(), std::optional<int>(7)) == "");
    CHECK(difference(std::optional<std::string>("text"), std::optional<std::string>()) == "");
    CHECK(difference(std::optional(bytes), std::optional<std::vector<std::byte>>()) == "");
    CHECK(difference(bytes, std::span<const std::byte>(bytes), std::vector<std::byte>()) == "");
    CHECK(difference(std::vector{1, 2}, std::vector{"a"s, "b"s}, std::array{true}) == "");
    CHECK(difference(std::optional(std::vector{1}), std::optional<std::vector<int>>()) == "");
    parameters<postgres> list(std::vector{"a"s, "b"s});
    list.push_back(bytes);
    list.push_back(nullptr);
    CHECK(difference(1, list, "end") == "");
    CHECK(difference(parameters<postgres>()) == "");
    const std::string longer(5000, 'x');
    CHECK(difference(std::string_view(longer), std::string_view(longer), std::vector<int>(2000, 1)) == "");
    CHECK(difference(parameters<postgres>(std::vector<int>(1000, 1))) == "");
}

TEST_CASE("long texts, bytes and lists of parameters stay where the caller has them") {
    const std::string text(100, 'x');
    const std::vector<std::byte> bytes(100);
    const parameters<postgres> list(std::vector{text});
    const borrowed_statement borrowed("select $1, $2, $3", text, bytes, list);
    const statement_view view = borrowed.view();
    REQUIRE(view.count == 3);
    CHECK(view.values[0] == text.c_str());
    CHECK(static_cast<const void*>(view.values[1]) == bytes.data());
    CHECK(view.values[2] == list.values().front().value.c_str());
}

TEST_CASE("a blocking call refuses what an asynchronous one refuses") {
    CHECK_THROWS_AS(borrowed_statement("select 1\0 or more"s), std::invalid_argument);
    CHECK_THROWS_AS(borrowed_statement("select $1", "a\0b"s), std::invalid_argument);
    CHECK_THROWS_AS(borrowed_statement("select $1", std::string_view("a\0b", 3)), std::invalid_argument);
    CHECK_THROWS_AS(borrowed_statement("select $1", std::optional("a\0b"s)), std::invalid_argument);
    CHECK_THROWS_AS(borrowed_statement("select $1", std::vector{"a\0b"s}), std::invalid_argument);
    const parameters<postgres> list(std::vector{"a"s, "a\0b"s});
    CHECK_THROWS_WITH(borrowed_statement("select $1, $2, $3", 1, list),
                      Catch::Matchers::ContainsSubstring("$3"));
    const parameters<postgres> too_many(std::vector<int>(65536, 1));
    CHECK_THROWS_WITH(borrowed_statement("select $1", too_many),
                      Catch::Matchers::ContainsSubstring("at most 65535"));
}

}  // namespace
}  // namespace podpool::detail
