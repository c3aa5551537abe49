// SPDX-License-Identifier: BSL-1.0
#include "simulation/plain_clients.hpp"

#include "simulation/plan.hpp"
#include "simulation/world.hpp"

namespace podpool::simulation {

using namespace std::chrono_literals;

plain_clients::plain_clients(world& surroundings, const plan& scenario, std::unique_ptr<placement> where,
                             std::optional<session_life> life, std::uint64_t seed)
    : world_(surroundings),
      per_client_(scenario.sessions),
      placement_(std::move(where)),
      life_(life),
      rng_(seed),
      sessions_(scenario.clients * scenario.sessions) {}

void plain_clients::start(std::size_t client) {
    for (std::size_t number = 0; number < per_client_; ++number) dial(client * per_client_ + number);
}

void plain_clients::dial(std::size_t number) {
    const std::size_t client = client_of(number);
    pod* const target = placement_->choose(client, rng_);
    if (target == nullptr) return retry(number, 1s);
    held_session& dialed = sessions_[number];
    dialed.where = target;
    placement_->begun(client, *target);
    target->dials.emplace_back(world_.now(), client);
    world_.events().after(target->connect_time.draw(rng_), [this, number] { answered(number); });
}

void plain_clients::answered(std::size_t number) {
    held_session& dialed = sessions_[number];
    const std::size_t client = client_of(number);
    if (dialed.where->greet()) {
        placement_->ended(client, *dialed.where);
        return retry(number, 1s);
    }
    dialed.established = &world_.add_session(*this, client, static_cast<core::slot_id>(number));
    dialed.where->sessions.emplace(dialed.established->id, dialed.established);
    if (!life_) return;
    dialed.end =
        world_.events().after(life_->longest - rng_.up_to(life_->jitter), [this, number] { expire(number); });
}

void plain_clients::expire(std::size_t number) {
    held_session& ended = sessions_[number];
    ended.established->closed = true;
    ended.where->sessions.erase(ended.established->id);
    placement_->ended(client_of(number), *ended.where);
    dial(number);
}

void plain_clients::session_lost(const session& lost, failure_kind) {
    const std::size_t number = lost.slot;
    held_session& broken = sessions_[number];
    world_.events().cancel(broken.end);
    broken.established->closed = true;
    placement_->ended(client_of(number), *broken.where);
    ++lost_;
    retry(number, 100ms);
}

/// Dials again soon, not all at the same moment.
void plain_clients::retry(std::size_t number, duration pause) {
    world_.events().after(pause / 2 + rng_.up_to(pause), [this, number] { dial(number); });
}

}  // namespace podpool::simulation
