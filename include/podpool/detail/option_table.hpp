// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/detail/choices.hpp>
#include <podpool/detail/connection_string.hpp>
#include <podpool/detail/foreign_keys.hpp>
#include <podpool/detail/nearest.hpp>
#include <podpool/detail/option_fields.hpp>
#include <podpool/detail/option_message.hpp>
#include <podpool/detail/share_text.hpp>
#include <podpool/detail/word_fields.hpp>
#include <podpool/options.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// The one table of options. Parser, validate(), option_values(), docs/options.md, the command's help and
// the golden file tests/golden/option_names.txt are all made from it: a new option is one more row here.

namespace podpool::detail {

using option_field =
    std::variant<size_field, percent_field, choice_field<bool>, minimum_field, endpoint_bound_field,
                 optional_size_field, byte_size_field, duration_field, optional_duration_field, jitter_field,
                 choice_field<discovery_kind>, choice_field<kubernetes_fallback>,
                 choice_field<dns_search_mode>, choice_field<address_family>, choice_field<balance_policy>,
                 choice_field<reset_mode>, choice_field<overload_policy>, dns_servers_field, name_field,
                 zone_field, place_field, pod_port_field, cluster_field>;

/// One option: a row of the table.
struct option_row {
    /// The key in connection strings.
    std::string_view key;
    /// The default in words; empty: the text of the default value.
    std::string_view default_words;
    /// What the option does, in a sentence or two.
    std::string_view meaning;
    option_field field;

