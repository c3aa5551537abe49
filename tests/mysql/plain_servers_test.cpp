// SPDX-License-Identifier: BSL-1.0
#include "plain_servers.hpp"
#include "support/catch.hpp"

namespace podpool::detail {
namespace {

TEST_CASE("a server without TLS is remembered for a while, and only that one") {
    const plain_servers::time_point start{};
    const endpoint one("10.0.0.1", 3306);
    plain_servers seen;
    CHECK_FALSE(seen.knows(one, start));
    seen.note(one, start);
    CHECK(seen.knows(one, start));
    CHECK_FALSE(seen.knows(endpoint("10.0.0.2", 3306), start));
    CHECK_FALSE(seen.knows(endpoint("10.0.0.1", 3307), start));
    CHECK(seen.knows(one, start + plain_servers::memory - std::chrono::seconds(1)));
    CHECK_FALSE(seen.knows(one, start + plain_servers::memory));
    seen.note(endpoint("10.0.0.2", 3306), start + plain_servers::memory);
    CHECK_FALSE(seen.knows(one, start));
}

}  // namespace
}  // namespace podpool::detail
