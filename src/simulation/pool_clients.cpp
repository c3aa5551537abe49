// SPDX-License-Identifier: BSL-1.0
#include "simulation/pool_clients.hpp"

#include "simulation/world.hpp"

#include <algorithm>
#include <utility>

namespace podpool::simulation {

using namespace std::chrono_literals;

pool_clients::pool_clients(world& surroundings, const plan& scenario, options settings)
    : world_(surroundings), plan_(scenario), settings_(std::move(settings)) {}

void pool_clients::start() {
    const std::size_t client = pools_.size();
    pools_.push_back(&world_.add_pool(settings_));
    switch (plan_.load) {
        case load_kind::idle:
            break;
        case load_kind::steady:
            world_.events().after(world_.rng().up_to(2s), [this, client] { call_on(client); });
            break;
        case load_kind::bursty:
            world_.events().after(world_.rng().up_to(30s), [this, client] { burst(client); });
            break;
    }
}

void pool_clients::call_on(std::size_t client) {
    static constexpr spread work(1ms, 20ms);
    static constexpr spread pause(100ms, 2s);
    pools_[client]->call(caller_plan(work), [this, client] {
        world_.events().after(pause.draw(world_.rng()), [this, client] { call_on(client); });
    });
}

void pool_clients::burst(std::size_t client) {
    static constexpr spread work(5ms, 50ms);
    static constexpr spread pause(10s, 30s);
    world::burst(*pools_[client], 2 * plan_.sessions, caller_plan(work));
    world_.events().after(pause.draw(world_.rng()), [this, client] { burst(client); });
}

std::uint64_t pool_clients::moves() const {
    std::uint64_t sum = 0;
    for (const simulated_pool* pool : pools_) sum += pool->moves();
    return sum;
}

std::uint64_t pool_clients::failed() const {
    std::uint64_t sum = 0;
    for (const simulated_pool* pool : pools_) sum += pool->callers().failed();
    return sum;
}

std::uint64_t pool_clients::lost() const {
    std::uint64_t sum = 0;
    for (const simulated_pool* pool : pools_) sum += pool->callers().lost_in_use;
    return sum;
}

duration pool_clients::longest_wait() const {
    duration longest{0};
    for (const simulated_pool* pool : pools_) longest = std::max(longest, pool->callers().longest_wait);
    return longest;
}

}  // namespace podpool::simulation
