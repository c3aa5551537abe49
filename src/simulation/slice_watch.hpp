// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "simulation/event_queue.hpp"
#include "simulation/name_server.hpp"

#include <podpool/core/random.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace podpool::simulation {

/// The API server of the world: clients watch what is behind the name, and learn of each change in order,
/// each client after a delay of its own.
class slice_watch {
public:
    using listener = std::function<void(const name_server::reply&)>;

    slice_watch(event_queue& events, core::random& rng) : events_(&events), rng_(&rng) {}

    /// From now on news take up to so long.
    void delay(duration most) noexcept { most_ = most; }

    /// Tells a client what is known, and from now on what changes.
    void subscribe(listener told) {
        clients_.push_back({std::move(told), {}});
        if (!silent_) tell(clients_.size() - 1);
    }

    /// Something has changed; with a fault in place of the set, what clients notice is that it is gone.
    void publish(name_server::reply news) {
        news_ = std::move(news);
        if (silent_) return;
        for (std::size_t client = 0; client < clients_.size(); ++client) tell(client);
    }

    /// The API server is down: clients notice that, and nothing more until come_back().
    void go_down(const std::string& why) {
        const name_server::reply last = std::exchange(news_, name_server::reply{nullptr, why, {}});
        for (std::size_t client = 0; client < clients_.size(); ++client) tell(client);
        news_ = last;
        silent_ = true;
    }
    void come_back() {
        silent_ = false;
        publish(news_);
    }

private:
    struct client {
        listener told;
        time_point last_news;
    };

    void tell(std::size_t number) {
        client& told = clients_[number];
        told.last_news = std::max(told.last_news, core::later(events_->now(), rng_->up_to(most_)));
        events_->at(told.last_news, [this, number, news = news_] { clients_[number].told(news); });
    }

    event_queue* events_;
    core::random* rng_;
    duration most_ = std::chrono::milliseconds(200);
    name_server::reply news_{nullptr, "no answer so far", {}};
    std::vector<client> clients_;
    bool silent_ = false;
};

}  // namespace podpool::simulation
