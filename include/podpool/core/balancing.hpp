// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/balance_policy.hpp>
#include <podpool/core/random.hpp>

#include <cstdint>
#include <span>

namespace podpool::core {

/// Chooses one of a few candidates by a policy; holds the state that a policy needs between choices.
///
/// With 2 to some dozens of pods a full scan is cheaper than any structure and, unlike two random
/// choices with replacement, never takes the busier of two (Envoy's least-request documentation).
class balancer {
public:
    explicit balancer(balance_policy policy) noexcept : policy_(policy) {}

    /// Picks from `candidates` (not empty; numbers that identify endpoints); `load(candidate)` is what
    /// least_active and p2c keep low. Ties are broken at random, since every client that breaks them
    /// in the same order sends its remainder to the same pods.
    template <class Load>
    std::uint32_t pick(std::span<const std::uint32_t> candidates, Load load, random& rng) {
        if (candidates.size() == 1) return candidates.front();
        switch (policy_) {
            case balance_policy::p2c:
                return better_of_two(candidates, load, rng);
            case balance_policy::round_robin:
                return next_in_turn(candidates, rng);
            case balance_policy::random:
                return candidates[rng.below(size(candidates))];
            case balance_policy::least_active:
                break;
        }
        return least(candidates, load, rng);
    }

    /// The candidate with the lowest load, ties at random.
    template <class Load>
    static std::uint32_t least(std::span<const std::uint32_t> candidates, Load load, random& rng) {
        std::uint32_t best = candidates.front();
        auto best_load = load(best);
        std::uint32_t ties = 1;
        for (const std::uint32_t candidate : candidates.subspan(1)) {
            const auto candidate_load = load(candidate);
            if (candidate_load < best_load) {
                best_load = candidate_load;
                best = candidate;
                ties = 1;
            } else if (candidate_load == best_load) {
                ++ties;
            }
        }
        return ties == 1 ? best : one_of(candidates, load, best_load, rng.below(ties));
    }

private:
    static std::uint32_t size(std::span<const std::uint32_t> candidates) noexcept {
        return static_cast<std::uint32_t>(candidates.size());
    }

    /// The candidate that comes after `skip` others with the same load.
    template <class Load, class Value>
    static std::uint32_t one_of(std::span<const std::uint32_t> candidates, Load load, Value wanted,
                                std::uint32_t skip) {
        for (const std::uint32_t candidate : candidates) {
            if (load(candidate) == wanted && skip-- == 0) return candidate;
        }
        return candidates.front();
    }

    template <class Load>
    static std::uint32_t better_of_two(std::span<const std::uint32_t> candidates, Load load, random& rng) {
        const std::uint32_t first = rng.below(size(candidates));
        std::uint32_t second = rng.below(size(candidates) - 1);
        if (second >= first) ++second;
        return load(candidates[second]) < load(candidates[first]) ? candidates[second] : candidates[first];
    }

    std::uint32_t next_in_turn(std::span<const std::uint32_t> candidates, random& rng) {
        // Clients that all begin with the first one would send their first connections to one pod.
        if (last_ == ~std::uint32_t{0}) return last_ = candidates[rng.below(size(candidates))];
        std::uint32_t chosen = candidates.front();
        for (const std::uint32_t candidate : candidates) {
            // The smallest distance behind the last one, going round: unsigned wrap-around does it.
            if (candidate - last_ - 1 < chosen - last_ - 1) chosen = candidate;
        }
        last_ = chosen;
        return chosen;
    }

    balance_policy policy_;
    std::uint32_t last_ = ~std::uint32_t{0};
};

}  // namespace podpool::core
