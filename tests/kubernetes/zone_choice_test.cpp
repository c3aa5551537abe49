// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/zone_choice.hpp"

#include "support/catch.hpp"

using podpool::detail::members_by_hints;
using podpool::detail::slice_member;
using podpool::detail::zone_of_node;
using reason = podpool::detail::hinted_members::reason_kind;
using names = std::vector<std::string>;

namespace {

slice_member member(const std::string& node, const std::string& zone, names zones = {}, names nodes = {}) {
    slice_member result;
    result.node = node;
    result.zone = zone;
    result.hint_zones = std::move(zones);
    result.hint_nodes = std::move(nodes);
    return result;
}

slice_member unready(slice_member one) {
    one.ready = false;
    return one;
}

slice_member terminating(slice_member one) {
    one.terminating = true;
    return one;
}

}  // namespace

TEST_CASE("the zone of a node is that of the endpoints on it") {
    const std::vector<slice_member> all{member("n1", ""), member("n1", "zone-a"),
                                        unready(member("n2", "zone-b"))};
    CHECK(zone_of_node(all, "n1") == "zone-a");
    CHECK(zone_of_node(all, "n2") == "zone-b");
    CHECK(zone_of_node(all, "n3").empty());
    CHECK(zone_of_node({member("", "zone-a")}, "").empty());
    CHECK(zone_of_node({}, "n1").empty());
}

TEST_CASE("hints for this node come before those for its zone") {
    const std::vector<slice_member> all{member("n1", "a", {"a"}, {"n1"}), member("n2", "a", {"a"}, {"n2"}),
                                        member("n3", "b", {"b"}, {"n3", "n1"})};
    const auto by_node = members_by_hints(all, "n1", "a");
    CHECK(by_node.reason == reason::node);
    CHECK(by_node.preferred == std::vector{true, false, true});
    const auto by_zone = members_by_hints(all, "n9", "a");
    CHECK(by_zone.reason == reason::zone);
    CHECK(by_zone.preferred == std::vector{true, true, false});
    CHECK(members_by_hints(all, "", "b").preferred == std::vector{false, false, true});
}

TEST_CASE("without a hint for this node or zone everybody is as good") {
    const std::vector<slice_member> all{member("n1", "a", {"a"}, {"n1"}), member("n2", "b", {"b"}, {"n2"})};
    for (const auto& found : {members_by_hints(all, "n9", "c"), members_by_hints(all, "", "")}) {
        CHECK(found.reason == reason::none);
        CHECK(found.preferred == std::vector{true, true});
    }
    CHECK(members_by_hints({}, "n1", "a").preferred.empty());
    // An empty name is nobody's, least of all of one that doesn't know where it is.
    CHECK(members_by_hints({member("n1", "a", {""}, {""})}, "", "").reason == reason::none);
}

TEST_CASE("one ready member without hints makes them void") {
    const auto hinted = member("n1", "a", {"a"}, {"n1"});
    const auto by_zone = members_by_hints({hinted, member("n2", "b", {"b"})}, "n1", "a");
    CHECK(by_zone.reason == reason::zone);
    CHECK(by_zone.preferred == std::vector{true, false});
    const auto none = members_by_hints({hinted, member("n2", "b", {}, {"n2"})}, "n9", "a");
    CHECK(none.reason == reason::none);
    CHECK(none.preferred == std::vector{true, true});
}

TEST_CASE("members that aren't ready or terminate have no hints, and don't make them void") {
    const auto hinted = member("n1", "a", {"a"}, {"n1"});
    const auto found =
        members_by_hints({hinted, unready(member("n1", "a")), terminating(member("n1", "a"))}, "n1", "a");
    CHECK(found.reason == reason::node);
    CHECK(found.preferred == std::vector{true, false, false});
    // A hint of one that gets nothing new is no reason to prefer it.
    const auto only_gone =
        members_by_hints({member("n2", "b", {"b"}, {"n2"}), terminating(hinted)}, "n1", "a");
    CHECK(only_gone.reason == reason::none);
    CHECK(only_gone.preferred == std::vector{true, true});
}
