// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/member_choice.hpp"

#include "kubernetes/slices.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <array>

using podpool::address_family;
using podpool::endpoint;
using podpool::detail::endpoint_slice;
using podpool::detail::member_choice;
using podpool::detail::member_list;
using podpool::detail::member_rules;
using podpool::detail::slice_member;
using podpool::detail::slice_set;
using slices::drop;
using slices::pod;
using slices::put;
using slices::slice;
using texts = std::vector<std::string>;

namespace {

member_rules rules(address_family family = address_family::automatic) {
    member_rules result;
    result.family = family;
    result.service_port = 5432;
    return result;
}

/// A member as `address:port uid` and what is unusual about it.
std::string shown(const slice_member& member) {
    std::string text = to_string(member.where) + " " + (member.pod_uid.empty() ? "-" : member.pod_uid);
    if (!member.ready) text += " unready";
    if (!member.serving) text += " silent";
    if (member.terminating) text += " terminating";
    return text;
}

texts shown(const member_list& list) {
    texts result;
    for (const auto& member : list.members) result.push_back(shown(member));
    return result;
}

texts members(const slice_set& set, const member_rules& wanted = rules()) {
    return shown(member_choice(wanted).take(set));
}

slice_set set_of(std::vector<endpoint_slice> list) {
    slice_set set("db");
    set.replace(std::move(list));
    return set;
}

}  // namespace

TEST_CASE("the members are those of all slices, with what is known of each") {
    auto first = pod("p1", "10.0.0.2");
    first.node = "fake-a";
    first.zone = "zone-a";
    first.hint_zones = {"zone-a"};
    first.hint_nodes = {"fake-a", "fake-b"};
    const auto list = member_choice(rules()).take(
        set_of({slice("a", "1", {first}), slice("b", "2", {pod("p0", "10.0.0.1", slices::terminating)}),
                slice("c", "3", {})}));
    CHECK(shown(list) == texts{"10.0.0.1:5432 p0 unready terminating", "10.0.0.2:5432 p1"});
    const auto& known = list.members.at(1);
    CHECK(known.pod_name == "p1");
    CHECK(known.node == "fake-a");
    CHECK(known.zone == "zone-a");
    CHECK(known.hint_zones == texts{"zone-a"});
    CHECK(known.hint_nodes == texts{"fake-a", "fake-b"});
    CHECK(list.left_out.empty());
    CHECK(list.problems.empty());
    CHECK(members(set_of({})).empty());
}

TEST_CASE("what is behind an endpoint need not be a pod, and only the first address counts") {
    auto machine = pod("vm-1", "10.0.0.1");
    machine.target.kind = "VirtualMachineInstance";
    machine.addresses.push_back("10.0.0.9");
    const auto list = member_choice(rules()).take(set_of({slice("a", "1", {machine})}));
    CHECK(shown(list) == texts{"10.0.0.1:5432 vm-1"});
    CHECK(list.members[0].pod_name.empty());
}

TEST_CASE("a pod in two slices is one endpoint, in the state that the newer slice says") {
    for (const auto& [older, newer] :
         {std::pair(slices::ready, slices::terminating), std::pair(slices::unready, slices::ready),
          std::pair(slices::ready, slices::unready)}) {
        const auto before = slice("old", "10", {pod("p", "10.0.0.1", older)});
        const auto after = slice("new", "11", {pod("p", "10.0.0.1", newer)});
        const texts expected = members(set_of({after}));
        CHECK(members(set_of({before, after})) == expected);
        CHECK(members(set_of({after, before})) == expected);
        // Of other versions than numbers the last one to come is the newer one.
        auto old_text = before;
        old_text.resource_version = "x";
        auto new_text = after;
        new_text.resource_version = "a";
        CHECK(members(set_of({old_text, new_text})) == expected);
    }
}

