// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/address_family.hpp>
#include <podpool/discovery/target.hpp>
#include <podpool/endpoint_info.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::detail {

/// A target list taken apart: what is known already and what must be asked.
struct sorted_targets {
    std::vector<endpoint_info> fixed;
    std::vector<discovery_target> names;
};

/// Tells fixed endpoints from names. `need_ports`: whether a name must have a port (SRV brings its own).
/// `family`: with ipv6 `localhost` is ::1, else 127.0.0.1; nothing else depends on it.
/// Throws podpool::error (errc::invalid_options) that names the entry.
sorted_targets sort_targets(const std::vector<discovery_target>& targets, bool need_ports,
                            address_family family = address_family::automatic);

/// Throws podpool::error (errc::invalid_options) if there is anything but addresses and sockets.
std::vector<endpoint_info> literal_targets(const std::vector<discovery_target>& targets);

/// Whether `name` can be asked: labels of 1 to 63 letters, digits, hyphens and underscores, at most 253
/// characters, with or without a dot at the end.
bool is_dns_name(std::string_view name);

/// Adds what isn't in `all` yet, by address and port; the first one stays.
void add_unique(std::vector<endpoint_info>& all, const std::vector<endpoint_info>& more);

}  // namespace podpool::detail
