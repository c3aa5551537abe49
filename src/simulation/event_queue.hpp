// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <podpool/core/time.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace podpool::simulation {

using core::duration;
using core::time_point;

/// Virtual time: what happens when, in order; things due at the same moment happen in the order they
/// were asked for. Nothing ever sleeps.
///
/// A binary heap of small entries beside the tasks. What is called off leaves its entry behind, which is
/// passed over when its time comes; when most entries are such, they are swept out.
class event_queue {
public:
    using task = std::function<void()>;

    /// A planned event, to call it off.
    struct ticket {
        time_point when;
        std::uint64_t number = 0;  ///< zero: no event
        std::uint32_t place = 0;
    };

    [[nodiscard]] time_point now() const noexcept { return now_; }
    /// How many events have happened.
    [[nodiscard]] std::uint64_t happened() const noexcept { return happened_; }
    /// How many events are planned.
    [[nodiscard]] std::size_t planned() const noexcept { return heap_.size() - called_off_; }

    /// Plans an event; one in the past happens now.
    ticket at(time_point when, task what) {
        const ticket planned{std::max(when, now_), ++last_, allocate()};
        places_[planned.place].number = planned.number;
        places_[planned.place].what = std::move(what);
        heap_.push_back({planned.when, planned.number, planned.place});
        std::push_heap(heap_.begin(), heap_.end(), later_first);
        return planned;
    }
    ticket after(duration delay, task what) { return at(core::later(now_, delay), std::move(what)); }

    /// Calls an event off; harmless when it has happened.
    void cancel(const ticket& planned) {
        if (planned.number == 0 || places_[planned.place].number != planned.number) return;
        vacate(planned.place);
        ++called_off_;
        constexpr std::size_t worth_a_sweep = 1024;
        if (called_off_ > worth_a_sweep && called_off_ > heap_.size() / 2) sweep();
    }

    /// Lets the next event happen if it is due by `until`; false if there is none.
    bool step(time_point until) {
        while (!heap_.empty()) {
            const entry next = heap_.front();
            const bool off = is_off(next);
            if (!off && next.when > until) return false;
            std::pop_heap(heap_.begin(), heap_.end(), later_first);
            heap_.pop_back();
            if (off) {
                --called_off_;
                continue;
            }
            now_ = next.when;
            ++happened_;
            const task what = std::move(places_[next.place].what);
            vacate(next.place);
            what();
            return true;
        }
        return false;
    }

    /// Time passes without events up to `when`.
    void advance_to(time_point when) { now_ = std::max(now_, when); }

private:
    struct entry {
        time_point when;
        std::uint64_t number;
        std::uint32_t place;
    };
    struct place {
        task what;
        std::uint64_t number = 0;  ///< zero: vacant
    };

    static bool later_first(const entry& left, const entry& right) noexcept {
        return left.when != right.when ? left.when > right.when : left.number > right.number;
    }

    [[nodiscard]] bool is_off(const entry& seen) const { return places_[seen.place].number != seen.number; }

    std::uint32_t allocate() {
        if (free_.empty()) {
            places_.emplace_back();
            return static_cast<std::uint32_t>(places_.size() - 1);
        }
        const std::uint32_t reused = free_.back();
        free_.pop_back();
        return reused;
    }

    void vacate(std::uint32_t index) {
        places_[index].what = nullptr;
        places_[index].number = 0;
        free_.push_back(index);
    }

    void sweep() {
        std::erase_if(heap_, [this](const entry& seen) { return is_off(seen); });
        std::make_heap(heap_.begin(), heap_.end(), later_first);
        called_off_ = 0;
    }

    time_point now_{std::chrono::hours(1)};  // not zero: a forgotten time_point{} must show
    std::uint64_t last_ = 0;
    std::uint64_t happened_ = 0;
    std::size_t called_off_ = 0;
    std::vector<entry> heap_;
    std::vector<place> places_;
    std::vector<std::uint32_t> free_;
};

}  // namespace podpool::simulation
