// SPDX-License-Identifier: BSL-1.0
#include "simulation/model.hpp"

#include <algorithm>

namespace podpool::simulation {

namespace {

constexpr model plain(std::string_view name, placement_kind placed, std::optional<double> jitter_share,
                      std::string_view meaning) {
    return {name, meaning, false, placed, jitter_share, {}, {}};
}

constexpr model pooled(std::string_view name, std::string_view key, std::string_view value,
                       std::string_view meaning) {
    return {name, meaning, true, placement_kind::dns_random, {}, key, value};
}

constexpr double hikari_share = 0.025;
constexpr double quarter = 0.25;

constexpr std::array models{
    plain("kube-proxy", placement_kind::service_random, {},
          "a Service by iptables: a pod at random at each connect, never again"),
    plain("ipvs-rr", placement_kind::node_round_robin, {},
          "a Service by IPVS rr: pods in turn, each node its own turn, never again"),
    plain("ipvs-lc", placement_kind::node_least, {},
          "a Service by IPVS lc: the pod with the fewest sessions of the node's clients, never again"),
    plain("tcp-leastconn", placement_kind::proxy_least, {},
          "one TCP proxy: the pod with the fewest sessions of all clients, never again"),
    plain("libpq-random", placement_kind::dns_random, {},
          "load_balance_hosts=random: DNS at each connect, an address at random, never again"),
    plain("lifetime-2.5", placement_kind::dns_random, hikari_share,
          "max lifetime with 2.5 % of jitter, a random address at each connect"),
    plain("lifetime-25", placement_kind::dns_random, quarter, "the same with 25 % of jitter"),
    plain("lifetime-2.5-least", placement_kind::dns_least_of_client, hikari_share,
          "max lifetime with 2.5 % of jitter, the address with the fewest sessions of the client"),
    plain("lifetime-25-least", placement_kind::dns_least_of_client, quarter, "the same with 25 % of jitter"),
    pooled("podpool", {}, {}, "podpool with its defaults and what --set says"),
    pooled("podpool-kubernetes", "pool_discovery", "kubernetes", "podpool with pool_discovery=kubernetes"),
    pooled("podpool-p2c", "pool_balance", "p2c", "podpool with pool_balance=p2c"),
    pooled("podpool-round-robin", "pool_balance", "round_robin", "podpool with pool_balance=round_robin"),
    pooled("podpool-random", "pool_balance", "random", "podpool with pool_balance=random"),
    pooled("podpool-no-rebalance", "pool_rebalance", "off", "podpool with pool_rebalance=off"),
    pooled("podpool-no-totals", "pool_server_totals", "off", "podpool with pool_server_totals=off"),
    pooled("podpool-no-overshoot", "pool_renew_overshoot", "0",
           "podpool with pool_renew_overshoot=0: sessions are closed before they are replaced"),
    pooled("podpool-no-jitter", "pool_max_conn_lifetime_jitter", "0s",
           "podpool with pool_max_conn_lifetime_jitter=0s"),
};

}  // namespace

std::span<const model> all_models() { return models; }

const model* find_model(std::string_view name) {
    const auto found =
        std::find_if(models.begin(), models.end(), [&](const model& one) { return one.name == name; });
    return found == models.end() ? nullptr : &*found;
}

}  // namespace podpool::simulation