TEST_CASE("a slice that goes takes only what no other slice has") {
    slice_set set("db");
    put(set, slice("old", "1", {pod("p0", "10.0.0.1"), pod("p1", "10.0.0.2")}));
    put(set, slice("new", "2", {pod("p1", "10.0.0.2"), pod("p2", "10.0.0.3")}));
    CHECK(members(set) == texts{"10.0.0.1:5432 p0", "10.0.0.2:5432 p1", "10.0.0.3:5432 p2"});
    // DELETED carries the last endpoints of the slice.
    drop(set, slice("old", "3", {pod("p0", "10.0.0.1"), pod("p1", "10.0.0.2")}));
    CHECK(members(set) == texts{"10.0.0.2:5432 p1", "10.0.0.3:5432 p2"});
    drop(set, slice("new", "4", {pod("p1", "10.0.0.2"), pod("p2", "10.0.0.3")}));
    CHECK(members(set).empty());
}

TEST_CASE("a Service that is deleted and made again never loses a pod") {
    slice_set set("db");
    put(set, slice("old", "10", {pod("p0", "10.0.0.1"), pod("p1", "10.0.0.2", slices::unready)}));
    put(set, slice("made-again", "12", {pod("p0", "10.0.0.1"), pod("p1", "10.0.0.2")}));
    CHECK(members(set) == texts{"10.0.0.1:5432 p0", "10.0.0.2:5432 p1"});
    drop(set, slice("old", "14", {pod("p0", "10.0.0.1"), pod("p1", "10.0.0.2", slices::unready)}));
    CHECK(members(set) == texts{"10.0.0.1:5432 p0", "10.0.0.2:5432 p1"});
}

TEST_CASE("an address that another pod has now is that pod's") {
    slice_set set("db");
    put(set, slice("old", "1", {pod("gone", "10.0.0.1")}));
    put(set, slice("new", "2", {pod("came", "10.0.0.1")}));
    CHECK(members(set) == texts{"10.0.0.1:5432 came"});
    // In one slice, whatever the order.
    CHECK(members(set_of({slice("a", "1", {pod("p0", "10.0.0.1"), pod("p1", "10.0.0.1")})})).size() == 1);
}

TEST_CASE("a pod whose address changes is one endpoint, at its new address") {
    CHECK(members(set_of({slice("old", "1", {pod("p", "10.0.0.1")}),
                          slice("new", "2", {pod("p", "10.0.0.2")})})) == texts{"10.0.0.2:5432 p"});
    CHECK(members(set_of({slice("new", "2", {pod("p", "10.0.0.2")}),
                          slice("old", "1", {pod("p", "10.0.0.1")})})) == texts{"10.0.0.2:5432 p"});
}

TEST_CASE(
    "what somebody wrote by hand is an endpoint of its own, and says nothing about a pod at its address") {
    const auto pods = slice("a", "1", {pod("p", "10.0.0.1", slices::terminating)});
    const auto by_hand = slice("mine", "2", {pod("", "10.0.0.1"), pod("", "10.0.0.9")});
    CHECK(members(set_of({pods, by_hand})) ==
          texts{"10.0.0.1:5432 p unready terminating", "10.0.0.9:5432 -"});
    CHECK(members(set_of({by_hand})) == texts{"10.0.0.1:5432 -", "10.0.0.9:5432 -"});
    const auto twice = slice("other", "3", {pod("", "10.0.0.9", slices::unready)});
    CHECK(members(set_of({by_hand, twice})) == texts{"10.0.0.1:5432 -", "10.0.0.9:5432 - unready silent"});
}

TEST_CASE("a pod with two families is one endpoint, by IPv4 when the families are as frequent") {
    const auto v4 = slice("v4", "1", {pod("p0", "10.0.0.1"), pod("p1", "10.0.0.2")});
    const auto v6 = slice("v6", "2", {pod("p0", "fd00::1"), pod("p1", "fd00::2")});
    const auto list = member_choice(rules()).take(set_of({v6, v4}));
    CHECK(shown(list) == texts{"10.0.0.1:5432 p0", "10.0.0.2:5432 p1"});
    CHECK(list.left_out == std::vector{endpoint("fd00::1", 5432), endpoint("fd00::2", 5432)});
    CHECK(members(set_of({v4, v6}), rules(address_family::ipv6)) ==
          texts{"[fd00::1]:5432 p0", "[fd00::2]:5432 p1"});
    CHECK(members(set_of({v4, v6}), rules(address_family::ipv4)) ==
          texts{"10.0.0.1:5432 p0", "10.0.0.2:5432 p1"});
    CHECK(members(set_of({v4, v6}), rules(address_family::both)) ==
          texts{"10.0.0.1:5432 p0", "10.0.0.2:5432 p1", "[fd00::1]:5432 p0", "[fd00::2]:5432 p1"});
    CHECK(members(set_of({v4}), rules(address_family::ipv6)).empty());
}

