// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/action.hpp>
#include <podpool/core/time.hpp>
#include <podpool/errc.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace podpool::core {

/// Callers who wait for the pool to be ready, as a readiness probe does.
///
/// All of them wait for the same thing, so one answer is for all: the pool is ready, or it can't become
/// ready. Until then each one is refused at its own deadline. A pool without a minimum size opens one
/// connection while somebody waits.
class readiness {
public:
    /// How things stand with the pool.
    enum class state : std::uint8_t { not_yet, ready, rejected, closed };

    /// Adds a caller; `cookie` comes back in its action. Returns the request's number.
    std::uint64_t ask(std::uintptr_t cookie, time_point deadline) {
        requests_.push_back({++last_number_, cookie, deadline});
        return last_number_;
    }

    /// Takes a request back; false if it has been answered.
    bool withdraw(std::uint64_t number) {
        return std::erase_if(requests_, [number](const request& each) { return each.number == number; }) > 0;
    }

    [[nodiscard]] bool asked() const noexcept { return !requests_.empty(); }

    /// When the next request is refused if nothing changes.
    [[nodiscard]] time_point next_deadline() const {
        time_point next = never;
        for (const request& each : requests_) next = std::min(next, each.deadline);
        return next;
    }

    /// Answers those whose wait has ended by actions of the kind ready or refuse.
    void answer(state pool, time_point now, std::vector<action>& actions) {
        std::erase_if(requests_, [&](const request& each) {
            switch (pool) {
                case state::ready:
                    actions.push_back(action::ready(each.cookie));
                    return true;
                case state::rejected:
                    actions.push_back(action::refuse(each.cookie, errc::connection_rejected));
                    return true;
                case state::closed:
                    actions.push_back(action::refuse(each.cookie, errc::pool_closed));
                    return true;
                case state::not_yet:
                    break;
            }
            if (each.deadline > now) return false;
            actions.push_back(action::refuse(each.cookie, errc::not_ready));
            return true;
        });
    }

private:
    struct request {
        std::uint64_t number;
        std::uintptr_t cookie;
        time_point deadline;
    };

    std::vector<request> requests_;
    std::uint64_t last_number_ = 0;
};

}  // namespace podpool::core
