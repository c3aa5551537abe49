// SPDX-License-Identifier: BSL-1.0
// The models that podpool is compared with.
#include "simulation/play.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace podpool::simulation;
using namespace std::chrono_literals;

namespace {

plan scale_up() {
    plan scenario;
    scenario.clients = 50;
    scenario.sessions = 4;
    scenario.pods = 4;
    scenario.lifetime = 10min;
    scenario.scale = {{15min, 1}};
    scenario.length = 30min;
    return scenario;
}

history of(const char* name, const plan& scenario, std::uint64_t seed = 1) {
    const model* const found = find_model(name);
    REQUIRE(found != nullptr);
    return play(scenario, *found, seed);
}

}  // namespace

TEST_CASE("what a Service or a proxy has placed stays where it is") {
    for (const char* const name : {"kube-proxy", "ipvs-rr", "ipvs-lc", "tcp-leastconn", "libpq-random"}) {
        CAPTURE(name);
        const history seen = of(name, scale_up());
        CHECK(seen.dials == 0);
        CHECK(seen.moments.back().newest_share == 0);
        CHECK_FALSE(seen.newest_filled);
        CHECK_FALSE(seen.moves);
        CHECK(seen.moments.back().mean * 5 == 200);
    }
}

TEST_CASE("a balancer that sees more is more even: a proxy, nodes, nobody") {
    plan scenario = scale_up();
    scenario.scale.clear();
    scenario.length = 2min;
    const auto evenness_of = [&](const char* name) {
        return of(name, scenario).moments.back().max_over_mean;
    };
    CHECK(evenness_of("tcp-leastconn") == 1);
    CHECK(evenness_of("ipvs-lc") >= 1);
    CHECK(evenness_of("ipvs-lc") <= 1.1);
    CHECK(evenness_of("kube-proxy") > evenness_of("ipvs-lc"));
}

TEST_CASE("a lifetime alone fills the new pod within a lifetime, with little jitter in one burst") {
    const history narrow = of("lifetime-2.5", scale_up());
    const history wide = of("lifetime-25", scale_up());
    CHECK(narrow.moments.back().newest_share > 0.5);
    CHECK(narrow.dials >= 200);
    CHECK(narrow.busiest_ten_seconds > 2 * wide.busiest_ten_seconds);
}

TEST_CASE("podpool fills the new pod in less than a lifetime and fails nobody, checked as in the scenarios") {
    plan scenario = scale_up();
    scenario.sessions = 10;
    const history seen = play(scenario, *find_model("podpool"), 1, 50);
    REQUIRE(seen.newest_filled);
    CHECK(*seen.newest_filled < 5min);
    CHECK(seen.failed == 0U);
    CHECK(seen.moves > 0U);
}

TEST_CASE("checks change no history") {
    const plan scenario = scale_up();
    const history with = play(scenario, *find_model("podpool-p2c"), 3, 1);
    const history without = play(scenario, *find_model("podpool-p2c"), 3, 0);
    CHECK(with.events == without.events);
    CHECK(with.dials == without.dials);
}

TEST_CASE("pods that go lose their sessions to those that stay") {
    plan scenario = scale_up();
    scenario.scale = {{10min, -1}};
    for (const char* const name : {"kube-proxy", "podpool"}) {
        CAPTURE(name);
        const history seen = of(name, scenario);
        CHECK(seen.moments.back().mean * 3 == 200);
        CHECK((seen.lost > 0) == (std::string(name) == "kube-proxy"));
    }
}

TEST_CASE("a resolver's cache hides a new pod for at most its age") {
    plan scenario = scale_up();
    scenario.dns_ttl = scenario.dns_cache = 60s;
    scenario.sessions = 10;
    const history fresh = of("podpool", scale_up());
    const history stale = of("podpool", scenario);
    const auto first_on_new = [](const history& seen) {
        return std::find_if(seen.moments.begin(), seen.moments.end(),
                            [](const moment& one) { return one.at > 15min && one.newest > 0; })
            ->at;
    };
    CHECK(first_on_new(stale) <= 15min + 90s);
    CHECK(first_on_new(fresh) <= 15min + 30s);
}