TEST_CASE("the state of a pod with two families is that of the slice that was written last") {
    const auto v4 = slice("v4", "1", {pod("p", "10.0.0.1")});
    const auto v6 = slice("v6", "2", {pod("p", "fd00::1", slices::terminating)});
    CHECK(members(set_of({v4, v6})) == texts{"10.0.0.1:5432 p unready terminating"});
}

TEST_CASE("the more frequent family is used, and a pod that hasn't got it by its other one") {
    const auto v4 = slice("v4", "1", {pod("p0", "10.0.0.1"), pod("p1", "10.0.0.2")});
    const auto v6 = slice("v6", "2", {pod("p0", "fd00::1"), pod("p1", "fd00::2"), pod("p2", "fd00::3")});
    const auto list = member_choice(rules()).take(set_of({v4, v6}));
    CHECK(shown(list) == texts{"[fd00::1]:5432 p0", "[fd00::2]:5432 p1", "[fd00::3]:5432 p2"});
    const auto less = slice("v6", "3", {pod("p2", "fd00::3")});
    CHECK(members(set_of({v4, less})) == texts{"10.0.0.1:5432 p0", "10.0.0.2:5432 p1", "[fd00::3]:5432 p2"});
    // Of what somebody wrote by hand nobody knows whether it is another server or another address.
    const auto by_hand = slice("mine", "3", {pod("", "fd00::3")});
    const auto known = member_choice(rules()).take(set_of({v4, by_hand}));
    CHECK(shown(known) == texts{"10.0.0.1:5432 p0", "10.0.0.2:5432 p1"});
    CHECK(known.left_out == std::vector{endpoint("fd00::3", 5432)});
}

TEST_CASE("the family stays when the slices of one change before those of the other") {
    slice_set set("db");
    put(set, slice("v4", "1", {pod("p0", "10.0.0.1"), pod("p1", "10.0.0.2")}));
    put(set, slice("v6", "2", {pod("p0", "fd00::1"), pod("p1", "fd00::2")}));
    member_choice choice(rules());
    CHECK(shown(choice.take(set)) == texts{"10.0.0.1:5432 p0", "10.0.0.2:5432 p1"});
    // Scaled up: for milliseconds the new pods have IPv6 only.
    put(set, slice("v6", "3", {pod("p0", "fd00::1"), pod("p1", "fd00::2"), pod("p2", "fd00::3")}));
    CHECK(shown(choice.take(set)) == texts{"10.0.0.1:5432 p0", "10.0.0.2:5432 p1", "[fd00::3]:5432 p2"});
    // Scaled down: for milliseconds there is more of IPv6.
    put(set, slice("v4", "4", {pod("p0", "10.0.0.1")}));
    CHECK(shown(choice.take(set)).front() == "10.0.0.1:5432 p0");
    // Without pods, too.
    put(set, slice("v4", "5", {}));
    put(set, slice("v6", "6", {}));
    CHECK(shown(choice.take(set)).empty());
    put(set, slice("v6", "7", {pod("p3", "fd00::4")}));
    CHECK(shown(choice.take(set)) == texts{"[fd00::4]:5432 p3"});
}

