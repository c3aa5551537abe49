// SPDX-License-Identifier: BSL-1.0
#include "discovery/pace.hpp"

#include "support/catch.hpp"

using podpool::detail::refresh_after;
using podpool::detail::refresh_floor;
using podpool::detail::retry_after;
using namespace std::chrono_literals;

TEST_CASE("an answer is refreshed after its TTL, but no later than pool_dns_refresh says") {
    CHECK(refresh_after(3s, 5s, 0) == 3s);
    CHECK(refresh_after(600s, 5s, 0) == 5s);
    CHECK(refresh_after(2147483647s, 1h, 0) == 1h);
    CHECK(refresh_after(std::nullopt, 5s, 0) == 5s);
}

TEST_CASE("an answer is never refreshed sooner than after the floor") {
    CHECK(refresh_after(0s, 5s, 0) == refresh_floor);
    CHECK(refresh_after(0s, 5s, 1) == refresh_floor);
    CHECK(refresh_after(1s, 5s, 1) == refresh_floor);
}

TEST_CASE("the draw pulls a refresh earlier by up to a tenth, never later") {
    CHECK(refresh_after(std::nullopt, 10s, 0) == 10s);
    CHECK(refresh_after(std::nullopt, 10s, 0.5) == 9500ms);
    CHECK(refresh_after(std::nullopt, 10s, 1) == 9s);
    CHECK(retry_after(3, 60s, 1) == 3600ms);
}

TEST_CASE("failures are retried after 1 s, doubling up to pool_dns_refresh") {
    CHECK(retry_after(1, 5s, 0) == 1s);
    CHECK(retry_after(2, 5s, 0) == 2s);
    CHECK(retry_after(3, 5s, 0) == 4s);
    CHECK(retry_after(4, 5s, 0) == 5s);
    CHECK(retry_after(4000000000U, 5s, 0) == 5s);
    CHECK(retry_after(9, 1s, 0) == 1s);
}
