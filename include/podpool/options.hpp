// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/address_family.hpp>
#include <podpool/balance_policy.hpp>
#include <podpool/credentials.hpp>
#include <podpool/discovery_kind.hpp>
#include <podpool/dns_search_mode.hpp>
#include <podpool/endpoint.hpp>
#include <podpool/held_lease.hpp>
#include <podpool/kubernetes_fallback.hpp>
#include <podpool/overload_policy.hpp>
#include <podpool/reset_mode.hpp>
#include <podpool/secret.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace podpool {

/// Everything that can be set about a pool; each field is the connection-string key `pool_<field>`.
///
/// The table of keys, ranges and meanings is in docs/options.md; it is made from the same table that
/// the parser uses (podpool/detail/option_table.hpp). Thread safety: a plain value.
struct options {
    /// Label in error messages and `application_name`; empty: host:port/db.
    std::string name;
    /// Upper bound of open + opening connections over all endpoints, 1 to 100000; default max(4, cores).
    std::size_t max_conns = default_max_conns();
    /// Connections kept open, 0 to max_conns.
    std::size_t min_conns = 0;
    /// Connections kept idle, 0 to max_conns.
    std::size_t min_idle_conns = 0;
    /// Upper bound of open connections to one endpoint, 1 to max_conns; none: no bound of its own.
    std::optional<std::size_t> max_conns_per_endpoint;
    /// Age at which a connection is renewed, 1 s to 10 years.
    std::chrono::nanoseconds max_conn_lifetime = std::chrono::minutes(30);
    /// Subtracted from the lifetime, drawn once per connection between zero and this; none: 25 % of it.
    std::optional<std::chrono::nanoseconds> max_conn_lifetime_jitter;
    /// Connections above max_conns while a replacement opens before its predecessor closes; 0: close first.
    std::size_t renew_overshoot = 1;
    /// Whether surplus connections move to endpoints that have fewer, when the endpoint set has changed.
    bool rebalance = true;
    /// How fast: percent of the pool in ten seconds, at least one connection; 1 to 100.
    std::size_t rebalance_pace = 5;
    /// Whether the servers' own session totals, where the driver reads them, even out small pools.
    bool server_totals = true;
    /// Connections that may be opened to one endpoint in a second, and as many at once, 1 to 100000.
    std::size_t max_opens_per_second = 50;
    /// Leases in a row with errors of the server's own after which it is kept back, 1 to 1000; none: never.
    std::optional<std::size_t> eject_after = 5;
    /// How many endpoints the pool uses, 1 to 100000, each pool its own choice; none: all.
    std::optional<std::size_t> subset;
    /// The zone whose endpoints come first; `auto`: that of the environment, or of the own node's endpoints;
    /// `service`: those come first that the Service means for this node or zone; empty: none comes first.
    std::string zone;
    /// Idle connections above the minimum are closed after it, 1 s to 10 years.
    std::chrono::nanoseconds max_conn_idle_time = std::chrono::minutes(10);
    /// A connection that carried a row or a statement of more bytes is closed when its lease ends, since its
    /// buffers would keep the memory; 64 KiB to 1 GiB; none: never.
    std::optional<std::size_t> max_conn_buffer = std::size_t{4} * 1024 * 1024;
    /// How often an idle connection is checked, 100 ms to 1 day.
    std::chrono::nanoseconds health_check_period = std::chrono::seconds(30);
    /// How long acquire waits, 1 ms to 1 day.
    std::chrono::nanoseconds acquire_timeout = std::chrono::seconds(30);
    /// Callers beyond this many waiting ones are refused at once, 0 to 1000000.
    std::size_t max_waiters = 1024;
    /// What becomes of callers who wait while more come than can be served.
    overload_policy overload = overload_policy::fifo;
    /// Leases that are out for longer are reported, 1 ms to 10 years; none: not at all.
    std::optional<std::chrono::nanoseconds> leak_threshold;
    /// One attempt on one endpoint: TCP, TLS, login and role check together; 10 ms to 10 min.
    std::chrono::nanoseconds connect_timeout = std::chrono::seconds(5);
    /// Where endpoints come from.
    discovery_kind discovery = discovery_kind::automatic;
    /// Upper bound of the age of a DNS answer, 1 s to 1 h; the TTL can only shorten it (floor 1 s).
    std::chrono::nanoseconds dns_refresh = std::chrono::seconds(5);
    /// `ip:port,...`; empty: the system's resolv.conf.
    std::string dns_servers;
    /// Which names a name is looked up as.
    dns_search_mode dns_search = dns_search_mode::automatic;
    /// Which addresses of a name are used.
    podpool::address_family address_family = podpool::address_family::automatic;
    /// The Kubernetes API server: `https://HOST:PORT/PATH`, or http for an address of this machine; empty:
    /// that of the own cluster.
    std::string kubernetes_api;
    /// The file of its token; empty: the pod's own for the own cluster, none for another one.
    std::string kubernetes_token_file;
    /// The certificates that its own must come from; empty: the pod's for the own cluster, the system's for
    /// another one.
    std::string kubernetes_ca_file;
    /// The name or number of the pods' port; empty: the only one, or that of the connection string.
    std::string kubernetes_port;
    /// What serves as long as the API server has never answered.
    podpool::kubernetes_fallback kubernetes_fallback = podpool::kubernetes_fallback::dns;
    /// The identities of the servers that may be used, with commas between them (PostgreSQL's
    /// `system_identifier`, MySQL's `server_uuid`); `learn`: that of the first one (PostgreSQL); empty: any.
    std::string verify_cluster;
    /// How endpoints are chosen.
    balance_policy balance = balance_policy::least_active;
    /// What happens to session state when a lease ends.
    reset_mode reset = reset_mode::automatic;
    /// The connection string without the pool's own keys: what the driver gets.
    secret driver_string;
    /// Is asked for user and password before each login, so that passwords can rotate and tokens expire;
    /// none: those of the connection string. pool::renew_all() then replaces the sessions of before. Called
    /// by the thread that connects, several at once if need be (a driver's own for MySQL, the pool's executor
    /// for PostgreSQL), so it should answer from memory. If it throws, the login counts as refused: the text
    /// is in the error, and it is asked again after a back-off. No key in the connection string.
    std::function<credentials(const endpoint&)> provide_credentials;
    /// Is told of each lease that is out for longer than leak_threshold, once, on the pool's executor. It
    /// must not throw. No key in the connection string.
    std::function<void(const held_lease&)> on_leak;

    /// Reads a libpq URI, a keyword/value string or a `scheme://` URI; takes the `pool_*` keys out and
    /// leaves the rest in `driver_string` unread.
    /// Returns validated options. Throws podpool::error (errc::invalid_options) that names key, value
    /// and range; no message contains a password.
    static options parse(std::string_view connection_string);

    /// Checks every field and how they agree.
    /// Throws podpool::error (errc::invalid_options) that names key, value and range.
    void validate() const;

    /// The jitter in force: the field, or 25 % of the lifetime.
    [[nodiscard]] std::chrono::nanoseconds effective_jitter() const {
        return max_conn_lifetime_jitter.value_or(max_conn_lifetime / 4);
    }

    /// The default of max_conns on this machine: max(4, cores), as pgx has it.
    static std::size_t default_max_conns();
};

}  // namespace podpool

#include <podpool/detail/options_parse.hpp>
