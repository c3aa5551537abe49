// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/slice_member.hpp"
#include "discovery/kubernetes/slice_set.hpp"

#include <podpool/address_family.hpp>

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::detail {

/// What a pool makes of the slices of its Service; pools that share a watch may want different things of it.
struct member_rules {
    address_family family = address_family::automatic;
    /// The name or number of the pods' port (`pool_kubernetes_port`), or empty.
    std::string port;
    /// The port in the connection string.
    std::uint16_t service_port = 0;
    /// Whether this machine has a route to an address; asked where a Service has both families only. None: it
    /// has.
    std::function<bool(const boost::asio::ip::address&)> has_route;
};

/// The endpoints of a Service by its slices.
struct member_list {
    /// Each pod once, each address once, in the order of their addresses.
    std::vector<slice_member> members;
    /// Addresses that aren't used, since the pool uses the other family.
    std::vector<endpoint> left_out;
    /// A line for each slice with endpoints of which no port could be chosen.
    std::vector<std::string> problems;
};

/// Joins the slices of a Service into endpoints, one for each pod.
class member_choice {
public:
    explicit member_choice(member_rules rules) : rules_(std::move(rules)) {}

    /// The endpoints in these slices. Of a pod with two families one address is used (with
    /// `pool_address_family=auto` that of the Service's more frequent family, IPv4 when both are as
    /// frequent): the family is chosen when the first endpoints come and stays until no endpoint has it, or
    /// until there is no route to it and one to the other, since two slices never change at the same moment,
    /// and a majority that changes for milliseconds would move all sessions twice. A pod that has only the
    /// other family is used by that.
    member_list take(const slice_set& slices);

private:
    struct candidate;

    [[nodiscard]] std::vector<candidate> collect(const slice_set& slices,
                                                 std::vector<std::string>& problems) const;
    void choose_family(const std::vector<candidate>& candidates);
    [[nodiscard]] bool is_used(const candidate& one, const std::set<std::string_view>& pods_of_family) const;

    member_rules rules_;
    std::optional<endpoint_slice::address_kind> chosen_;
};

}  // namespace podpool::detail
