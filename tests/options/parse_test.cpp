// SPDX-License-Identifier: BSL-1.0

#include "support/catch.hpp"

#include <podpool/detail/foreign_keys.hpp>
#include <podpool/error.hpp>
#include <podpool/option_values.hpp>
#include <podpool/options.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using podpool::options;

namespace {

std::string problem(std::string_view text) {
    try {
        options::parse(text);
    } catch (const podpool::error& e) {
        CHECK(e.code() == podpool::errc::invalid_options);
        return e.what();
    }
    return "nothing thrown";
}

std::string value_of(const options& from, std::string_view key) {
    for (const podpool::option_value& one : podpool::option_values(from)) {
        if (one.key == key) return one.value + (one.is_default ? " (default)" : "");
    }
    return "no such key";
}

}  // namespace

TEST_CASE("an empty connection string has every default") {
    const options parsed = options::parse("");
    CHECK(parsed.driver_string.empty());
    CHECK(parsed.max_conns >= 4);
    CHECK(parsed.max_conn_lifetime == 30min);
    CHECK_FALSE(parsed.max_conn_lifetime_jitter);
    CHECK(parsed.effective_jitter() == 450s);
    for (const podpool::option_value& one : podpool::option_values(parsed)) {
        CAPTURE(one.key);
        CHECK(one.is_default);
    }
}

