// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/duration_text.hpp>
#include <podpool/detail/option_message.hpp>
#include <podpool/endpoint.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::detail {

inline constexpr std::uint16_t default_dns_port = 53;

/// The servers of a `pool_dns_servers` value, or what is wrong with it, as a sentence without its end.
struct parsed_dns_servers {
    std::vector<endpoint> servers;
    std::string problem;
};

/// Whether `text` is an IPv4 address in dotted form, without leading zeros (some read those as octal).
inline bool is_ipv4(std::string_view text) {
    for (int part = 0; part < 4; ++part) {
        const std::string_view digits = take_while(text, is_digit);
        std::uint64_t number = 0;
        if (digits.empty() || (digits.size() > 1 && digits[0] == '0')) return false;
        if (!append_digits(digits, 255, number)) return false;
        if (part < 3) {
            if (!text.starts_with('.')) return false;
            text.remove_prefix(1);
        }
    }
    return text.empty();
}

/// Whether `text` is an IPv6 address, without brackets and without a zone.
inline bool is_ipv6(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdefABCDEF";
    std::size_t groups = 0;
    bool gap = text.starts_with("::");
    if (gap) {
        text.remove_prefix(2);
        if (text.empty()) return true;
    }
    for (;;) {
        const std::size_t colon = text.find(':');
        const std::string_view group = text.substr(0, colon);
        const bool last = colon == std::string_view::npos;
        if (last && is_ipv4(group)) {
            groups += 2;
            break;
        }
        if (group.empty() || group.size() > 4 || group.find_first_not_of(hex) != std::string_view::npos) {
            return false;
        }
        ++groups;
        if (last) break;
        text.remove_prefix(colon + 1);
        if (text.starts_with(':')) {
            if (gap) return false;
            gap = true;
            text.remove_prefix(1);
            if (text.empty()) break;
        }
    }
    return gap ? groups < 8 : groups == 8;
}

/// Reads the digits after the colon of `ip:port`; 0 when they are no port.
inline std::uint16_t parse_port(std::string_view text) {
    std::uint64_t number = 0;
    const std::string_view digits = take_while(text, is_digit);
    const bool good = !digits.empty() && text.empty() && append_digits(digits, 65535, number);
    return good ? static_cast<std::uint16_t>(number) : std::uint16_t{0};
}

/// One `ip`, `ip:port`, `[ip]` or `[ip]:port`; returns the problem, or nothing.
inline std::string add_dns_server(std::string_view entry, std::vector<endpoint>& servers) {
    std::string_view address;
    std::string_view after;
    if (entry.starts_with('[')) {
        const std::size_t close = std::min(entry.find(']'), entry.size());
        address = entry.substr(1, close - 1);
        after = entry.substr(std::min(close + 1, entry.size()));
        if (close == entry.size() || !is_ipv6(address)) {
            return shown_value(entry) + " is not an IPv6 address in brackets";
        }
    } else {
        if (is_ipv6(entry)) return shown_value(entry) + " is an IPv6 address without brackets";
        address = entry.substr(0, entry.find(':'));
        after = entry.substr(address.size());
        if (!is_ipv4(address)) return shown_value(entry) + " is not an IP address";
    }
    std::uint16_t port = default_dns_port;
    if (!after.empty()) {
        port = after[0] == ':' ? parse_port(after.substr(1)) : std::uint16_t{0};
        if (port == 0) return shown_value(entry) + " has no port from 1 to 65535 after the address";
    }
    servers.emplace_back(std::string(address), port);
    return {};
}

/// Reads `ip:port,...`; the port is 53 where none is given. An empty text has no servers.
inline parsed_dns_servers parse_dns_servers(std::string_view text) {
    parsed_dns_servers result;
    while (!text.empty() && result.problem.empty()) {
        const std::size_t comma = text.find(',');
        result.problem = add_dns_server(text.substr(0, comma), result.servers);
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
        if (text.empty()) result.problem = "the list ends with a comma";
    }
    return result;
}

}  // namespace podpool::detail
