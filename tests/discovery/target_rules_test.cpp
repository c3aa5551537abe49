// SPDX-License-Identifier: BSL-1.0
#include "discovery/target_rules.hpp"

#include <podpool/error.hpp>

#include "support/catch.hpp"

#include <string>

using podpool::endpoint;
using podpool::detail::is_dns_name;
using podpool::detail::literal_targets;
using podpool::detail::sort_targets;

namespace {

/// What the refusal of `call` says; fails the test if it isn't refused as invalid options.
template <class Call>
std::string refusal(Call call) {
    try {
        call();
    } catch (const podpool::error& problem) {
        REQUIRE(problem.code() == podpool::errc::invalid_options);
        return problem.what();
    }
    FAIL("nothing was refused");
    return {};
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("addresses, sockets, hostaddr and localhost are fixed, everything else is a name") {
    const auto sorted = sort_targets({{"10.0.0.1", "", 5432},
                                      {"FD00::0:1", "", 5433},
                                      {"/run/postgresql", "", 5434},
                                      {"@abstract", "", 5435},
                                      {"db.example", "10.0.0.2", 5436},
                                      {"LocalHost.", "", 5437},
                                      {"db.prod.svc.cluster.local", "", 5438},
                                      {"", "10.0.0.3", 5439},
                                      {"FD00::2", "fd00::2", 5440},
                                      {"10.0.0.4", "10.0.0.5", 5441}},
                                     true);
    REQUIRE(sorted.fixed.size() == 9);
    CHECK(sorted.fixed[0].where == endpoint("10.0.0.1", 5432));
    CHECK(sorted.fixed[0].host.empty());
    CHECK(sorted.fixed[1].where == endpoint("fd00::1", 5433));
    CHECK(sorted.fixed[2].where == endpoint("/run/postgresql", 5434));
    CHECK(sorted.fixed[3].where == endpoint("@abstract", 5435));
    CHECK(sorted.fixed[4].where == endpoint("10.0.0.2", 5436));
    CHECK(sorted.fixed[4].host == "db.example");
    CHECK(sorted.fixed[5].where == endpoint("127.0.0.1", 5437));
    CHECK(sorted.fixed[6].where == endpoint("10.0.0.3", 5439));
    CHECK(sorted.fixed[7].host.empty());
    CHECK(sorted.fixed[8].where == endpoint("10.0.0.5", 5441));
    CHECK(sorted.fixed[8].host == "10.0.0.4");
    REQUIRE(sorted.names.size() == 1);
    CHECK(sorted.names[0].host == "db.prod.svc.cluster.local");
}

TEST_CASE("one address written twice or in two ways is one endpoint, and one name is asked once") {
    CHECK(sort_targets({{"fd00::1", "", 1}, {"fd00:0::1", "", 1}, {"fd00::1", "", 2}}, true).fixed.size() ==
          2);
    CHECK(sort_targets({{"localhost", "", 1}}, true, podpool::address_family::ipv6).fixed.at(0).where ==
          endpoint("::1", 1));
    CHECK(sort_targets({{"db", "", 1}, {"db", "", 1}, {"db", "", 2}}, true).names.size() == 2);
}

TEST_CASE("a list of literals only refuses a name and says which") {
    const std::string text = refusal([] { literal_targets({{"10.0.0.1", "", 1}, {"db.prod", "", 1}}); });
    CHECK(contains(text, "`db.prod`"));
    CHECK(contains(text, "pool_discovery=static"));
    CHECK(literal_targets({{"db.prod", "10.0.0.1", 1}}).size() == 1);
}

TEST_CASE("what is neither a name nor an address is refused by its text") {
    for (const char* wrong : {"a..b", ".a", "a b", "b\xfcx", "a/b", "1:2", "."}) {
        CAPTURE(wrong);
        CHECK(
            contains(refusal([&] { sort_targets({{wrong, "", 1}}, true); }), "`" + std::string(wrong) + "`"));
    }
    CHECK(contains(refusal([] { sort_targets({{"db", "10.0.0", 1}}, true); }), "`10.0.0`"));
    CHECK(contains(refusal([] { sort_targets({}, true); }), "no host"));
    CHECK_FALSE(refusal([] { sort_targets({{"", "", 1}}, true); }).empty());
}

TEST_CASE("a password after another string's separator isn't shown with the host") {
    for (const char* wrong : {"h;password=canary", "h,password=canary", "h=canary"}) {
        CAPTURE(wrong);
        const std::string text = refusal([&] { sort_targets({{wrong, "", 1}}, true); });
        CHECK_FALSE(contains(text, "canary"));
        CHECK(contains(text, "`h"));
    }
}

TEST_CASE("port 0 is refused, except for names whose port SRV records bring") {
    CHECK(contains(refusal([] { sort_targets({{"db", "", 0}}, true); }), "port 0"));
    CHECK(contains(refusal([] { sort_targets({{"10.0.0.1", "", 0}}, false); }), "port 0"));
    CHECK(sort_targets({{"db", "", 0}}, false).names.size() == 1);
}

TEST_CASE("DNS names have their limits") {
    const std::string label63(63, 'a');
    CHECK(is_dns_name("db"));
    CHECK(is_dns_name("db."));
    CHECK(is_dns_name("_postgres._tcp.db.prod.svc.cluster.local."));
    CHECK(is_dns_name(label63 + "." + label63 + "." + label63 + "." + std::string(61, 'a')));
    CHECK_FALSE(is_dns_name(label63 + "." + label63 + "." + label63 + "." + std::string(62, 'a')));
    CHECK_FALSE(is_dns_name(label63 + "a"));
    CHECK_FALSE(is_dns_name(""));
}
