// SPDX-License-Identifier: BSL-1.0
#include "discovery/system_files.hpp"

#include "support/catch.hpp"

#include <string>
#include <vector>

using podpool::endpoint;
using podpool::detail::parse_hosts;
using podpool::detail::parse_resolv_conf;
using names = std::vector<std::string>;

TEST_CASE("a pod's resolv.conf is read: servers, search list and ndots") {
    const auto config = parse_resolv_conf(
        "search prod.svc.cluster.local svc.cluster.local cluster.local.\n"
        "nameserver 10.96.0.10\n"
        "nameserver fd00::a\n"
        "options ndots:5 timeout:2\n");
    CHECK(config.servers == std::vector<endpoint>{{"10.96.0.10", 53}, {"fd00::a", 53}});
    CHECK(config.search == names{"prod.svc.cluster.local", "svc.cluster.local", "cluster.local"});
    CHECK(config.ndots == 5);
}

TEST_CASE("a search list may hold the root, as systemd-resolved writes it") {
    CHECK(parse_resolv_conf("search .\n").search == names{""});
    CHECK(parse_resolv_conf("search . corp.example.\n").search == names{"", "corp.example"});
}

TEST_CASE("what makes no sense in resolv.conf is skipped") {
    const auto config = parse_resolv_conf(
        "; a comment\n# another\nnameserver\nnameserver dns.example\n\tnameserver 1.1.1.1 # one\r\n"
        "domain first.example\nsearch bad..name good.example\noptions ndots:x\noptions ndots:99\nrubbish 1 "
        "2");
    CHECK(config.servers == std::vector<endpoint>{{"1.1.1.1", 53}});
    CHECK(config.search == names{"good.example"});
    CHECK(config.ndots == 15);
    CHECK(parse_resolv_conf("").servers.empty());
    CHECK(parse_resolv_conf("").ndots == 1);
}

TEST_CASE("a hosts file gives every address of a name, in any case, and no others") {
    const char* text =
        "127.0.0.1 localhost\n"
        "10.0.0.1\tdb.example DB # the first\n"
        "# 10.0.0.9 db\n"
        "not-an-address db\n"
        "fd00::1 db\n"
        "10.0.0.1 db\n"
        "10.0.0.2 db2 mydb\n"
        "10.0.0.3";
    const auto found = parse_hosts(text, "db");
    REQUIRE(found.size() == 2);
    CHECK(found[0].to_string() == "10.0.0.1");
    CHECK(found[1].to_string() == "fd00::1");
    CHECK(parse_hosts(text, "nobody").empty());
    CHECK(parse_hosts(text, "10.0.0.3").empty());
}

TEST_CASE("files that can't be read give nothing") {
    CHECK_FALSE(podpool::detail::read_resolv_conf("/nowhere/resolv.conf").has_value());
    CHECK(podpool::detail::read_hosts("/nowhere/hosts", "db").empty());
}
