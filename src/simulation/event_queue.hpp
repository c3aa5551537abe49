// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/time.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace podpool::simulation {

using core::duration;
using core::time_point;

/// Virtual time: what happens when, in order; things due at the same moment happen in the order they
/// were asked for. Nothing ever sleeps.
class event_queue {
public:
    using task = std::function<void()>;

    /// A planned event, to call it off.
    struct ticket {
        time_point when;
        std::uint64_t number = 0;  ///< zero: no event
    };

    [[nodiscard]] time_point now() const noexcept { return now_; }

    /// Plans an event; one in the past happens now.
    ticket at(time_point when, task what) {
        const ticket planned{std::max(when, now_), ++last_};
        events_.emplace(std::pair(planned.when, planned.number), std::move(what));
        return planned;
    }
    ticket after(duration delay, task what) { return at(core::later(now_, delay), std::move(what)); }

    /// Calls an event off; harmless when it has happened.
    void cancel(ticket planned) { events_.erase({planned.when, planned.number}); }

    /// Lets the next event happen if it is due by `until`; false if there is none.
    bool step(time_point until) {
        if (events_.empty() || events_.begin()->first.first > until) return false;
        auto next = events_.extract(events_.begin());
        now_ = next.key().first;
        next.mapped()();
        return true;
    }

    /// Time passes without events up to `when`.
    void advance_to(time_point when) { now_ = std::max(now_, when); }

private:
    time_point now_{std::chrono::hours(1)};  // not zero: a forgotten time_point{} must show
    std::uint64_t last_ = 0;
    std::map<std::pair<time_point, std::uint64_t>, task> events_;
};

}  // namespace podpool::simulation
