// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "discovery/kubernetes/endpoint_slice.hpp"
#include "discovery/kubernetes/slice_set.hpp"
#include "discovery/kubernetes/watch_event.hpp"

#include <string>
#include <utility>
#include <vector>

/// Slices in few words, for tests of what is made of them.
namespace slices {

using podpool::detail::endpoint_slice;
using podpool::detail::slice_change;
using podpool::detail::slice_set;

struct state {
    bool ready = true;
    bool serving = true;
    bool terminating = false;
};

inline constexpr state ready{true, true, false};
inline constexpr state unready{false, false, false};
inline constexpr state terminating{false, true, true};

/// An endpoint of the pod with this uid, which is its name as well; an empty one: written by hand.
inline endpoint_slice::endpoint_entry pod(const std::string& uid, const std::string& address,
                                          state is = ready) {
    endpoint_slice::endpoint_entry entry;
    entry.addresses = {address};
    entry.ready = is.ready;
    entry.serving = is.serving;
    entry.terminating = is.terminating;
    if (!uid.empty()) entry.target = {"Pod", uid, uid};
    return entry;
}

/// A slice of the Service db with the port 5432; its family is that of its first endpoint.
inline endpoint_slice slice(const std::string& name, const std::string& version,
                            std::vector<endpoint_slice::endpoint_entry> endpoints) {
    endpoint_slice result;
    result.name = name;
    result.uid = "uid-of-" + name;
    result.resource_version = version;
    result.service = "db";
    const bool ipv6 =
        !endpoints.empty() && endpoints.front().addresses.front().find(':') != std::string::npos;
    result.address_type = ipv6 ? endpoint_slice::address_kind::ipv6 : endpoint_slice::address_kind::ipv4;
    result.endpoints = std::move(endpoints);
    if (!result.endpoints.empty()) result.ports = {endpoint_slice::port_entry{"postgres", "TCP", 5432}};
    return result;
}

inline void put(slice_set& set, endpoint_slice changed) {
    set.apply({slice_change::change_kind::modified, std::move(changed)});
}

inline void drop(slice_set& set, endpoint_slice gone) {
    set.apply({slice_change::change_kind::deleted, std::move(gone)});
}

}  // namespace slices
