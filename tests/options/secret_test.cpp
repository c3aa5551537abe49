// SPDX-License-Identifier: BSL-1.0

#include "support/catch.hpp"

#include <podpool/options.hpp>
#include <podpool/secret.hpp>

#include <concepts>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace {

template <class T>
concept streamable = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept has_to_string = requires(const T& value) { to_string(value); };

static_assert(streamable<std::string>, "the concept can be satisfied");
static_assert(!streamable<podpool::secret>);
static_assert(!streamable<podpool::options>);
static_assert(!has_to_string<podpool::secret>);
static_assert(!std::is_convertible_v<podpool::secret, std::string>);
static_assert(!std::is_convertible_v<podpool::secret, std::string_view>);
static_assert(!std::is_convertible_v<podpool::secret, const char*>);
static_assert(!std::is_convertible_v<podpool::secret, bool>);
static_assert(!std::is_constructible_v<std::string, podpool::secret>);
static_assert(!std::is_convertible_v<std::string, podpool::secret>, "nothing becomes a secret by accident");
static_assert(!std::equality_comparable<podpool::secret>);

}  // namespace

TEST_CASE("a secret gives its text only to who asks for it") {
    const podpool::secret secret(std::string("password=x"));
    CHECK(secret.reveal() == "password=x");
    CHECK(std::string_view(secret.reveal_c_str()) == "password=x");
    CHECK_FALSE(secret.empty());
}

TEST_CASE("a secret that was moved from holds nothing") {
    podpool::secret first(std::string("password=x"));
    podpool::secret second(std::move(first));
    CHECK(first.empty());  // NOLINT(bugprone-use-after-move): what is left behind is the point
    podpool::secret third;
    third = std::move(second);
    CHECK(second.empty());  // NOLINT(bugprone-use-after-move)
    CHECK(third.reveal() == "password=x");
}
