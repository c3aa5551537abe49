// SPDX-License-Identifier: BSL-1.0
#include "simulation/placement.hpp"

#include "simulation/plan.hpp"
#include "simulation/world.hpp"

#include <cstdint>
#include <vector>

namespace podpool::simulation {

void placement::begun(std::size_t, const pod&) {}
void placement::ended(std::size_t, const pod&) {}

namespace {

/// Pods are numbered by their ports, see world::add_pod().
std::size_t number_of(const pod& where) { return where.where.port - std::size_t{1}; }

/// Sessions per pod.
class pod_counts {
public:
    [[nodiscard]] std::uint32_t at(std::size_t pod) const { return pod < counts_.size() ? counts_[pod] : 0; }
    void add(std::size_t pod) {
        if (pod >= counts_.size()) counts_.resize(pod + 1);
        ++counts_[pod];
    }
    void subtract(std::size_t pod) { --counts_[pod]; }

private:
    std::vector<std::uint32_t> counts_;
};

/// The pod with the fewest, ties at random.
pod* least(const std::vector<pod*>& pods, const pod_counts& counts, core::random& rng) {
    pod* best = nullptr;
    std::uint32_t ties = 0;
    for (pod* const seen : pods) {
        const std::uint32_t count = counts.at(number_of(*seen));
        const std::uint32_t fewest = best == nullptr ? count : counts.at(number_of(*best));
        if (best == nullptr || count < fewest) {
            best = seen;
            ties = 1;
        } else if (count == fewest && rng.below(++ties) == 0) {
            best = seen;
        }
    }
    return best;
}

class service_random final : public placement {
public:
    explicit service_random(const world& surroundings) : world_(surroundings) {}
    pod* choose(std::size_t, core::random& rng) override {
        const std::vector<pod*>& pods = world_.published();
        return pods.empty() ? nullptr : pods[rng.below(static_cast<std::uint32_t>(pods.size()))];
    }

private:
    const world& world_;
};

class node_round_robin final : public placement {
public:
    node_round_robin(const world& surroundings, const plan& scenario)
        : world_(surroundings),
          per_node_(scenario.clients_per_node),
          next_(scenario.clients / scenario.clients_per_node + 1, unset) {}
    pod* choose(std::size_t client, core::random& rng) override {
        const std::vector<pod*>& pods = world_.published();
        if (pods.empty()) return nullptr;
        std::size_t& next = next_[client / per_node_];
        if (next == unset) next = rng.below(static_cast<std::uint32_t>(pods.size()));
        return pods[next++ % pods.size()];
    }

private:
    static constexpr std::size_t unset = ~std::size_t{0};
    const world& world_;
    std::size_t per_node_;
    std::vector<std::size_t> next_;
};

/// The least busy pod by the counts of one balancer: a node's IPVS, or a proxy for all clients.
class balancer_least final : public placement {
public:
    balancer_least(const world& surroundings, std::size_t clients, std::size_t per_balancer)
        : world_(surroundings), per_balancer_(per_balancer), counts_(clients / per_balancer + 1) {}
    pod* choose(std::size_t client, core::random& rng) override {
        return least(world_.published(), counts_[client / per_balancer_], rng);
    }
    void begun(std::size_t client, const pod& where) override {
        counts_[client / per_balancer_].add(number_of(where));
    }
    void ended(std::size_t client, const pod& where) override {
        counts_[client / per_balancer_].subtract(number_of(where));
    }

private:
    const world& world_;
    std::size_t per_balancer_;
    std::vector<pod_counts> counts_;
};

class dns_random final : public placement {
public:
    explicit dns_random(world& surroundings) : world_(surroundings) {}
    pod* choose(std::size_t, core::random& rng) override {
        const name_server::reply got = world_.names().ask(world_.now());
        if (!got.addresses) return nullptr;
        const auto& listed = got.addresses->endpoints();
        return world_.pod_at(listed[rng.below(static_cast<std::uint32_t>(listed.size()))].where);
    }

private:
    world& world_;
};

class dns_least_of_client final : public placement {
public:
    dns_least_of_client(world& surroundings, std::size_t clients) : world_(surroundings), own_(clients) {}
    pod* choose(std::size_t client, core::random& rng) override {
        const name_server::reply got = world_.names().ask(world_.now());
        if (!got.addresses) return nullptr;
        listed_.clear();
        for (const endpoint_info& each : got.addresses->endpoints()) {
            listed_.push_back(world_.pod_at(each.where));
        }
        return least(listed_, own_[client], rng);
    }
    void begun(std::size_t client, const pod& where) override { own_[client].add(number_of(where)); }
    void ended(std::size_t client, const pod& where) override { own_[client].subtract(number_of(where)); }

private:
    world& world_;
    std::vector<pod_counts> own_;
    std::vector<pod*> listed_;
};

}  // namespace

std::unique_ptr<placement> make_placement(placement_kind kind, world& surroundings, const plan& scenario) {
    switch (kind) {
        case placement_kind::service_random:
            break;
        case placement_kind::node_round_robin:
            return std::make_unique<node_round_robin>(surroundings, scenario);
        case placement_kind::node_least:
            return std::make_unique<balancer_least>(surroundings, scenario.clients,
                                                    scenario.clients_per_node);
        case placement_kind::proxy_least:
            return std::make_unique<balancer_least>(surroundings, scenario.clients, scenario.clients);
        case placement_kind::dns_random:
            return std::make_unique<dns_random>(surroundings);
        case placement_kind::dns_least_of_client:
            return std::make_unique<dns_least_of_client>(surroundings, scenario.clients);
    }
    return std::make_unique<service_random>(surroundings);
}

}  // namespace podpool::simulation
