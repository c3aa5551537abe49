// SPDX-License-Identifier: BSL-1.0
#include "discovery/kubernetes/slice_reader.hpp"

#include "discovery/kubernetes/malformed_answer.hpp"

#include <boost/asio/ip/address.hpp>

#include <limits>

namespace podpool::detail {
namespace {

// Kubernetes allows 1000 endpoints, 100 addresses, 100 ports and 8 hints.
constexpr std::size_t most_endpoints = 10'000;
constexpr std::size_t most_addresses = 1000;
constexpr std::size_t most_ports = 1000;
constexpr std::size_t most_hints = 100;
// No Service can have more: its slices would be larger than etcd takes in one list.
constexpr std::size_t most_slices = 10'000;

constexpr std::string_view slice_version = "discovery.k8s.io/v1";

/// Throws unless the object says that it is of this kind. `may_be_silent`: it needn't say anything.
void check_kind(const answer_object& object, std::string_view kind, bool may_be_silent) {
    const auto check = [&](std::string_view key, std::string_view expected) {
        const std::string found = object.text(key);
        if (found == expected || (found.empty() && may_be_silent)) return;
        object.refuse_field(key, (found.empty() ? "is missing" : "is " + shown_value(found)) +
                                     "; expected \"" + std::string(expected) + "\"");
    };
    check("kind", kind);
    check("apiVersion", slice_version);
}

std::string required_text(const answer_object& object, std::string_view key) {
    std::string found = object.text(key);
    if (found.empty()) object.refuse_field(key, "is missing; expected a text");
    return found;
}

endpoint_slice::address_kind address_kind_of(const std::string& text) {
    if (text == "IPv4") return endpoint_slice::address_kind::ipv4;
    if (text == "IPv6") return endpoint_slice::address_kind::ipv6;
    return endpoint_slice::address_kind::other;
}

/// The canonical text of an address of this kind; empty for anything else.
std::string address_of_kind(const std::string& text, endpoint_slice::address_kind kind) {
    boost::system::error_code failed;
    const auto address = boost::asio::ip::make_address(text, failed);
    if (failed || address.is_v6() != (kind == endpoint_slice::address_kind::ipv6)) return {};
    return address.to_string();
}

std::vector<std::string> read_hints(const answer_object& hints, std::string_view key) {
    std::vector<std::string> names;
    for (const answer_object& hint : hints.objects(key, most_hints)) names.push_back(hint.text("name"));
    return names;
}

void read_conditions(const answer_object& object, endpoint_slice::endpoint_entry& entry) {
    const auto conditions = object.object("conditions");
    if (!conditions) return;
    entry.ready = conditions->flag("ready").value_or(true);
    entry.serving = conditions->flag("serving").value_or(entry.ready);
    entry.terminating = conditions->flag("terminating").value_or(false);
}

/// Adds the endpoint unless it has no address.
void read_endpoint(const answer_object& object, endpoint_slice& slice) {
    endpoint_slice::endpoint_entry entry;
    for (const std::string& text : object.texts("addresses", most_addresses)) {
        std::string address = address_of_kind(text, slice.address_type);
        if (address.empty()) {
            slice.remarks.push_back(
                "slice " + slice.name + ": " + shown_value(text) + " is no " +
                (slice.address_type == endpoint_slice::address_kind::ipv4 ? "IPv4" : "IPv6") +
                " address; it is left out");
        } else {
            entry.addresses.push_back(std::move(address));
        }
    }
    read_conditions(object, entry);
    entry.hostname = object.text("hostname");
    entry.node = object.text("nodeName");
    entry.zone = object.text("zone");
    if (const auto target = object.object("targetRef")) {
        entry.target = {target->text("kind"), target->text("name"), target->text("uid")};
    }
    if (const auto hints = object.object("hints")) {
        entry.hint_zones = read_hints(*hints, "forZones");
        entry.hint_nodes = read_hints(*hints, "forNodes");
    }
    if (!entry.addresses.empty()) slice.endpoints.push_back(std::move(entry));
}

endpoint_slice::port_entry read_port(const answer_object& object) {
    endpoint_slice::port_entry port;
    port.name = object.text("name");
    const std::string protocol = object.text("protocol");
    if (!protocol.empty()) port.protocol = protocol;
    if (const auto number = object.number("port", 1, std::numeric_limits<std::uint16_t>::max())) {
        port.number = static_cast<std::uint16_t>(*number);
    }
    return port;
}

endpoint_slice read_slice_as(const answer_object& object, bool may_be_silent) {
    check_kind(object, "EndpointSlice", may_be_silent);
    endpoint_slice slice;
    const answer_object metadata = object.required_object("metadata");
    slice.name = required_text(metadata, "name");
    slice.uid = metadata.text("uid");
    slice.resource_version = metadata.text("resourceVersion");
    if (const auto labels = metadata.object("labels")) {
        slice.service = labels->text("kubernetes.io/service-name");
    }
    const std::string type = required_text(object, "addressType");
    slice.address_type = address_kind_of(type);
    const auto endpoints = object.objects("endpoints", most_endpoints);
    if (slice.address_type == endpoint_slice::address_kind::other) {
        slice.remarks.push_back("slice " + slice.name + " has addresses of the type " + shown_value(type) +
                                "; expected IPv4 or IPv6; its " + std::to_string(endpoints.size()) +
                                " endpoints are left out");
        return slice;
    }
    for (const answer_object& endpoint : endpoints) read_endpoint(endpoint, slice);
    for (const answer_object& port : object.objects("ports", most_ports))
        slice.ports.push_back(read_port(port));
    return slice;
}

}  // namespace

endpoint_slice read_slice(const answer_object& object) { return read_slice_as(object, false); }

slice_list read_slice_list(const answer_object& object) {
    check_kind(object, "EndpointSliceList", false);
    slice_list list;
    const answer_object metadata = object.required_object("metadata");
    list.resource_version = required_text(metadata, "resourceVersion");
    list.continue_token = metadata.text("continue");
    for (const answer_object& item : object.objects("items", most_slices)) {
        list.items.push_back(read_slice_as(item, true));
    }
    return list;
}

}  // namespace podpool::detail
