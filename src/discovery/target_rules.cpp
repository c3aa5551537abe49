// SPDX-License-Identifier: BSL-1.0
#include "discovery/target_rules.hpp"

#include <podpool/detail/lower_case.hpp>
#include <podpool/detail/option_message.hpp>
#include <podpool/error.hpp>

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <set>

namespace podpool::detail {
namespace {

[[noreturn]] void reject(const std::string& details) {
    throw error(errc::invalid_options, plain_line(details));
}

/// The canonical text of an address, so that one address written in two ways is one endpoint.
std::optional<std::string> canonical_address(const std::string& text) {
    boost::system::error_code failed;
    const auto address = boost::asio::ip::make_address(text, failed);
    if (failed) return std::nullopt;
    return address.to_string();
}

/// libpq's test: a directory, or a name in the abstract socket namespace.
bool is_socket(std::string_view host) { return host.starts_with('/') || host.starts_with('@'); }

bool is_localhost(std::string_view host) {
    if (host.ends_with('.')) host.remove_suffix(1);
    return equal_ignoring_case(host, "localhost");
}

/// What follows a separator of other kinds of connection strings (`h;password=x`) may be a password.
std::string shown(const discovery_target& target) {
    const std::string& text = target.host.empty() ? target.address : target.host;
    const std::size_t end = text.find_first_of(";,=");
    return "host `" + (end == std::string::npos ? text : text.substr(0, end + 1) + "***") + "`";
}

std::optional<endpoint_info> literal(const discovery_target& target) {
    if (!target.address.empty()) {
        const auto address = canonical_address(target.address);
        if (!address) {
            reject("host address `" + target.address + "` is not an IP address; expected something like " +
                   "10.0.0.1 or fd00::1");
        }
        const bool same = canonical_address(target.host) == address;
        return endpoint_info(endpoint(*address, target.port), same ? std::string() : target.host);
    }
    if (is_socket(target.host)) return endpoint_info(endpoint(target.host, target.port));
    if (const auto address = canonical_address(target.host)) {
        return endpoint_info(endpoint(*address, target.port));
    }
    return std::nullopt;
}

void check_port(const discovery_target& target) {
    if (target.port == 0) reject(shown(target) + " has port 0; expected 1 to 65535");
}

void check_not_empty(const std::vector<discovery_target>& targets) {
    if (targets.empty()) reject("no host is given; expected at least one name, address or socket directory");
}

}  // namespace

bool is_dns_name(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    if (name.empty() || name.size() > 253) return false;
    std::size_t label = 0;
    for (const char c : name) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (c == '.') {
            if (label == 0) return false;
            label = 0;
        } else if (letter || (c >= '0' && c <= '9') || c == '-' || c == '_') {
            if (++label > 63) return false;
        } else {
            return false;
        }
    }
    return label > 0;
}

sorted_targets sort_targets(const std::vector<discovery_target>& targets, bool need_ports,
                            address_family family) {
    const char* const localhost = family == address_family::ipv6 ? "::1" : "127.0.0.1";
    check_not_empty(targets);
    sorted_targets result;
    for (const auto& target : targets) {
        if (const auto known = literal(target)) {
            check_port(target);
            add_unique(result.fixed, {*known});
        } else if (is_localhost(target.host)) {
            check_port(target);
            add_unique(result.fixed, {endpoint_info(endpoint(localhost, target.port), target.host)});
        } else {
            if (!is_dns_name(target.host)) {
                reject(shown(target) +
                       " is no address, no socket directory and no DNS name (labels of 1 to " +
                       "63 letters, digits, hyphens or underscores with dots between them)");
            }
            if (need_ports) check_port(target);
            const bool listed = std::any_of(result.names.begin(), result.names.end(), [&](const auto& name) {
                return name.host == target.host && name.port == target.port;
            });
            if (!listed) result.names.push_back(target);
        }
    }
    return result;
}

std::vector<endpoint_info> literal_targets(const std::vector<discovery_target>& targets) {
    check_not_empty(targets);
    std::vector<endpoint_info> result;
    for (const auto& target : targets) {
        const auto known = literal(target);
        if (!known) {
            reject(shown(target) + " is a name, and pool_discovery=static resolves none; expected an " +
                   "address, a socket directory, or an address beside the name (hostaddr)");
        }
        check_port(target);
        add_unique(result, {*known});
    }
    return result;
}

void add_unique(std::vector<endpoint_info>& all, const std::vector<endpoint_info>& more) {
    std::set<endpoint> seen;
    for (const auto& one : all) seen.insert(one.where);
    for (const auto& one : more) {
        if (seen.insert(one.where).second) all.push_back(one);
    }
}

}  // namespace podpool::detail