TEST_CASE("the family is chosen anew when no endpoint has it any more") {
    slice_set set("db");
    member_choice choice(rules());
    put(set, slice("mine", "1", {pod("", "10.0.0.1")}));
    CHECK(shown(choice.take(set)) == texts{"10.0.0.1:5432 -"});
    put(set, slice("mine", "2", {pod("", "fd00::1")}));
    CHECK(shown(choice.take(set)) == texts{"[fd00::1]:5432 -"});
    put(set, slice("more", "3", {pod("", "10.0.0.1"), pod("", "10.0.0.2")}));
    const auto list = choice.take(set);
    CHECK(shown(list) == texts{"[fd00::1]:5432 -"});
    CHECK(list.left_out.size() == 2);
}

TEST_CASE("a family without a route from here isn't used if the other one has one") {
    const auto v4 = slice("v4", "1", {pod("p", "10.0.0.1")});
    const auto v6 = slice("v6", "2", {pod("p", "fd00::1")});
    std::array<bool, 2> routed{true, true};
    unsigned asked = 0;
    member_rules wanted = rules();
    wanted.has_route = [&](const boost::asio::ip::address& address) {
        ++asked;
        return routed[address.is_v6() ? 1 : 0];
    };
    member_choice choice(wanted);
    CHECK(shown(choice.take(set_of({v4}))) == texts{"10.0.0.1:5432 p"});
    CHECK(asked == 0);
    CHECK(shown(choice.take(set_of({v4, v6}))) == texts{"10.0.0.1:5432 p"});
    routed = {false, false};
    CHECK(shown(choice.take(set_of({v4, v6}))) == texts{"10.0.0.1:5432 p"});
    routed = {false, true};
    CHECK(shown(choice.take(set_of({v4, v6}))) == texts{"[fd00::1]:5432 p"});
    routed = {true, true};
    CHECK(shown(choice.take(set_of({v4, v6}))) == texts{"[fd00::1]:5432 p"});
}

TEST_CASE("each slice has a port of its own, and one of which none can be chosen is told") {
    auto moved = slice("new", "2", {pod("p1", "10.0.0.2")});
    moved.ports = {endpoint_slice::port_entry{"postgres", "TCP", 5433}};
    auto two_ports = slice("two", "3", {pod("p2", "10.0.0.3")});
    two_ports.ports = {endpoint_slice::port_entry{"a", "TCP", 1}, endpoint_slice::port_entry{"b", "TCP", 2}};
    auto also_two = two_ports;
    also_two.name = "again";
    also_two.resource_version = "2";
    auto nothing = slice("none", "4", {});
    nothing.ports = two_ports.ports;
    const auto list = member_choice(rules()).take(
        set_of({slice("old", "1", {pod("p0", "10.0.0.1")}), moved, two_ports, nothing, also_two}));
    CHECK(shown(list) == texts{"10.0.0.1:5432 p0", "10.0.0.2:5433 p1"});
    REQUIRE(list.problems.size() == 2);
    CHECK(list.problems[0].find("slice again has a 1, b 2; expected the TCP port 5432") == 0);
    CHECK(list.problems[1].find("slice two has a 1, b 2; expected the TCP port 5432") == 0);
    member_rules named = rules();
    named.port = "b";
    CHECK(members(set_of({two_ports}), named) == texts{"10.0.0.3:2 p2"});
}

TEST_CASE("a Service of a thousand pods with two families in many slices is joined in no time") {
    std::vector<endpoint_slice> list;
    for (int part = 0; part < 10; ++part) {
        for (const char* family : {"10.0.", "fd00::"}) {
            const bool v6 = family[0] == 'f';
            std::vector<endpoint_slice::endpoint_entry> endpoints;
            for (int index = 0; index < 100; ++index) {
                endpoints.push_back(
                    pod("p" + std::to_string(part * 100 + index),
                        family + std::to_string(part) + (v6 ? ":" : ".") + std::to_string(index)));
            }
            list.push_back(
                slice((v6 ? "v6-" : "v4-") + std::to_string(part), std::to_string(part), endpoints));
        }
    }
    const auto all = member_choice(rules()).take(set_of(list));
    CHECK(all.members.size() == 1000);
    CHECK(all.left_out.size() == 1000);
    CHECK(std::all_of(all.members.begin(), all.members.end(), [](const slice_member& one) {
        return one.where.address.find(':') == std::string::npos;
    }));
}
