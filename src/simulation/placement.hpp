// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/pod.hpp"

#include <podpool/core/random.hpp>

#include <cstddef>
#include <memory>

namespace podpool::simulation {

class world;
struct plan;

/// Says to which pod a new session of a client goes. One per run; counts what it can see, no more.
class placement {
public:
    placement() = default;
    placement(const placement&) = delete;
    placement& operator=(const placement&) = delete;
    virtual ~placement() = default;

    /// The pod for one more session of `client`; nullptr when none is known.
    [[nodiscard]] virtual pod* choose(std::size_t client, core::random& rng) = 0;
    /// A session of `client` is dialled to the pod, and counts there from now on.
    virtual void begun(std::size_t client, const pod& where);
    /// It is over, or couldn't be opened.
    virtual void ended(std::size_t client, const pod& where);
};

/// Which placement.
enum class placement_kind : std::uint8_t {
    service_random,      ///< kube-proxy with iptables: a pod of the Service at random
    node_round_robin,    ///< IPVS rr: in turn, each node its own turn
    node_least,          ///< IPVS lc: the pod with the fewest sessions of this node's clients
    proxy_least,         ///< one TCP proxy: the pod with the fewest sessions of all clients
    dns_random,          ///< a random address of what DNS answers
    dns_least_of_client  ///< of what DNS answers the address with the fewest of this client's sessions
};

std::unique_ptr<placement> make_placement(placement_kind kind, world& surroundings, const plan& scenario);

}  // namespace podpool::simulation
