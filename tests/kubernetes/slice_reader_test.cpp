// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/slice_reader.hpp"

#include "kubernetes/reading.hpp"
#include "kubernetes/recorded.hpp"

#include <tuple>

using Catch::Matchers::ContainsSubstring;
using podpool::detail::endpoint_slice;
using reading::list_in;
using reading::list_of;
using reading::refusal;
using reading::slice_in;
using reading::with;
using texts = std::vector<std::string>;

namespace {

/// A slice with one endpoint that has these conditions.
endpoint_slice::endpoint_entry endpoint_with(const std::string& fields) {
    const auto slice = slice_in(recorded::slice("1", R"([{"addresses":["10.0.0.1"])" + fields + "}]"));
    REQUIRE(slice.endpoints.size() == 1);
    return slice.endpoints.front();
}

std::tuple<bool, bool, bool> conditions(const std::string& text) {
    const auto found = endpoint_with(text);
    return {found.ready, found.serving, found.terminating};
}

/// The message of the refusal of the recorded slice, in which `from` is replaced by `to`.
std::string refused_with(const std::string& from, const std::string& to) {
    const std::string text = with(recorded::slice("1", "[" + recorded::db0 + "]"), from, to);
    return refusal([&] { return slice_in(text); });
}

}  // namespace

TEST_CASE("a recorded slice is read with all that a pool needs of it") {
    const auto slice =
        slice_in(recorded::slice("250", "[" + recorded::db0 + "," + recorded::db1_terminating + "]"));
    CHECK(slice.name == "db-r2mdz");
    CHECK(slice.uid == "7f1c0a51-2a8e-4a35-9d53-3f5c4a5be8f1");
    CHECK(slice.resource_version == "250");
    CHECK(slice.service == "db");
    CHECK(slice.address_type == endpoint_slice::address_kind::ipv4);
    CHECK(slice.remarks.empty());
    REQUIRE(slice.ports.size() == 1);
    CHECK(slice.ports[0] == endpoint_slice::port_entry{"postgres", "TCP", 5432});
    REQUIRE(slice.endpoints.size() == 2);
    const auto& first = slice.endpoints[0];
    CHECK(first.addresses == texts{"10.77.1.1"});
    CHECK(first.ready);
    CHECK(first.serving);
    CHECK_FALSE(first.terminating);
    CHECK(first.hostname == "db-0");
    CHECK(first.node == "fake-a");
    CHECK(first.zone == "zone-a");
    CHECK(first.target == endpoint_slice::reference{"Pod", "db-0", "0a6e8a3b-5d0e-4c39-9c2b-65a1c0a4b0d0"});
    CHECK(first.hint_zones.empty());
    CHECK(first.hint_nodes.empty());
    const auto& second = slice.endpoints[1];
    CHECK_FALSE(second.ready);
    CHECK(second.serving);
    CHECK(second.terminating);
}

TEST_CASE("a recorded list is read: its items say neither kind nor version") {
    const auto list = list_in(recorded::list());
    CHECK(list.resource_version == "237");
    CHECK(list.continue_token.empty());
    REQUIRE(list.items.size() == 1);
    CHECK(list.items[0] == slice_in(recorded::slice("236", "[" + recorded::db0 + "]")));

    const auto none = list_in(
        R"({"kind":"EndpointSliceList","apiVersion":"discovery.k8s.io/v1",)"
        R"("metadata":{"resourceVersion":"5","continue":"abc","remainingItemCount":3},"items":null})");
    CHECK(none.resource_version == "5");
    CHECK(none.continue_token == "abc");
    CHECK(none.items.empty());
}

TEST_CASE("conditions that are left out have the defaults of Kubernetes") {
    CHECK(conditions("") == std::tuple(true, true, false));
    CHECK(conditions(R"(,"conditions":null)") == std::tuple(true, true, false));
    CHECK(conditions(R"(,"conditions":{})") == std::tuple(true, true, false));
    CHECK(conditions(R"(,"conditions":{"ready":null,"serving":null,"terminating":null})") ==
          std::tuple(true, true, false));
    CHECK(conditions(R"(,"conditions":{"ready":false})") == std::tuple(false, false, false));
    CHECK(conditions(R"(,"conditions":{"ready":true})") == std::tuple(true, true, false));
    CHECK(conditions(R"(,"conditions":{"serving":false})") == std::tuple(true, false, false));
    CHECK(conditions(R"(,"conditions":{"ready":false,"serving":true,"terminating":true})") ==
          std::tuple(false, true, true));
    CHECK(conditions(R"(,"conditions":{"ready":false,"terminating":true})") ==
          std::tuple(false, false, true));
}

