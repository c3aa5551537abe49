// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/plan.hpp"
#include "simulation/simulated_pool.hpp"

#include <podpool/options.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace podpool::simulation {

class world;

/// Clients with podpool: each has a pool, which the machine that ships runs, and callers.
class pool_clients {
public:
    pool_clients(world& surroundings, const plan& scenario, options settings);

    /// One client makes its pool and begins to call.
    void start();
    [[nodiscard]] std::uint64_t moves() const;
    [[nodiscard]] std::uint64_t failed() const;
    [[nodiscard]] std::uint64_t lost() const;
    [[nodiscard]] duration longest_wait() const;

private:
    void call_on(std::size_t client);
    void burst(std::size_t client);

    world& world_;
    const plan& plan_;
    options settings_;
    std::vector<simulated_pool*> pools_;
};

}  // namespace podpool::simulation
