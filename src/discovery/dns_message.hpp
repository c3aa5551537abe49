// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace podpool::detail {

/// The record types that discovery reads; others are skipped.
enum class record_type : std::uint16_t { a = 1, cname = 5, aaaa = 28, srv = 33 };

/// `A`, `AAAA`, `CNAME` or `SRV`.
std::string_view to_text(record_type type);

/// One resource record; which fields count depends on the type.
struct dns_record {
    std::string owner;
    record_type type = record_type::a;
    std::chrono::seconds ttl{0};
    boost::asio::ip::address address;
    /// Of a CNAME or an SRV record.
    std::string target;
    std::uint16_t priority = 0;
    std::uint16_t weight = 0;
    std::uint16_t port = 0;
};

/// What a name server sent. Names are in lower case, absolute, without the dot at the end; bytes that
/// are no part of a host name are written as \ddd.
struct dns_message {
    int rcode = 0;
    bool truncated = false;
    std::vector<dns_record> answers;
    std::vector<dns_record> additional;
};

inline constexpr int rcode_no_error = 0;
inline constexpr int rcode_no_name = 3;

/// The name of a response code, such as `SERVFAIL`.
std::string rcode_text(int rcode);

/// Reads a response. Returns nothing if it is malformed anywhere.
std::optional<dns_message> parse_dns_message(std::span<const std::uint8_t> packet);

/// The addresses of one family behind a name.
struct address_records {
    std::vector<boost::asio::ip::address> addresses;
    /// The smallest TTL on the way to them, CNAME records included; nothing without addresses.
    std::optional<std::chrono::seconds> ttl;
};

/// Follows `name` through the CNAME records of `records` and collects what is of `type` there: sorted,
/// each address once. `name` is absolute without the dot at the end, in any case.
address_records addresses_in(const std::vector<dns_record>& records, std::string_view name, record_type type);

/// One pod of an SRV answer.
struct service_target {
    std::string host;
    std::uint16_t port = 0;
    /// In relation to the other targets'.
    std::uint16_t weight = 0;
};

/// The usable targets of an SRV answer.
struct service_records {
    std::vector<service_target> targets;
    std::optional<std::chrono::seconds> ttl;
};

/// Collects the SRV records of `name`, those with the lowest priority number only (RFC 2782: the others
/// are for when these are gone).
service_records services_in(const dns_message& message, std::string_view name);

}  // namespace podpool::detail