TEST_CASE("hints are read, and what isn't known is skipped") {
    const auto found = endpoint_with(R"(,"hints":{"forZones":[{"name":"zone-a"},{"name":"zone-b"}],)"
                                     R"("forNodes":[{"name":"fake-a"}],"forRacks":[1]})"
                                     R"(,"deprecatedTopology":{"x":"y"},"new":[[[]]])");
    CHECK(found.hint_zones == texts{"zone-a", "zone-b"});
    CHECK(found.hint_nodes == texts{"fake-a"});
    const auto none = endpoint_with(R"(,"hints":null)");
    CHECK(none.hint_zones.empty());
    CHECK(none == endpoint_with(R"(,"hints":{"forZones":null})"));
}

TEST_CASE("a Service without pods has a slice without endpoints and ports") {
    const auto slice = slice_in(recorded::empty_slice("1"));
    CHECK(slice.endpoints.empty());
    CHECK(slice.ports.empty());
    CHECK(slice.remarks.empty());
    const std::string bare = R"({"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1",)"
                             R"("metadata":{"name":"mine"},"addressType":"IPv6"})";
    const auto hand_made = slice_in(bare);
    CHECK(hand_made.name == "mine");
    CHECK(hand_made.service.empty());
    CHECK(hand_made.uid.empty());
    CHECK(hand_made.address_type == endpoint_slice::address_kind::ipv6);
}

TEST_CASE("ports have the defaults of Kubernetes") {
    const auto ports_of = [](const std::string& ports) {
        return slice_in(recorded::slice("1", "[]", ports)).ports;
    };
    CHECK(ports_of(R"([{"port":5432}])") ==
          std::vector<endpoint_slice::port_entry>{endpoint_slice::port_entry{"", "TCP", 5432}});
    CHECK(ports_of(R"([{"name":"","protocol":null,"port":null,"appProtocol":"x"}])") ==
          std::vector<endpoint_slice::port_entry>{endpoint_slice::port_entry{"", "TCP", {}}});
    CHECK(ports_of(R"([{"protocol":"UDP","port":65535}])") ==
          std::vector<endpoint_slice::port_entry>{endpoint_slice::port_entry{"", "UDP", 65535}});
}

TEST_CASE("addresses are in their canonical form, and one that can't be used is left out with a remark") {
    const auto slice =
        slice_in(with(recorded::slice("1", R"([{"addresses":["FD00:0::1","fd00::2"]},)"
                                           R"({"addresses":["10.0.0.1"]},{"addresses":["fe80::x\u001b"]},)"
                                           R"({"addresses":null},{"addresses":[]}])"),
                      R"("addressType":"IPv4")", R"("addressType":"IPv6")"));
    REQUIRE(slice.endpoints.size() == 1);
    CHECK(slice.endpoints[0].addresses == texts{"fd00::1", "fd00::2"});
    CHECK(slice.remarks == texts{R"(slice db-r2mdz: "10.0.0.1" is no IPv6 address; it is left out)",
                                 R"(slice db-r2mdz: "fe80::x?" is no IPv6 address; it is left out)"});
    CHECK(slice_in(recorded::slice("1", R"([{"addresses":["fd00::1"]},{"addresses":["010.0.0.1"]}])"))
              .remarks.size() == 2);
}

TEST_CASE("a slice of names has no endpoints, and a remark") {
    const auto slice = slice_in(with(recorded::slice("1", R"([{"addresses":["db.example.com"]}])"),
                                     R"("addressType":"IPv4")", R"("addressType":"FQDN")"));
    CHECK(slice.name == "db-r2mdz");
    CHECK(slice.address_type == endpoint_slice::address_kind::other);
    CHECK(slice.endpoints.empty());
    CHECK(slice.remarks ==
          texts{R"(slice db-r2mdz has addresses of the type "FQDN"; expected IPv4 or IPv6; its 1 )"
                "endpoints are left out"});
}

