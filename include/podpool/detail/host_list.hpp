// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/discovery/target.hpp>
#include <podpool/endpoint.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace podpool::detail {

/// The host list of a connection string as libpq writes it: three lists with commas between the entries.
struct host_list {
    std::string hosts;
    std::string addresses;
    std::string ports;
};

inline std::vector<std::string> split_list(const std::string& list) {
    std::vector<std::string> parts(1);
    for (const char c : list) {
        if (c == ',') {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

/// One port of the list; `refuse(reason)` throws.
template <class Refuse>
std::uint16_t read_port(const std::string& text, const std::string& host, std::uint16_t usual,
                        const Refuse& refuse) {
    if (text.empty()) return usual;
    std::uint16_t port = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (failed != std::errc() || end != text.data() + text.size() || port == 0) {
        // Not shown: in a URI without "@" it may be a password.
        refuse("the port of host \"" + host + "\" is no number from 1 to 65535");
    }
    return port;
}

/// The entries of a host list. `usual`: the port where none is given; `refuse(reason)` throws.
template <class Refuse>
std::vector<discovery_target> read_targets(const host_list& list, std::uint16_t usual, const Refuse& refuse) {
    const std::vector<std::string> hosts = split_list(list.hosts);
    const std::vector<std::string> addresses = split_list(list.addresses);
    const std::vector<std::string> ports = split_list(list.ports);
    const std::size_t count = std::max(hosts.size(), addresses.size());
    if (ports.size() != 1 && ports.size() != count) {
        refuse(std::to_string(ports.size()) + " ports are given for " + std::to_string(count) +
               " hosts; expected one for all or one for each");
    }
    std::vector<discovery_target> targets;
    for (std::size_t i = 0; i < count; ++i) {
        discovery_target target;
        if (i < hosts.size()) target.host = hosts[i];
        if (i < addresses.size()) target.address = addresses[i];
        if (target.host.empty() && target.address.empty())
            refuse("host " + std::to_string(i + 1) + " is empty");
        target.port = read_port(ports.size() == 1 ? ports[0] : ports[i],
                                target.host.empty() ? target.address : target.host, usual, refuse);
        targets.push_back(std::move(target));
    }
    return targets;
}

/// First host, port and database, `db.prod:5432/shop`; `+2` after the port counts further hosts.
inline std::string make_label(const std::vector<discovery_target>& targets, const std::string& database) {
    const discovery_target& first = targets.front();
    std::string label = to_string(endpoint(first.host.empty() ? first.address : first.host, first.port));
    if (targets.size() > 1) label += "+" + std::to_string(targets.size() - 1);
    return label + "/" + database;
}

}  // namespace podpool::detail
