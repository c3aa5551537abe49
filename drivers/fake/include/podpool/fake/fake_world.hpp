// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/discovery_source.hpp>
#include <podpool/endpoint_set.hpp>
#include <podpool/failure.hpp>
#include <podpool/role.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace podpool {

/// The servers and the name service behind fake connections, to be changed while pools use them.
///
/// Thread safety: every function may be called from any thread.
class fake_world {
public:
    /// What a fake server does with attempts to connect.
    enum class manner : std::uint8_t {
        accept,  ///< after connect_delay
        refuse,  ///< with `refusal`
        hang,    ///< doesn't answer for as long as it hangs
    };

    /// How one server behaves and what it has seen.
    struct server {
        manner behaviour = manner::accept;
        std::chrono::nanoseconds connect_delay{0};
        failure refusal{failure_kind::endpoint_down, "connection refused"};
        podpool::role role = podpool::role::unknown;  ///< told at login and in answer to every query
        bool silent = false;                          ///< pings and resets get no answer for as long as it is
        bool fails_statements = false;                ///< for a reason of its own
        std::uint64_t epoch = 0;                      ///< sessions of earlier epochs are dead
        failure farewell;                             ///< what those were told at their end
        std::uint64_t attempts = 0;                   ///< to connect
        bool takes_sent_resets = false;               ///< the driver sends a reset when a lease ends
        bool rejects_resets = false;                  ///< they fail, and the session with them
        std::uint64_t resets = 0;                     ///< answered
        std::uint64_t pings = 0;
        std::size_t sessions = 0;  ///< open now
        std::size_t most_sessions = 0;
        bool tells_sessions = true;          ///< with a check
        std::size_t sessions_of_others = 0;  ///< clients of other worlds
    };

    /// Changes or reads a server under the lock; a server that isn't known yet begins as accepting.
    template <class Change>
    auto with(const endpoint& where, Change change) {
        const std::lock_guard held(mutex_);
        return change(servers_[where]);
    }

    /// Kills every session of a server; the server itself behaves as before.
    void kill_sessions(const endpoint& where) {
        with(where, [](server& killed) { ++killed.epoch; });
    }

    /// Open sessions over all servers.
    [[nodiscard]] std::size_t sessions() {
        const std::lock_guard held(mutex_);
        std::size_t sum = 0;
        for (const auto& [where, known] : servers_) sum += known.sessions;
        return sum;
    }

    /// Publishes an answer of the name service to every pool, now and to pools that start later.
    void publish(discovery_update update) {
        const std::lock_guard held(mutex_);
        answer_ = std::move(update);
        for (const auto& [id, listener] : listeners_) listener(answer_);
    }

    /// Publishes these endpoints as a good answer.
    void publish(const std::vector<endpoint>& endpoints) {
        endpoint_set set;
        set.source = "static";
        for (const endpoint& where : endpoints) set.endpoints.emplace_back(where);
        publish(discovery_update(std::move(set)));
    }

    /// Registers a listener, which must only post; used by the fake discovery source.
    std::uint64_t listen(std::function<void(const discovery_update&)> listener) {
        const std::lock_guard held(mutex_);
        listener(answer_);
        listeners_.emplace(++last_listener_, std::move(listener));
        return last_listener_;
    }
    void unlisten(std::uint64_t id) {
        const std::lock_guard held(mutex_);
        listeners_.erase(id);
    }

    /// Notes that a pool asked again; used by the fake discovery source.
    void note_refresh() {
        const std::lock_guard held(mutex_);
        ++refreshes_;
    }
    /// How often pools have asked again.
    [[nodiscard]] std::uint64_t refreshes() {
        const std::lock_guard held(mutex_);
        return refreshes_;
    }
    /// How many pools listen now.
    [[nodiscard]] std::size_t listeners() {
        const std::lock_guard held(mutex_);
        return listeners_.size();
    }

private:
    std::mutex mutex_;
    std::map<endpoint, server> servers_;
    discovery_update answer_ = discovery_error("nothing published yet");
    std::map<std::uint64_t, std::function<void(const discovery_update&)>> listeners_;
    std::uint64_t last_listener_ = 0;
    std::uint64_t refreshes_ = 0;
};

}  // namespace podpool