TEST_CASE("what is no EndpointSlice is refused, and the message says where") {
    CHECK(refused_with(R"("EndpointSlice")", R"("Pod")") == R"(kind is "Pod"; expected "EndpointSlice")");
    CHECK(refused_with(R"("kind":"EndpointSlice",)", "") == R"(kind is missing; expected "EndpointSlice")");
    CHECK(refused_with("discovery.k8s.io/v1", "discovery.k8s.io/v1beta1") ==
          R"(apiVersion is "discovery.k8s.io/v1beta1"; expected "discovery.k8s.io/v1")");
    CHECK(refused_with(R"("name":"db-r2mdz")", R"("name":"")") ==
          "metadata.name is missing; expected a text");
    CHECK(refused_with(R"("addressType":"IPv4",)", "") == "addressType is missing; expected a text");
    CHECK(refused_with(R"("ready":true)", R"("ready":"yes")") ==
          "endpoints[0].conditions.ready is a text; expected true or false");
    CHECK(refused_with(R"(["10.77.1.1"])", R"("10.77.1.1")") ==
          "endpoints[0].addresses is a text; expected a list");
    CHECK(refused_with(R"(["10.77.1.1"])", R"(["10.77.1.1",7])") ==
          "endpoints[0].addresses[1] is a number; expected a text");
    CHECK(refused_with(R"("zone":"zone-a")", R"("zone":[])") ==
          "endpoints[0].zone is a list; expected a text");
    CHECK(refused_with(R"("port":5432)", R"("port":0)") == "ports[0].port is 0; expected 1 to 65535");
    CHECK(refused_with(R"("port":5432)", R"("port":65536)") == "ports[0].port is 65536; expected 1 to 65535");
    CHECK(refused_with(R"("port":5432)", R"("port":5432.5)") ==
          "ports[0].port is no whole number; expected 1 to 65535");
    CHECK(refusal([] { return slice_in("[]"); }) == "the answer is a list; expected an object");
    CHECK(refusal([] { return slice_in("7"); }) == "the answer is a number; expected an object");
    CHECK_THAT(refusal([] { return slice_in("{"); }), ContainsSubstring("the answer is no JSON"));
    CHECK_THAT(refusal([] { return slice_in(""); }), ContainsSubstring("the answer is no JSON"));
    CHECK_THAT(refusal([] { return slice_in("{\"kind\":\"\xff\"}"); }),
               ContainsSubstring("the answer is no JSON"));
    CHECK_THAT(refusal([] { return list_in(recorded::slice("1", "[]")); }),
               ContainsSubstring(R"(expected "EndpointSliceList")"));
    CHECK(refusal([] { return list_in(with(recorded::list(), R"("name":"db-r2mdz",)", "")); }) ==
          "items[0].metadata.name is missing; expected a text");
    CHECK(refusal([] { return list_in(with(recorded::list(), R"("resourceVersion":"237")", "")); }) ==
          "metadata.resourceVersion is missing; expected a text");
}

TEST_CASE("an answer is bounded in depth, in what it lists and in its texts") {
    const auto nested = [](std::size_t levels) {
        return R"({"x":)" + std::string(levels, '[') + std::string(levels, ']') + "}";
    };
    CHECK_NOTHROW(podpool::detail::parse_answer(nested(31)));
    CHECK_THAT(refusal([&] { return podpool::detail::parse_answer(nested(32)); }),
               ContainsSubstring("has more than 32 levels"));

    const std::string endpoint = R"({"addresses":["10.0.0.1"]})";
    CHECK(slice_in(recorded::slice("1", list_of(10000, endpoint))).endpoints.size() == 10000);
    CHECK(refusal([&] { return slice_in(recorded::slice("1", list_of(10001, endpoint))); }) ==
          "endpoints has 10001 elements; expected at most 10000");
    CHECK(refusal([] { return slice_in(recorded::slice("1", "[]", list_of(1001, "{}"))); }) ==
          "ports has 1001 elements; expected at most 1000");
    CHECK(refusal([] { return endpoint_with(R"(,"hints":{"forZones":)" + list_of(101, "{}") + "}"); }) ==
          "endpoints[0].hints.forZones has 101 elements; expected at most 100");
    CHECK(refused_with(R"(["10.77.1.1"])", list_of(1001, R"("10.77.1.1")")) ==
          "endpoints[0].addresses has 1001 elements; expected at most 1000");

    CHECK(endpoint_with(R"(,"zone":")" + std::string(1024, 'z') + "\"").zone.size() == 1024);
    CHECK(refused_with("zone-a", std::string(1025, 'z')) ==
          "endpoints[0].zone has 1025 bytes; expected at most 1024");
    CHECK(refused_with("10.77.1.1", std::string(1025, '1')) ==
          "endpoints[0].addresses[0] has 1025 bytes; expected at most 1024");
}

TEST_CASE("texts have no control characters, so that a terminal can show them") {
    CHECK(endpoint_with(R"(,"zone":"a\u001b[2Jb\n","nodeName":"\u007f")").zone == "a?[2Jb?");
    CHECK(endpoint_with(R"(,"nodeName":"\u007f")").node == "?");
    CHECK(endpoint_with(R"(,"zone":"z\u00fc")").zone == "z\xc3\xbc");
}
