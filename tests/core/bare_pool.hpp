// SPDX-License-Identifier: BSL-1.0
// A machine without a world around it: each test plays the world itself.
#pragma once

#include <podpool/core/machine.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

namespace podpool::core {

using namespace std::chrono_literals;

inline endpoint address(int number) { return {"10.0.0." + std::to_string(number), 5432}; }

inline endpoint_set answer_with(std::initializer_list<int> numbers) {
    endpoint_set answer;
    answer.source = "dns";
    for (const int number : numbers) answer.endpoints.emplace_back(address(number), "db.example");
    return answer;
}

inline options settings_of(std::size_t max_conns) {
    options settings;
    settings.name = "test";
    settings.max_conns = max_conns;
    return settings;
}

/// A machine, the time, and what the machine has asked for.
class bare_pool {
public:
    explicit bare_pool(const options& settings, std::initializer_list<int> endpoints = {1},
                       std::uint64_t seed = 1)
        : machine(settings, seed, now) {
        if (endpoints.size() > 0) machine.discovered(answer_with(endpoints), now);
        collect();
    }

    /// The actions since the last call.
    std::vector<action> collect() {
        std::vector<action> asked;
        machine.take_actions(asked);
        for (const action& each : asked) {
            seen.push_back(each);
            if (each.kind == action_kind::open) to_open_.push_back(each.slot);
        }
        const std::string wrong = machine.broken_invariant(now);
        INFO(wrong);
        REQUIRE(wrong.empty());
        return asked;
    }
    /// The actions of one kind since the last call.
    std::vector<action> collect(action_kind kind) {
        std::vector<action> asked = collect();
        std::erase_if(asked, [kind](const action& each) { return each.kind != kind; });
        return asked;
    }

    /// Opens `count` connections by callers who hold them, and returns their slots.
    std::vector<slot_id> lease_new(std::size_t count) {
        std::vector<slot_id> slots;
        for (std::size_t caller = 0; caller < count; ++caller) {
            machine.acquire(now, never, ++cookies);
            open_all();
        }
        for (const action& each : seen) {
            if (each.kind == action_kind::grant) slots.push_back(each.slot);
        }
        seen.clear();
        REQUIRE(slots.size() == count);
        return slots;
    }
    /// `count` idle connections.
    std::vector<slot_id> open_idle(std::size_t count) {
        const std::vector<slot_id> slots = lease_new(count);
        for (const slot_id slot : slots) machine.released(slot, {}, false, now);
        collect();
        seen.clear();
        return slots;
    }
    /// Lets every opening that was asked for and hasn't begun succeed, and those that follow from it.
    void open_all() {
        for (collect(); !to_open_.empty(); collect()) {
            for (const slot_id slot : std::exchange(to_open_, {})) {
                const core::slot& opening = machine.connections()[slot];
                if (opening.status != slot_status::opening || opening.begun) continue;
                if (machine.begin_open(slot, now) != nullptr) machine.opened(slot, now);
            }
        }
    }
    void pass(duration length) { now += length; }
    void tick_at_deadline() {
        now = std::max(now, machine.next_deadline());
        machine.tick(now);
    }
    [[nodiscard]] slot_status status(slot_id slot) const { return machine.connections()[slot].status; }
    [[nodiscard]] const endpoint& where(slot_id slot) const {
        return machine.endpoints()[machine.connections()[slot].endpoint].info.where;
    }

    time_point now{1h};
    core::machine machine;
    std::vector<action> seen;
    std::uintptr_t cookies = 0;

private:
    std::vector<slot_id> to_open_;
};

}  // namespace podpool::core
