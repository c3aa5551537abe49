// SPDX-License-Identifier: BSL-1.0
#include <podpool/core/backoff.hpp>

#include "support/catch.hpp"

#include <limits>
#include <set>

using namespace podpool;
using namespace podpool::core;
using namespace std::chrono_literals;

namespace {

struct ladder {
    failure_kind kind;
    duration first;
    duration longest;
};

}  // namespace

TEST_CASE("each back-off is drawn between half and all of its step, and the steps double to the longest") {
    const ladder row = GENERATE(values<ladder>({{failure_kind::endpoint_down, 10ms, 5s},
                                                {failure_kind::connection_lost, 10ms, 5s},
                                                {failure_kind::overloaded, 100ms, 5s},
                                                {failure_kind::wrong_role, 250ms, 5s},
                                                {failure_kind::rejected, 1s, 30s}}));
    core::random rng(3);
    duration step = row.first;
    for (unsigned failures = 1; failures <= 40; ++failures) {
        duration least = duration::max();
        duration most{0};
        for (int draw = 0; draw < 500; ++draw) {
            const duration pause = backoff(row.kind, failures, rng);
            least = std::min(least, pause);
            most = std::max(most, pause);
        }
        CHECK(least >= step / 2);
        CHECK(most <= step);
        // It spreads over the half, so that clients that failed together don't return together.
        CHECK(most - least > step * 45 / 100);
        step = std::min(2 * step, row.longest);
    }
    CHECK(step == row.longest);
}

TEST_CASE("any number of failures keeps the longest back-off") {
    core::random rng(3);
    const duration pause = backoff(failure_kind::rejected, std::numeric_limits<unsigned>::max(), rng);
    CHECK(pause >= 15s);
    CHECK(pause <= 30s);
}

TEST_CASE("back-offs have nanosecond resolution") {
    core::random rng(3);
    std::set<duration> seen;
    for (int draw = 0; draw < 1000; ++draw) seen.insert(backoff(failure_kind::endpoint_down, 1, rng));
    CHECK(seen.size() > 990);
}
