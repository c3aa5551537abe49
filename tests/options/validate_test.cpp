// SPDX-License-Identifier: BSL-1.0

#include "support/catch.hpp"

#include <podpool/error.hpp>
#include <podpool/options.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using podpool::options;

namespace {

std::string problem(const options& current) {
    try {
        current.validate();
    } catch (const podpool::error& e) {
        CHECK(e.code() == podpool::errc::invalid_options);
        return e.what();
    }
    return "nothing thrown";
}

}  // namespace

TEST_CASE("default options are valid") { CHECK_NOTHROW(options{}.validate()); }

TEST_CASE("#40 options set in code are checked as those of a string") {
    const std::string duration = "; expected a duration such as 250ms, 30s or 1h30m, from ";
    const std::string jitter =
        "; expected a duration such as 5m or a percentage such as 10%, from 0 to below "
        "pool_max_conn_lifetime";
    const std::vector<std::pair<std::function<void(options&)>, std::string>> table{
        {[](options& o) { o.max_conns = 0; },
         "pool_max_conns: 0 is too small; expected a whole number from 1 to 100000"},
        {[](options& o) { o.max_conns = 100'001; },
         "pool_max_conns: 100001 is too large; expected a whole number from 1 to 100000"},
        {[](options& o) { o.min_conns = 9; },
         "pool_min_conns: 9 is above pool_max_conns, which is 8; expected a whole number from 0 to "
         "pool_max_conns"},
        {[](options& o) { o.min_idle_conns = 9; },
         "pool_min_idle_conns: 9 is above pool_max_conns, which is 8; expected a whole number from 0 to "
         "pool_max_conns"},
        {[](options& o) { o.max_conns_per_endpoint = 9; },
         "pool_max_conns_per_endpoint: 9 is above pool_max_conns, which is 8; expected a whole number from 1 "
         "to "
         "pool_max_conns, or none"},
        {[](options& o) { o.max_conns_per_endpoint = 0; },
         "pool_max_conns_per_endpoint: 0 is too small; expected a whole number from 1 to pool_max_conns, or "
         "none"},
        {[](options& o) { o.max_conn_lifetime = 0s; },
         "pool_max_conn_lifetime: 0s is too small" + duration + "1s to 3650d"},
        {[](options& o) { o.max_conn_lifetime = std::chrono::nanoseconds::max(); },
         "pool_max_conn_lifetime: 106751d23h47m16.854775807s is too large" + duration + "1s to 3650d"},
        {[](options& o) { o.max_conn_lifetime = std::chrono::nanoseconds::min(); },
         "pool_max_conn_lifetime: -106751d23h47m16.854775808s is too small" + duration + "1s to 3650d"},
        {[](options& o) { o.max_conn_lifetime_jitter = 30min; },
         "pool_max_conn_lifetime_jitter: 30m is not below pool_max_conn_lifetime, which is 30m" + jitter},
        {[](options& o) { o.max_conn_lifetime_jitter = -1s; },
         "pool_max_conn_lifetime_jitter: -1s is negative" + jitter},
        {[](options& o) { o.renew_overshoot = 1001; },
         "pool_renew_overshoot: 1001 is too large; expected a whole number from 0 to 1000"},
        {[](options& o) { o.max_conn_idle_time = 1ms; },
         "pool_max_conn_idle_time: 1ms is too small" + duration + "1s to 3650d"},
        {[](options& o) { o.health_check_period = 0s; },
         "pool_health_check_period: 0s is too small" + duration + "100ms to 1d"},
        {[](options& o) { o.acquire_timeout = -5s; },
         "pool_acquire_timeout: -5s is too small" + duration + "1ms to 1d"},
        {[](options& o) { o.max_waiters = 1'000'001; },
         "pool_max_waiters: 1000001 is too large; expected a whole number from 0 to 1000000"},
        {[](options& o) { o.connect_timeout = 1h; },
         "pool_connect_timeout: 1h is too large" + duration + "10ms to 10m"},
        {[](options& o) { o.discovery = static_cast<podpool::discovery_kind>(99); },
         "pool_discovery: 99 is unknown; expected one of auto, dns, srv, kubernetes, static"},
        {[](options& o) { o.dns_search = static_cast<podpool::dns_search_mode>(99); },
         "pool_dns_search: 99 is unknown; expected one of auto, system, off"},
        {[](options& o) { o.address_family = static_cast<podpool::address_family>(99); },
         "pool_address_family: 99 is unknown; expected one of auto, ipv4, ipv6, both"},
        {[](options& o) { o.dns_refresh = 1ms; },
         "pool_dns_refresh: 1ms is too small" + duration + "1s to 1h"},
        {[](options& o) { o.dns_servers = "kube-dns"; },
         "pool_dns_servers: \"kube-dns\" is not an IP address; expected ip:port,... such as 10.0.0.10 or "
         "10.0.0.10:53,[fd00::10]:53, or system"},
        {[](options& o) { o.verify_cluster = "7001,,7002"; },
         "pool_verify_cluster: \"7001,,7002\" has an empty identity; expected off, learn or identities with "
         "commas between them, each of 1 to 64 letters, digits and '-'"},
        {[](options& o) { o.balance = static_cast<podpool::balance_policy>(99); },
         "pool_balance: 99 is unknown; expected one of least_active, p2c, round_robin, random"},
        {[](options& o) { o.reset = static_cast<podpool::reset_mode>(99); },
         "pool_reset: 99 is unknown; expected one of auto, full, rollback, none"},
        {[](options& o) { o.name = "a\nb"; },
         "pool_name: \"a?b\" holds a character that is not allowed; expected 1 to 63 printable ASCII "
         "characters "
         "except ' \" and \\"},
    };
    for (const auto& [change, expected] : table) {
        options current;
        current.max_conns = 8;
        CHECK(problem(current) == "nothing thrown");
        change(current);
        CHECK(problem(current) == expected);
    }
}
