// SPDX-License-Identifier: BSL-1.0
#include "connector_options.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>
#include <utility>

namespace podpool::detail {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 18> refusals{{
    {"CLIENT_MULTI_STATEMENTS", "a text is one statement here"},
    {"OPT_CAN_HANDLE_EXPIRED_PASSWORDS", "a pool can't change a password"},
    {"OPT_CONNECT_ATTR_ADD", "connection attributes can't be written in a connection string"},
    {"OPT_CONNECT_ATTR_DELETE", "connection attributes can't be written in a connection string"},
    {"OPT_CONNECT_ATTR_RESET", "connection attributes can't be written in a connection string"},
    {"OPT_CONNECT_TIMEOUT", "pool_connect_timeout is the deadline of the whole attempt"},
    {"OPT_DNS_SRV", "set pool_discovery=srv instead"},
    {"OPT_MULTI_HOST", "write the hosts with commas between them instead"},
    {"OPT_NAMED_PIPE", "there are no named pipes here"},
    {"defaultPreparedStatementResultType", "query() reads whole results"},
    {"defaultStatementResultType", "query() reads whole results"},
    {"pipe", "there are no named pipes here"},
    {"postInit",
     "it runs where the driver can't see it, and could switch autocommit off, which loses what is "
     "written; set preInit instead"},
    {"readDefaultFile", "a file could change what this string says"},
    {"readDefaultGroup", "a file could change what this string says"},
    {"sslEnforce", "it doesn't keep what it promises; set sslmode=verify-full"},
    {"sslVerify", "set sslmode=verify-full, which implies it"},
    {"useLegacyAuth", "it would let a server ask for the password in an old, weak form"},
}};

constexpr std::array<std::string_view, 4> yes{"true", "1", "on", "yes"};
constexpr std::array<std::string_view, 4> no{"false", "0", "off", "no"};

constexpr std::array<std::string_view, 4> tls_versions{"TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"};

bool among(std::string_view text, const std::array<std::string_view, 4>& words) noexcept {
    return std::find(words.begin(), words.end(), text) != words.end();
}

bool are_tls_versions(std::string_view text) noexcept {
    for (;;) {
        const std::size_t comma = text.find(',');
        if (!among(text.substr(0, comma), tls_versions)) return false;
        if (comma == std::string_view::npos) return true;
        text.remove_prefix(comma + 1);
    }
}

}  // namespace

const connector_option* find_connector_option(std::string_view key) noexcept {
    const auto* found = std::find_if(connector_options.begin(), connector_options.end(),
                                     [key](const connector_option& one) { return one.key == key; });
    return found == connector_options.end() ? nullptr : found;
}

std::string_view refused_option(std::string_view key) noexcept {
    const auto* found =
        std::find_if(refusals.begin(), refusals.end(), [key](const auto& one) { return one.first == key; });
    return found == refusals.end() ? std::string_view() : found->second;
}

std::optional<connector_value> read_connector_value(option_type type, std::string_view text) {
    switch (type) {
        case option_type::flag:
            if (among(text, yes)) return true;
            if (among(text, no)) return false;
            return std::nullopt;
        case option_type::number: {
            int number = 0;
            const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
            if (failed != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
            return number;
        }
        case option_type::text:
            if (text.empty()) return std::nullopt;
            return std::string(text);
        case option_type::tls_versions:
            if (!are_tls_versions(text)) return std::nullopt;
            return std::string(text);
    }
    return std::nullopt;
}

std::string_view expected(option_type type) noexcept {
    switch (type) {
        case option_type::flag:
            return "true or false";
        case option_type::number:
            return "a number from 0 to 2147483647";
        case option_type::text:
            return "a text that isn't empty";
        case option_type::tls_versions:
            return "one or more of TLSv1.0, TLSv1.1, TLSv1.2 and TLSv1.3, with commas between them";
    }
    return "a value";
}

}  // namespace podpool::detail