TEST_CASE("every key sets its field") {
    const options parsed = options::parse(
        "host=a pool_max_conns=40 pool_min_conns=3 pool_min_idle_conns=2 pool_max_conns_per_endpoint=20 "
        "pool_max_conn_lifetime=1h pool_max_conn_lifetime_jitter=5m pool_renew_overshoot=0 "
        "pool_rebalance=off pool_rebalance_pace=20% pool_server_totals=off "
        "pool_max_opens_per_second=7 pool_eject_after=3 pool_subset=12 pool_zone=eu-west-1a "
        "pool_overload=codel "
        "pool_leak_threshold=1m "
        "pool_max_conn_idle_time=90s pool_max_conn_buffer=512kB pool_health_check_period=250ms "
        "pool_acquire_timeout=1.5s "
        "pool_max_waiters=0 pool_connect_timeout=2s pool_discovery=srv pool_dns_refresh=10s "
        "pool_dns_servers=10.0.0.10,[::1]:5353 pool_dns_search=system pool_address_family=ipv6 "
        "pool_kubernetes_api=https://10.0.0.1:6443/k8s pool_kubernetes_token_file='/run/a token' "
        "pool_kubernetes_ca_file=/run/ca.crt pool_kubernetes_port=postgres pool_kubernetes_fallback=none "
        "pool_verify_cluster=7001,a-2 pool_balance=p2c "
        "pool_reset=rollback pool_name='web shop'");
    CHECK(parsed.driver_string.reveal() == "host=a");
    CHECK(parsed.max_conns == 40);
    CHECK(parsed.min_conns == 3);
    CHECK(parsed.min_idle_conns == 2);
    CHECK(parsed.max_conns_per_endpoint == std::size_t{20});
    CHECK(parsed.max_conn_lifetime == 1h);
    CHECK(parsed.max_conn_lifetime_jitter == std::chrono::nanoseconds(5min));
    CHECK(parsed.renew_overshoot == 0);
    CHECK_FALSE(parsed.rebalance);
    CHECK(parsed.rebalance_pace == 20);
    CHECK_FALSE(parsed.server_totals);
    CHECK(parsed.max_opens_per_second == 7);
    CHECK(parsed.eject_after == std::size_t{3});
    CHECK(parsed.subset == std::size_t{12});
    CHECK(parsed.zone == "eu-west-1a");
    CHECK(parsed.overload == podpool::overload_policy::codel);
    CHECK(parsed.leak_threshold == std::chrono::nanoseconds(1min));
    CHECK(parsed.max_conn_idle_time == 90s);
    CHECK(parsed.max_conn_buffer == std::size_t{512'000});
    CHECK(parsed.health_check_period == 250ms);
    CHECK(parsed.acquire_timeout == 1500ms);
    CHECK(parsed.max_waiters == 0);
    CHECK(parsed.connect_timeout == 2s);
    CHECK(parsed.discovery == podpool::discovery_kind::srv);
    CHECK(parsed.dns_refresh == 10s);
    CHECK(parsed.dns_servers == "10.0.0.10,[::1]:5353");
    CHECK(parsed.dns_search == podpool::dns_search_mode::system);
    CHECK(parsed.address_family == podpool::address_family::ipv6);
    CHECK(parsed.kubernetes_api == "https://10.0.0.1:6443/k8s");
    CHECK(parsed.kubernetes_token_file == "/run/a token");
    CHECK(parsed.kubernetes_ca_file == "/run/ca.crt");
    CHECK(parsed.kubernetes_port == "postgres");
    CHECK(parsed.kubernetes_fallback == podpool::kubernetes_fallback::none);
    CHECK(parsed.verify_cluster == "7001,a-2");
    CHECK(parsed.balance == podpool::balance_policy::p2c);
    CHECK(parsed.reset == podpool::reset_mode::rollback);
    CHECK(parsed.name == "web shop");
    for (const podpool::option_value& one : podpool::option_values(parsed)) {
        CAPTURE(one.key);
        CHECK_FALSE(one.is_default);
    }
}

TEST_CASE("every name of a choice is known") {
    using podpool::address_family;
    using podpool::balance_policy;
    using podpool::discovery_kind;
    using podpool::dns_search_mode;
    using podpool::reset_mode;
    CHECK(options::parse("pool_discovery=auto").discovery == discovery_kind::automatic);
    CHECK(options::parse("pool_discovery=dns").discovery == discovery_kind::dns);
    CHECK(options::parse("pool_discovery=static").discovery == discovery_kind::fixed);
    CHECK(options::parse("pool_discovery=kubernetes").discovery == discovery_kind::kubernetes);
    CHECK(options::parse("pool_kubernetes_fallback=dns").kubernetes_fallback ==
          podpool::kubernetes_fallback::dns);
    CHECK(options::parse("pool_dns_search=auto").dns_search == dns_search_mode::automatic);
    CHECK(options::parse("pool_dns_search=off").dns_search == dns_search_mode::off);
    CHECK(options::parse("pool_address_family=auto").address_family == address_family::automatic);
    CHECK(options::parse("pool_address_family=ipv4").address_family == address_family::ipv4);
    CHECK(options::parse("pool_address_family=both").address_family == address_family::both);
    CHECK(options::parse("pool_balance=least_active").balance == balance_policy::least_active);
    CHECK(options::parse("pool_balance=round_robin").balance == balance_policy::round_robin);
    CHECK(options::parse("pool_balance=random").balance == balance_policy::random);
    CHECK(options::parse("pool_reset=full").reset == reset_mode::full);
    CHECK(options::parse("pool_reset=none").reset == reset_mode::none);
}

TEST_CASE("a jitter can be a share of the lifetime, wherever the lifetime stands in the string") {
    CHECK(options::parse("pool_max_conn_lifetime_jitter=10% pool_max_conn_lifetime=1h")
              .max_conn_lifetime_jitter == std::chrono::nanoseconds(6min));
    CHECK(options::parse("postgres://h?pool_max_conn_lifetime=1h&pool_max_conn_lifetime_jitter=12.5%25")
              .max_conn_lifetime_jitter == std::chrono::nanoseconds(450s));
    CHECK(options::parse("pool_max_conn_lifetime_jitter=0%").max_conn_lifetime_jitter ==
          std::chrono::nanoseconds(0));
    CHECK(options::parse("pool_max_conn_lifetime_jitter=0s").effective_jitter() == 0s);
}

TEST_CASE("option_values prints what parse reads") {
    const options defaults = options::parse("");
    CHECK(value_of(defaults, "pool_max_conn_lifetime") == "30m (default)");
    CHECK(value_of(defaults, "pool_max_conn_lifetime_jitter") == "7m30s (default)");
    CHECK(value_of(defaults, "pool_max_conns_per_endpoint") == "none (default)");
    CHECK(value_of(defaults, "pool_dns_servers") == "system (default)");
    CHECK(value_of(defaults, "pool_name") == "host:port/db (default)");
    CHECK(value_of(options::parse("pool_max_conn_lifetime=1h"), "pool_max_conn_lifetime_jitter") ==
          "15m (default)");
    CHECK(value_of(options::parse("pool_max_conn_lifetime_jitter=10%"), "pool_max_conn_lifetime_jitter") ==
          "3m");

    std::string again;
    for (const podpool::option_value& one : podpool::option_values(defaults)) {
        // The default name is known to the driver only; here it is words for people.
        if (one.key != "pool_name") again.append(one.key).append("='").append(one.value).append("' ");
    }
    CAPTURE(again);
    const options parsed = options::parse(again + "pool_name=x");
    for (const podpool::option_value& one : podpool::option_values(defaults)) {
        if (one.key != "pool_name") CHECK(value_of(parsed, one.key).starts_with(one.value));
    }
}

TEST_CASE("#40 an unknown pool_ key names the nearest known one") {
    const std::vector<std::pair<std::string, std::string>> table{
        {"pool_max_con", "pool_max_conns"},
        {"pool_Max_Conns", "pool_max_conns"},
        {"pool_max_conn_livetime", "pool_max_conn_lifetime"},
        {"pool_aquire_timeout", "pool_acquire_timeout"},
        {"pool_dns_server", "pool_dns_servers"},
        {"pool_ballance", "pool_balance"},
        {"pool_max_conns_per_host", "pool_max_conns_per_endpoint"},
        {"pool_nam", "pool_name"},
    };
    for (const auto& [key, nearest] : table) {
        const std::string expected = key + ": unknown key; the nearest known one is " + nearest;
        for (const std::string front : {"host=a ", "postgresql://h/db?sslmode=require&", "mysql://h/db?"}) {
            CAPTURE(front);
            CHECK(problem(std::string(front).append(key).append("=1")) == expected);
        }
    }
}

TEST_CASE("an unknown pool_ key that is near to none says where the known ones are") {
    for (const std::string key : {"pool_", "pool_x", "pool_colour", "pool_admin_address", "pool_ssl"}) {
        CAPTURE(key);
        CHECK(problem(key + "=1") == key + ": unknown key; docs/options.md lists the known ones");
    }
}

TEST_CASE("a pool_ key of another library is answered with podpool's own") {
    const std::vector<std::pair<std::string, std::string>> table{
        {"pool_size", "use pool_max_conns"},
        {"pool_max_size", "use pool_max_conns"},
        {"pool_recycle", "use pool_max_conn_lifetime"},
        {"pool_timeout", "use pool_acquire_timeout"},
        {"pool_max", "use pool_max_conns"},
        {"pool_min", "use pool_min_conns"},
        {"pool_pre_ping", "leave it out: connections are looked at before use"},
    };
    for (const auto& [key, advice] : table) {
        CHECK(problem("postgresql://h/db?" + key + "=1") == key + ": unknown key; " + advice);
    }
}

TEST_CASE("every piece of advice about another library's key names keys that exist") {
    for (const podpool::detail::foreign_key& row : podpool::detail::foreign_keys) {
        CAPTURE(row.name);
        CHECK(podpool::detail::advice_for(row.name) == row.advice);
        for (std::string_view rest = row.advice; rest.find("pool_") != std::string_view::npos;) {
            rest.remove_prefix(rest.find("pool_"));
            const std::string key(rest.substr(0, rest.find_first_of(" ,;")));
            CHECK(value_of(options{}, key) != "no such key");
            rest.remove_prefix(key.size());
        }
    }
    CHECK(podpool::detail::advice_for("Maximum Pool Size") == "use pool_max_conns");
    CHECK(podpool::detail::advice_for("schema") != podpool::detail::advice_for("schema", true));
    CHECK(podpool::detail::advice_for("dbname").empty());
}

TEST_CASE("the driver's connect_timeout is the pool's limit where that isn't given") {
    const std::vector<std::pair<std::string, std::chrono::nanoseconds>> table{
        {"postgresql://h/db?connect_timeout=3", 3s},
        {"postgresql://h/db?sslmode=disable&connect_timeout=12&pool_name=a", 12s},
        {"postgresql://h/db?connect%5Ftimeout=%33", 3s},
        {"host=h connect_timeout=7 dbname=d", 7s},
        {"host=h connect_timeout = ' 7 '", 7s},
        {"host=h connect_timeout=7 connect_timeout=8", 8s},
        {"mysql://h/db?connect_timeout=3", 3s},
        {"connect_timeout=1", 1s},
        {"connect_timeout=0", 5s},
        {"connect_timeout=-1", 5s},
        {"connect_timeout=+4", 4s},
        {"connect_timeout=3600", 10min},
        {"connect_timeout=99999999999999999999", 10min},
        {"host=h", 5s},
        {"postgresql://h/db?connect_timeout=3&pool_connect_timeout=5s", 5s},
        {"host=h pool_connect_timeout=250ms connect_timeout=3", 250ms},
    };
    for (const auto& [text, limit] : table) {
        CAPTURE(text);
        const options parsed = options::parse(text);
        CHECK(parsed.connect_timeout == limit);
    }
    CHECK(value_of(options::parse("connect_timeout=3"), "pool_connect_timeout") == "3s");
    CHECK(value_of(options::parse("connect_timeout=0"), "pool_connect_timeout") == "5s (default)");
}

TEST_CASE("what stands in a password is no connect_timeout") {
    CHECK(options::parse("postgresql://u:p?connect_timeout=3@h/db").connect_timeout == 5s);
    CHECK(options::parse("password='x connect_timeout=3'").connect_timeout == 5s);
}

TEST_CASE("a connect_timeout that is no number of seconds is refused, and its value isn't shown") {
    for (const std::string text : {"host=h connect_timeout=3s", "postgresql://h/db?connect_timeout=soon",
                                   "connect_timeout=''", "connect_timeout=1.5", "connect_timeout=-"}) {
        CAPTURE(text);
        CHECK(problem(text) ==
              "connect_timeout: expected a whole number of seconds, such as 3; pool_connect_timeout takes 3s "
              "and 250ms");
    }
}

TEST_CASE("#40 keys of later versions are unknown") {
    CHECK(problem("pool_admin_address=auto").starts_with("pool_admin_address: unknown key"));
}

TEST_CASE("#40 a bad value names key, value and range") {
    const std::string duration = "; expected a duration such as 250ms, 30s or 1h30m, from ";
    const std::string above = " is above pool_max_conns, which is 8; expected a whole number from ";
    const std::string jitter =
        "; expected a duration such as 5m or a percentage such as 10%, from 0 to below "
        "pool_max_conn_lifetime";
    const std::string cluster =
        "; expected off, learn or identities with commas between them, each of 1 to 64 letters, digits and "
        "'-'";
    const std::string pod_port =
        "; expected auto, 1 to 65535 or a name: 1 to 63 lower-case letters, digits and '-'";
    const std::string servers =
        "; expected ip:port,... such as 10.0.0.10 or 10.0.0.10:53,[fd00::10]:53, or system";
    const std::vector<std::pair<std::string, std::string>> table{
        {"pool_max_conns=0", "\"0\" is too small; expected a whole number from 1 to 100000"},
        {"pool_subset=0", "0 is too small; expected a whole number from 1 to 100000, or none"},
        {"pool_subset=all",
         "\"all\" is not a whole number; expected a whole number from 1 to 100000, or none"},
        {"pool_zone='eu west'",
         "\"eu west\" holds a character that is not allowed; expected none, auto, service or a zone: 1 to 63 "
         "letters, digits, '-', '_' and '.'"},
        {"pool_leak_threshold=0s",
         "\"0s\" is too small; expected a duration such as 250ms, 30s or 1h30m, from 1ms to 3650d, or none"},
        {"pool_overload=lifo", "\"lifo\" is unknown; expected one of fifo, codel"},
        {"pool_max_conns=100001", "\"100001\" is too large; expected a whole number from 1 to 100000"},
        {"pool_max_conns=99999999999999999999",
         "\"99999999999999999999\" is too large; expected a whole number from 1 to 100000"},
        {"pool_max_conns=-1", "\"-1\" is negative; expected a whole number from 1 to 100000"},
        {"pool_max_conns=1.5", "\"1.5\" is not a whole number; expected a whole number from 1 to 100000"},
        {"pool_max_conns=8x", "\"8x\" is not a whole number; expected a whole number from 1 to 100000"},
        {"pool_max_conns=''", "the value is empty; expected a whole number from 1 to 100000"},
        {"pool_max_conns=", "the value is empty; expected a whole number from 1 to 100000"},
        {"pool_min_conns=9 pool_max_conns=8", "9" + above + "0 to pool_max_conns"},
        {"pool_min_idle_conns=9 pool_max_conns=8", "9" + above + "0 to pool_max_conns"},
        {"pool_max_conns_per_endpoint=9 pool_max_conns=8", "9" + above + "1 to pool_max_conns, or none"},
        {"pool_max_conns_per_endpoint=0",
         "0 is too small; expected a whole number from 1 to pool_max_conns, or none"},
        {"pool_renew_overshoot=1001", "\"1001\" is too large; expected a whole number from 0 to 1000"},
        {"pool_rebalance=yes", "\"yes\" is unknown; expected one of on, off"},
        {"pool_rebalance_pace=5", "\"5\" has no % sign; expected a whole percentage from 1% to 100%"},
        {"pool_rebalance_pace=0%", "\"0%\" is too small; expected a whole percentage from 1% to 100%"},
        {"pool_rebalance_pace=2.5%",
         "\"2.5\" is not a whole number; expected a whole percentage from 1% to 100%"},
        {"pool_max_waiters=1000001", "\"1000001\" is too large; expected a whole number from 0 to 1000000"},
        {"pool_max_conn_lifetime=30", "\"30\" has no unit" + duration + "1s to 3650d"},
        {"pool_max_conn_lifetime=-1h", "\"-1h\" is negative" + duration + "1s to 3650d"},
        {"pool_max_conn_lifetime=999ms", "\"999ms\" is too small" + duration + "1s to 3650d"},
        {"pool_max_conn_lifetime=3651d", "\"3651d\" is too large" + duration + "1s to 3650d"},
        {"pool_max_conn_lifetime=999999d", "\"999999d\" is too large" + duration + "1s to 3650d"},
        {"pool_max_conn_idle_time=0s", "\"0s\" is too small" + duration + "1s to 3650d"},
        {"pool_health_check_period=99ms", "\"99ms\" is too small" + duration + "100ms to 1d"},
        {"pool_acquire_timeout=0s", "\"0s\" is too small" + duration + "1ms to 1d"},
        {"pool_acquire_timeout=25h", "\"25h\" is too large" + duration + "1ms to 1d"},
        {"pool_connect_timeout=11m", "\"11m\" is too large" + duration + "10ms to 10m"},
        {"pool_dns_refresh=500ms", "\"500ms\" is too small" + duration + "1s to 1h"},
        {"pool_dns_refresh=2h", "\"2h\" is too large" + duration + "1s to 1h"},
        {"pool_max_conn_lifetime_jitter=5", "\"5\" has no unit" + jitter},
        {"pool_max_conn_lifetime_jitter=-1s", "\"-1s\" is negative" + jitter},
        {"pool_max_conn_lifetime_jitter=100%", "\"100%\" is not below 100%" + jitter},
        {"pool_max_conn_lifetime_jitter=-5%", "\"-5%\" is not a percentage with at most 6 decimals" + jitter},
        {"pool_max_conn_lifetime_jitter=30m",
         "30m is not below pool_max_conn_lifetime, which is 30m" + jitter},
        {"pool_max_conn_lifetime_jitter=2h pool_max_conn_lifetime=1h",
         "2h is not below pool_max_conn_lifetime, which is 1h" + jitter},
        {"pool_discovery=consul",
         "\"consul\" is unknown; expected one of auto, dns, srv, kubernetes, static"},
        {"pool_kubernetes_api=" + std::string(1025, 'a'),
         "\"" + std::string(64, 'a') +
             "...\" is too long; expected in-cluster or https://HOST:PORT/PATH (PORT: 443, PATH: none), or "
             "http://127.0.0.1:PORT"},
        {"pool_kubernetes_token_file='/a\tb'",
         "\"/a?b\" holds a character that is not allowed; expected auto or the path of a file"},
        {"pool_kubernetes_port=0", "\"0\" is no port" + pod_port},
        {"pool_kubernetes_port=65536", "\"65536\" is no port" + pod_port},
        {"pool_kubernetes_port=Postgres", "\"Postgres\" holds a character that is not allowed" + pod_port},
        {"pool_kubernetes_port=" + std::string(64, 'a'),
         "\"" + std::string(64, 'a') + "\" is too long" + pod_port},
        {"pool_kubernetes_fallback=srv", "\"srv\" is unknown; expected one of dns, none"},
        {"pool_balance=LEAST_ACTIVE",
         "\"LEAST_ACTIVE\" is unknown; expected one of least_active, p2c, round_robin, random"},
        {"pool_reset=on", "\"on\" is unknown; expected one of auto, full, rollback, none"},
        {"pool_dns_servers=kube-dns", "\"kube-dns\" is not an IP address" + servers},
        {"pool_dns_search=on", "\"on\" is unknown; expected one of auto, system, off"},
        {"pool_address_family=v4", "\"v4\" is unknown; expected one of auto, ipv4, ipv6, both"},
        {"pool_dns_servers=10.0.0.1:0",
         "\"10.0.0.1:0\" has no port from 1 to 65535 after the address" + servers},
        {"pool_verify_cluster=7001,", "\"7001,\" has an empty identity" + cluster},
        {"pool_verify_cluster=7001;7002", "\"7001;7002\" holds a character that is not allowed" + cluster},
        {"pool_verify_cluster=" + std::string(65, '7'),
         "\"" + std::string(64, '7') + "...\" is too long" + cluster},
        {"pool_name='a\\'b'",
         "\"a'b\" holds a character that is not allowed; expected 1 to 63 printable ASCII characters except "
         "' "
         "\" and \\"},
    };
    for (const auto& [text, expected] : table) {
        CAPTURE(text);
        CHECK(problem("host=a " + text) == text.substr(0, text.find('=')) + ": " + expected);
    }
}

TEST_CASE("#40 a key that is given twice is refused, also with the same value") {
    CHECK(problem("pool_max_conns=8 pool_max_conns=8") ==
          "pool_max_conns: the key is given twice; expected it once");
    CHECK(problem("postgres://h?pool_max_conns=8&a=b&pool%5Fmax_conns=9") ==
          "pool_max_conns: the key is given twice; expected it once");
}

TEST_CASE("an amount of memory needs a unit and has limits") {
    const std::string expected =
        "; expected an amount of memory such as 512KiB or 4MiB, from 64KiB to 1GiB, or none";
    CHECK(problem("pool_max_conn_buffer=4194304") ==
          "pool_max_conn_buffer: \"4194304\" has no unit" + expected);
    CHECK(problem("pool_max_conn_buffer=1kB") == "pool_max_conn_buffer: \"1kB\" is too small" + expected);
    CHECK(problem("pool_max_conn_buffer=2GB") == "pool_max_conn_buffer: \"2GB\" is too large" + expected);
    CHECK(options::parse("pool_max_conn_buffer=none").max_conn_buffer == std::nullopt);
    options made;
    made.max_conn_buffer = 5;
    CHECK_THROWS_AS(made.validate(), podpool::error);
}

TEST_CASE("the limits themselves are allowed") {
    for (const std::string text : {"pool_max_conns=1",
                                   "pool_max_conns=100000",
                                   "pool_max_conns=8 pool_min_conns=8 pool_min_idle_conns=8",
                                   "pool_max_conns=8 pool_max_conns_per_endpoint=8",
                                   "pool_max_conns_per_endpoint=1",
                                   "pool_max_conns_per_endpoint=none",
                                   "pool_eject_after=none",
                                   "pool_max_conn_buffer=64KiB",
                                   "pool_max_conn_buffer=1GiB",
                                   "pool_max_conn_buffer=none",
                                   "pool_dns_servers=system",
                                   "pool_max_conn_lifetime=1s",
                                   "pool_max_conn_lifetime=3650d",
                                   "pool_max_conn_lifetime=1h pool_max_conn_lifetime_jitter=3599.999999999s",
                                   "pool_max_conn_lifetime_jitter=99.999999%",
                                   "pool_renew_overshoot=1000",
                                   "pool_health_check_period=100ms",
                                   "pool_health_check_period=1d",
                                   "pool_acquire_timeout=1ms",
                                   "pool_acquire_timeout=1d",
                                   "pool_max_waiters=1000000",
                                   "pool_connect_timeout=10ms",
                                   "pool_connect_timeout=10m",
                                   "pool_dns_refresh=1s",
                                   "pool_dns_refresh=1h"}) {
        CAPTURE(text);
        CHECK_NOTHROW(options::parse(text));
    }
    CHECK(options::parse("pool_name=" + std::string(63, 'x')).name.size() == 63);
}

TEST_CASE("a long value is shortened in the message, and a strange one is made printable") {
    CHECK(problem("pool_reset=" + std::string(65, 'x')) ==
          "pool_reset: \"" + std::string(64, 'x') +
              "...\" is unknown; expected one of auto, full, rollback, none");
    CHECK(problem("pool_name=" + std::string(64, 'x')).find(std::string(64, 'x') + "\" is too long") !=
          std::string::npos);
    CHECK(problem("postgres://h?pool_reset=a%0ab%7f%c3%a4") ==
          "pool_reset: \"a?b???\" is unknown; expected one of auto, full, rollback, none");
    CHECK(problem("pool_" + std::string(100'000, 'x') + "=1").size() < 200);
}

TEST_CASE("#40 no message holds a part of the string that is not the pool's") {
    for (const std::string text : {
             "postgresql://user:CANARY@host/db?pool_max_conns=x",
             "postgresql://user:CANARY@host/db?password=CANARY&pool_bad=1",
             "postgresql://h?pool_name=x/y&password=CANARY@b",
             "host=a password=CANARY pool_max_conns=x",
             "pool_max_conns= password=CANARY",
             "pool_max_conns password=CANARY",
             "pool_bad='1 password=CANARY",
             "pool_max_conns='1 password=CANARY '",
             "pool_max_conns=\\ password=CANARY",
             "pool_password=CANARY",
             "pool_dns_servers='1.2.3.4 password=CANARY'",
             "pool_name='\\'password=CANARY'",
         }) {
        CAPTURE(text);
        CHECK(problem(text) != "nothing thrown");
        CHECK(problem(text).find("CANARY") == std::string::npos);
    }
}