    [[nodiscard]] std::string_view kind() const {
        return std::visit([](const auto& one) { return one.kind; }, field);
    }
    [[nodiscard]] std::string range() const {
        return std::visit([](const auto& one) { return one.range(); }, field);
    }
    [[nodiscard]] std::string default_text() const {
        return default_words.empty() ? value_text(options{}) : std::string(default_words);
    }
    [[nodiscard]] std::string value_text(const options& from) const {
        return std::visit([&](const auto& one) { return one.text(from); }, field);
    }
    [[nodiscard]] bool same(const options& left, const options& right) const {
        return std::visit([&](const auto& one) { return left.*one.member == right.*one.member; }, field);
    }
    void read(option_draft& draft, std::string_view text) const {
        std::visit([&](const auto& one) { one.read(draft, key, text); }, field);
    }
    void check(const options& current) const {
        std::visit([&](const auto& one) { one.check(key, current); }, field);
    }
    [[noreturn]] void refuse_empty() const {
        refuse(std::string(key) + ": the value is empty; expected " +
               std::visit([](const auto& one) { return one.expected(); }, field));
    }
};

inline constexpr std::chrono::nanoseconds longest_age = std::chrono::days(3650);
inline constexpr std::chrono::nanoseconds longest_connect_timeout = std::chrono::minutes(10);

inline constexpr std::array option_table{
    option_row{"pool_max_conns", "max(4, cores)",
               "Upper bound of open and opening connections over all endpoints together.",
               size_field{&options::max_conns, 1, 100'000}},
    option_row{"pool_min_conns", "", "Connections that are kept open.", minimum_field{&options::min_conns}},
    option_row{"pool_min_idle_conns", "", "Connections that are kept idle, ready for the next caller.",
               minimum_field{&options::min_idle_conns}},
    option_row{"pool_max_conns_per_endpoint", "",
               "Upper bound of open and opening connections to one endpoint.",
               endpoint_bound_field{&options::max_conns_per_endpoint}},
    option_row{"pool_max_conn_lifetime", "",
               "Age at which a connection is replaced. One that is in use is replaced when it comes back.",
               duration_field{&options::max_conn_lifetime, std::chrono::seconds(1), longest_age}},
    option_row{"pool_max_conn_lifetime_jitter", "25% of lifetime",
               "Each connection's lifetime is shortened by a random amount up to this, drawn once, so that "
               "connections do not all end together. The lifetime stays an upper bound.",
               jitter_field{&options::max_conn_lifetime_jitter}},
    option_row{"pool_renew_overshoot", "",
               "Connections above `pool_max_conns` that may be open while a replacement opens before the old "
               "connection closes. With 0 the old one closes first.",
               size_field{&options::renew_overshoot, 0, 1'000}},
    option_row{"pool_rebalance", "",
               "Whether surplus connections move to endpoints that have fewer when endpoints come, go or "
               "recover: unused ones at once, others when they come back; the new one is opened first.",
               choice_field<bool>{&options::rebalance, switch_choices}},
    option_row{"pool_rebalance_pace", "",
               "How fast they move: this share of the pool, at least one connection, in ten seconds.",
               percent_field{&options::rebalance_pace, 1, 100}},
    option_row{
        "pool_server_totals", "",
        "Whether each server's total of sessions, read by checks, breaks ties between endpoints and moves "
        "connections when endpoints come, go or recover; for pools smaller than the number of endpoints.",
        choice_field<bool>{&options::server_totals, switch_choices}},
    option_row{"pool_max_opens_per_second", "",
               "Connections that may be opened to one endpoint in a second; as many may be opened at once. "
               "Callers are served by the other endpoints meanwhile.",
               size_field{&options::max_opens_per_second, 1, 100'000}},
    option_row{"pool_eject_after", "",
               "Leases in a row in which a server failed statements for reasons of its own (no disk, no "
               "memory, damaged data) after which callers get the other endpoints; one lease at a time then "
               "finds out, at growing intervals, whether it is well again. `none`: never.",
               optional_size_field{&options::eject_after, 1, 1'000}},
    option_row{
        "pool_subset", "",
        "How many endpoints the pool uses, where there are more than it needs. Each pool chooses its own "
        "ones at random and keeps them; one that fails is stood in for by another.",
        optional_size_field{&options::subset, 1, 100'000}},
    option_row{
        "pool_zone", "",
        "The zone whose endpoints come first; the other zones get what it has not the capacity for. "
        "`auto`: the value of the environment variable `PODPOOL_ZONE`, else the zone of the endpoints on "
        "the node that `NODE_NAME` names; `service`: the endpoints that the Service's hints mean for "
        "this node, or for this zone, come first. For sources that know the zones of endpoints, which "
        "DNS does not.",
        zone_field{&options::zone}},
    option_row{"pool_max_conn_idle_time", "",
               "Idle connections above the minimum are closed after this time.",
               duration_field{&options::max_conn_idle_time, std::chrono::seconds(1), longest_age}},
    option_row{
        "pool_max_conn_buffer", "",
        "A connection that carried a row or a statement larger than this is closed when its lease ends, "
        "since its buffers would keep that much memory for as long as it is open. `none`: never.",
        byte_size_field{&options::max_conn_buffer, std::size_t{64} * 1024, std::size_t{1} << 30U}},
    option_row{
        "pool_health_check_period", "", "How often an idle connection is checked.",
        duration_field{&options::health_check_period, std::chrono::milliseconds(100), std::chrono::days(1)}},
    option_row{"pool_acquire_timeout", "", "How long a caller waits for a connection.",
               duration_field{&options::acquire_timeout, std::chrono::milliseconds(1), std::chrono::days(1)}},
    option_row{"pool_max_waiters", "",
               "Callers that may wait at the same time; any more are refused at once. With 0 nobody waits.",
               size_field{&options::max_waiters, 0, 1'000'000}},
    option_row{
        "pool_overload", "",
        "What becomes of callers who wait while more come than can be served. `fifo`: each waits for "
        "its turn until its deadline; `codel`: once the queue stands, those who have waited for longer "
        "than a few uses of a connection take are refused, so that the others are served soon.",
        choice_field<overload_policy>{&options::overload, overload_choices}},
    option_row{"pool_leak_threshold", "",
               "A lease that is out for longer is reported once, with the place in the source where it was "
               "acquired.",
               optional_duration_field{&options::leak_threshold, std::chrono::milliseconds(1), longest_age}},
    option_row{
        "pool_connect_timeout", "",
        "Limit for one attempt on one endpoint: TCP, TLS, login and role check together. Without it the "
        "seconds of `connect_timeout` count, if that is given.",
        duration_field{&options::connect_timeout, std::chrono::milliseconds(10), longest_connect_timeout}},
    option_row{
        "pool_discovery", "",
        "Where endpoints come from. `auto`: addresses and sockets are taken as they are, names are "
        "resolved by DNS; `dns`: A and AAAA records; `srv`: SRV records, ports included; `kubernetes`: the "
        "pods of a Service, by its EndpointSlices; `static`: addresses only, nothing is resolved.",
        choice_field<discovery_kind>{&options::discovery, discovery_choices}},
    option_row{
        "pool_kubernetes_api", "",
        "The Kubernetes API server, where it isn't that of the pod's own cluster. Unencrypted only to an "
        "address of this machine, as `kubectl proxy` has it.",
        place_field{&options::kubernetes_api, "in-cluster",
                    "https://HOST:PORT/PATH (PORT: 443, PATH: none), or http://127.0.0.1:PORT"}},
    option_row{
        "pool_kubernetes_token_file", "",
        "The file with the token for the API server, read before each request. `auto`: with `in-cluster` "
        "that of the pod's ServiceAccount, which goes to no other API server; else none.",
        place_field{&options::kubernetes_token_file, "auto", "the path of a file"}},
    option_row{"pool_kubernetes_ca_file", "",
               "The file with the certificates, in PEM, that the API server's must come from. `auto`: with "
               "`in-cluster` that of the pod's ServiceAccount; else those that the system trusts.",
               place_field{&options::kubernetes_ca_file, "auto", "the path of a file"}},
    option_row{
        "pool_kubernetes_port", "",
        "Which of the pods' ports is used: the connection string has the Service's. `auto`: the only one, "
        "else the one of the same number.",
        pod_port_field{&options::kubernetes_port}},
    option_row{
        "pool_kubernetes_fallback", "",
        "What serves as long as the API server has never answered, from ten seconds after the start on. "
        "Once it has answered, its last word holds.",
        choice_field<kubernetes_fallback>{&options::kubernetes_fallback, kubernetes_fallback_choices}},
    option_row{"pool_dns_refresh", "",
               "Names are resolved again after this time, or sooner when the answer's TTL is shorter, but "
               "not within 1s.",
               duration_field{&options::dns_refresh, std::chrono::seconds(1), std::chrono::hours(1)}},
    option_row{"pool_dns_servers", "",
               "DNS servers to ask instead of the system's. The port is 53 where none is given; IPv6 "
               "addresses are written in brackets.",
               dns_servers_field{&options::dns_servers}},
    option_row{"pool_dns_search", "",
               "Which names a name without a dot at its end is looked up as. `system`: hosts file, then the "
               "search list and `ndots` of resolv.conf, as the C library does; `auto`: the same, but in a "
               "Kubernetes cluster the node's domains are left out, and a Service's short name is never "
               "asked as it stands; `off`: a name with a dot is asked exactly as it is.",
               choice_field<dns_search_mode>{&options::dns_search, dns_search_choices}},
    option_row{"pool_address_family", "",
               "Which addresses of a name are used, since a pod with an IPv4 and an IPv6 address is one pod. "
               "`auto`: the family with more addresses, IPv4 when there are as many of both; `both`: each "
               "address is an endpoint.",
               choice_field<address_family>{&options::address_family, address_family_choices}},
    option_row{"pool_verify_cluster", "",
               "Which servers may be used, by an identity that they tell at login: PostgreSQL's "
               "`system_identifier`, "
               "which all servers of a cluster share, MySQL's `server_uuid`, of which each has its own. "
               "`learn`: the "
               "first server's (PostgreSQL). Another server is refused, though it took the login.",
               cluster_field{&options::verify_cluster}},
    option_row{"pool_balance", "",
               "How an endpoint is chosen: the one with the fewest leased connections, the better of two "
               "drawn at random, each in turn, or any.",
               choice_field<balance_policy>{&options::balance, balance_choices}},
    option_row{
        "pool_reset", "",
        "What is done with the session when a connection comes back, off the caller's path. `full`: "
        "nothing leaks from one caller to the next; `auto`: as `full`, but for leases whose statements "
        "leave nothing behind (PostgreSQL; docs/security.md); `rollback`: an open transaction is "
        "rolled back; `none`: nothing, and a connection in a transaction is closed.",
        choice_field<reset_mode>{&options::reset, reset_choices}},
    option_row{
        "pool_name", "host:port/db",
        "The pool's label in error messages, and the sessions' `application_name` (MySQL: `program_name`).",
        name_field{&options::name}},
};

/// Validates every option, in the order of the table.
inline void check_options(const options& current) {
    for (const option_row& row : option_table) row.check(current);
}

/// Refuses an unknown pool key: with the key that means the same, or with a known one if it is near.
[[noreturn]] inline void refuse_unknown(std::string_view given) {
    const std::string_view key = given.substr(0, longest_shown);
    const std::string problem = shown_key(given) + ": unknown key; ";
    if (const std::string_view advice = advice_for(key); !advice.empty())
        refuse(problem + std::string(advice));
    const std::string_view known = nearest(key, option_table).key;
    refuse(problem + (is_near(key, known, pool_prefix.size())
                          ? "the nearest known one is " + std::string(known)
                          : "docs/options.md lists the known ones"));
}

/// Takes the seconds of the driver's connect_timeout for the pool's limit, which covers the whole attempt. As
/// for libpq, zero or less stands for no limit of the user's: the default holds.
inline void read_connect_timeout(std::string_view text, options& result) {
    const std::size_t begin = skip_blanks(text, 0);
    text = text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    std::uint64_t seconds = 0;
    const bool numeric = !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
    // Not shown: with a mistake in quoting, the value can hold what comes after it.
    if (!numeric) {
        refuse(std::string(connect_timeout_key) +
               ": expected a whole number of seconds, such as 3; pool_connect_timeout takes 3s and 250ms");
    }
    const auto longest = std::chrono::duration_cast<std::chrono::seconds>(longest_connect_timeout);
    const auto most = static_cast<std::uint64_t>(longest.count());
    if (!append_digits(text, most, seconds)) seconds = most;
    if (negative || seconds == 0) return;
    result.connect_timeout = std::chrono::seconds(std::min(seconds, most));
}

/// Reads the pool's pairs over the defaults and validates the result.
inline options read_options(const split_string& text) {
    option_draft draft;
    if (text.connect_timeout) read_connect_timeout(*text.connect_timeout, draft.result);
    std::array<bool, option_table.size()> seen{};
    for (const pool_pair& pair : text.pairs) {
        const auto row = std::find_if(option_table.begin(), option_table.end(),
                                      [&](const option_row& one) { return one.key == pair.key; });
        if (row == option_table.end()) refuse_unknown(pair.key);
        bool& before = seen[static_cast<std::size_t>(row - option_table.begin())];
        if (before) refuse(pair.key + ": the key is given twice; expected it once");
        before = true;
        if (pair.value.empty()) row->refuse_empty();
        row->read(draft, pair.value);
    }
    if (draft.jitter_share) {
        draft.result.max_conn_lifetime_jitter = share_of(draft.result.max_conn_lifetime, *draft.jitter_share);
    }
    check_options(draft.result);
    return std::move(draft.result);
}

}  // namespace podpool::detail
