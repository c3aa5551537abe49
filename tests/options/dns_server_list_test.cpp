// SPDX-License-Identifier: BSL-1.0

#include "support/catch.hpp"

#include <podpool/detail/dns_server_list.hpp>
#include <podpool/endpoint.hpp>

#include <arpa/inet.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

using podpool::endpoint;
using podpool::detail::is_ipv4;
using podpool::detail::is_ipv6;
using podpool::detail::parse_dns_servers;

TEST_CASE("DNS servers are read with and without a port") {
    const auto parsed = parse_dns_servers("10.0.0.10,127.0.0.1:5353,[fd00::10],[::1]:5353");
    CHECK(parsed.problem.empty());
    const std::vector<endpoint> expected{
        {"10.0.0.10", 53}, {"127.0.0.1", 5353}, {"fd00::10", 53}, {"::1", 5353}};
    CHECK(parsed.servers == expected);
    CHECK(parse_dns_servers("").servers.empty());
    CHECK(parse_dns_servers("").problem.empty());
}

TEST_CASE("#40 a bad DNS server is named with its fault") {
    const std::string port = " has no port from 1 to 65535 after the address";
    const std::vector<std::pair<std::string, std::string>> table{
        {"dns.local", "\"dns.local\" is not an IP address"},
        {"10.0.0.1,dns", "\"dns\" is not an IP address"},
        {"10.0.0", "\"10.0.0\" is not an IP address"},
        {"10.0.0.256", "\"10.0.0.256\" is not an IP address"},
        {"10.0.0.010", "\"10.0.0.010\" is not an IP address"},
        {",10.0.0.1", "\"\" is not an IP address"},
        {"10.0.0.1,", "the list ends with a comma"},
        {"10.0.0.1, 10.0.0.2", "\" 10.0.0.2\" is not an IP address"},
        {"::1", "\"::1\" is an IPv6 address without brackets"},
        {"[::1", "\"[::1\" is not an IPv6 address in brackets"},
        {"[", "\"[\" is not an IPv6 address in brackets"},
        {"[]", "\"[]\" is not an IPv6 address in brackets"},
        {"[10.0.0.1]", "\"[10.0.0.1]\" is not an IPv6 address in brackets"},
        {"[fe80::1%eth0]", "\"[fe80::1%eth0]\" is not an IPv6 address in brackets"},
        {"[::1]53", "\"[::1]53\"" + port},
        {"[::1]:", "\"[::1]:\"" + port},
        {"10.0.0.1:", "\"10.0.0.1:\"" + port},
        {"10.0.0.1:0", "\"10.0.0.1:0\"" + port},
        {"10.0.0.1:65536", "\"10.0.0.1:65536\"" + port},
        {"10.0.0.1:53x", "\"10.0.0.1:53x\"" + port},
        {"10.0.0.1:-1", "\"10.0.0.1:-1\"" + port},
    };
    for (const auto& [text, problem] : table) {
        CAPTURE(text);
        CHECK(parse_dns_servers(text).problem == problem);
    }
}

TEST_CASE("an address is one where the system's own parser sees one") {
    const std::array texts{
        "",
        "0.0.0.0",
        "255.255.255.255",
        "1.2.3",
        "1.2.3.4.5",
        "1..2.3",
        "1.2.3.4.",
        "01.2.3.4",
        "1.2.3.a",
        "::",
        "::1",
        "1::",
        ":::",
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "1::3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8:9",
        "1::2::3",
        "1:2",
        ":1",
        "1:",
        "12345::",
        "g::",
        "::ffff:1.2.3.4",
        "1:2:3:4:5:6:1.2.3.4",
        "1:2:3:4:5:6:7:1.2.3.4",
        "::1.2.3.4",
        "::1.2.3",
        "1.2.3.4::",
        "FD00::AbCd",
        "::1%lo",
        "1:2:3:4:5:6::1.2.3.4",
        "::1.2.3.4:5",
        " ::1",
        ":",
    };
    for (const char* text : texts) {
        CAPTURE(text);
        std::array<unsigned char, sizeof(in6_addr)> address{};
        CHECK(is_ipv4(text) == (inet_pton(AF_INET, text, address.data()) == 1));
        CHECK(is_ipv6(text) == (inet_pton(AF_INET6, text, address.data()) == 1));
    }
}
