// SPDX-License-Identifier: BSL-1.0
// The answer to a question for EndpointSlices, and what becomes of it: each pod and each address is an
// endpoint once.
#include "discovery/kubernetes/malformed_answer.hpp"
#include "discovery/kubernetes/member_choice.hpp"
#include "discovery/kubernetes/slice_reader.hpp"
#include "discovery/kubernetes/status_reader.hpp"
#include "discovery/kubernetes/zone_choice.hpp"
#include "target.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

namespace {

using namespace podpool::detail;
using podpool::address_family;
using podpool::endpoint;
using podpool::fuzz::is_plain_line;
using podpool::fuzz::promise;

std::optional<slice_list> read(std::string_view body) {
    try {
        const boost::json::value answer = parse_answer(body);
        return read_slice_list(answer_object(answer));
    } catch (const malformed_answer& problem) {
        promise(is_plain_line(problem.what()), "a problem is one plain line");
        return std::nullopt;
    }
}

void check_texts(const endpoint_slice& slice) {
    for (const std::string& remark : slice.remarks)
        promise(is_plain_line(remark), "a remark is one plain line");
    for (const auto& entry : slice.endpoints) {
        promise(!entry.addresses.empty(), "an endpoint has an address");
        for (const std::string* text : {&entry.hostname, &entry.node, &entry.zone, &entry.target.name}) {
            promise(is_plain_line(*text), "a text is one plain line");
        }
    }
}

void check_hints(const std::vector<slice_member>& members) {
    std::string node;
    std::string zone;
    for (const slice_member& member : members) {
        if (!member.hint_nodes.empty()) node = member.hint_nodes.back();
        if (!member.hint_zones.empty()) zone = member.hint_zones.back();
    }
    const hinted_members found = members_by_hints(members, node, zone);
    promise(found.preferred.size() == members.size(), "every member is preferred or isn't");
    promise(members.empty() || std::count(found.preferred.begin(), found.preferred.end(), true) > 0,
            "somebody is preferred");
    (void)zone_of_node(members, node);
}

void check_members(const member_list& list, address_family family) {
    std::set<endpoint> endpoints;
    std::set<std::string> pods;
    for (const slice_member& member : list.members) {
        promise(member.where.port != 0, "an endpoint has a port");
        promise(endpoints.insert(member.where).second, "each endpoint is there once");
        promise(
            member.pod_uid.empty() || family == address_family::both || pods.insert(member.pod_uid).second,
            "each pod is there once");
    }
    for (const endpoint& where : list.left_out)
        promise(!endpoints.contains(where), "what is left out isn't used");
    for (const std::string& problem : list.problems)
        promise(is_plain_line(problem), "a problem is one plain line");
    promise(std::is_sorted(endpoints.begin(), endpoints.end()), "endpoints are sorted");
    check_hints(list.members);
}

/// Whether the newest of these slices doesn't depend on what came last.
bool has_clear_order(const slice_list& list) {
    std::set<std::string> names;
    std::set<std::string> versions;
    for (const endpoint_slice& slice : list.items) {
        const std::string& version = slice.resource_version;
        if (version.empty() || version.front() == '0') return false;
        if (version.find_first_not_of("0123456789") != std::string::npos) return false;
        if (!names.insert(slice.name).second || !versions.insert(version).second) return false;
    }
    return true;
}

/// What changes lead to that come one by one, in the opposite order if that makes no difference.
slice_set set_by_changes(const slice_list& list, const std::string& service) {
    slice_set set(service);
    std::vector<endpoint_slice> slices = list.items;
    if (has_clear_order(list)) std::reverse(slices.begin(), slices.end());
    for (const endpoint_slice& slice : slices) set.apply({slice_change::change_kind::added, slice});
    return set;
}

void check_list(const slice_list& list) {
    const std::string service = list.items.empty() ? std::string() : list.items.front().service;
    slice_set set(service);
    set.replace(list.items);
    const slice_set same = set_by_changes(list, service);
    for (const address_family family :
         {address_family::automatic, address_family::ipv4, address_family::ipv6, address_family::both}) {
        for (const char* port : {"", "postgres", "5432"}) {
            member_rules rules;
            rules.family = family;
            rules.port = port;
            rules.service_port = 5432;
            member_choice choice(rules);
            const member_list found = choice.take(set);
            check_members(found, family);
            promise(choice.take(set).members == found.members, "the same slices have the same members");
            promise(member_choice(rules).take(same).members == found.members,
                    "changes lead to the same as a list");
        }
    }
    for (const endpoint_slice& slice : list.items) {
        check_texts(slice);
        set.apply({slice_change::change_kind::modified, slice});
        set.apply({slice_change::change_kind::deleted, slice});
    }
    promise(set.size() == 0, "without slices nothing is left");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body = podpool::fuzz::text_of(data, size);
    if (const auto list = read(body)) check_list(*list);
    const api_status status = status_of_answer(500, body);
    promise(is_plain_line(status.message) && is_plain_line(status.reason), "a status is one plain line");
    return 0;
}
