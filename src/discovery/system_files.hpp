// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/endpoint.hpp>

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::detail {

/// Where the system says how names are resolved; tests bring files of their own.
struct system_files {
    std::string resolv_conf = "/etc/resolv.conf";
    std::string hosts = "/etc/hosts";
};

/// What resolv.conf says about whom to ask, and for what.
struct resolver_config {
    std::vector<endpoint> servers;
    /// Domains without a dot at the end; the empty one is the root.
    std::vector<std::string> search;
    /// A name with at least as many dots is asked as it is first.
    int ndots = 1;
};

/// Reads the text of a resolv.conf; lines that make no sense are skipped, as the C library does.
resolver_config parse_resolv_conf(std::string_view text);

/// Reads the file; nothing if it can't be read.
std::optional<resolver_config> read_resolv_conf(const std::string& path);

/// The addresses that the text of a hosts file gives to `name`, in any case.
std::vector<boost::asio::ip::address> parse_hosts(std::string_view text, std::string_view name);

/// The same for a file; nothing if it can't be read.
std::vector<boost::asio::ip::address> read_hosts(const std::string& path, std::string_view name);

}  // namespace podpool::detail
